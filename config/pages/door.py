"""Who may open a page of the settings."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.auth.mixins import LoginRequiredMixin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase
from django.views.generic import View

from core.access.rights import rights_of


class SettingsPage(LoginRequiredMixin, View):
    """A page for those with this right; everybody where no entity is named."""

    entity: ClassVar[str] = ""
    action: ClassVar[str] = "read"

    def dispatch(
        self, request: HttpRequest, *args: Any, **kwargs: Any
    ) -> HttpResponseBase:
        signed_in = request.user.is_authenticated
        if signed_in and self.entity and not self.may(self.action):
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)

    def may(self, action: str) -> bool:
        """Whether the roles of who asks allow this on the page's entity."""
        return rights_of(self.request.user).has(self.entity, action)
