"""Who may use the API at all."""

from __future__ import annotations

from typing import Any

from rest_framework.permissions import BasePermission
from rest_framework.request import Request


class HasRole(BasePermission):
    """Signed in, active, and with a role."""

    message = "You have no role yet. Ask an administrator for one."

    def has_permission(self, request: Request, view: Any) -> bool:
        user: Any = request.user
        return bool(user and user.is_authenticated and user.has_role)
