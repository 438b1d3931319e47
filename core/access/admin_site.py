"""The admin site: open to everybody who may work."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from unfold.sites import UnfoldAdminSite

from core.access.administration import to_sign_in


class HandoffAdminSite(UnfoldAdminSite):
    """`is_staff` is not asked for; a role is."""

    site_title = site_header = "Handoff"
    index_title = "Administration"

    def has_permission(self, request: HttpRequest) -> bool:
        """Active, signed in, and with a role."""
        user: Any = request.user
        return bool(user.is_authenticated and user.has_role)

    def login(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """One sign-in page for the whole product."""
        if self.has_permission(request):
            return redirect("admin:index")
        return to_sign_in(request)
