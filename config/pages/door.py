"""Who may open a page of the settings."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.auth.mixins import LoginRequiredMixin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase
from django.views.generic import View

from core.access.rights import rights_of


class SettingsPage(LoginRequiredMixin, View):
    """A page for those with this right; where none is named, for all with a role."""

    entity: ClassVar[str] = ""
    action: ClassVar[str] = "read"

    def dispatch(
        self, request: HttpRequest, *args: Any, **kwargs: Any
    ) -> HttpResponseBase:
        user: Any = request.user
        if user.is_authenticated:
            allowed = self.may(self.action) if self.entity else user.has_role
            if not allowed:
                raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)

    def may(self, action: str) -> bool:
        """Whether the roles of who asks allow this on the page's entity."""
        return rights_of(self.request.user).has(self.entity, action)
