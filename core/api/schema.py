"""How endpoints are named in the OpenAPI schema."""

from __future__ import annotations

from drf_spectacular.openapi import AutoSchema


class HandoffSchema(AutoSchema):
    """An action on one record and its bulk sister have different names."""

    def get_operation_id(self) -> str:
        """The library's name; `_many` for an action on a whole resource."""
        name: str = super().get_operation_id()
        bulk = getattr(self.view, "detail", None) is False
        plain = getattr(self.view, "action", "") in ("list", "create")
        return f"{name}_many" if bulk and not plain else name
