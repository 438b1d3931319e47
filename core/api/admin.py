"""Tokens and kept answers in the Django admin."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest

from core.access.administration import HandoffModelAdmin, ReadOnlyAdmin
from core.api.models import ApiToken, IdempotencyKey
from core.api.services import token_create


@admin.register(ApiToken)
class ApiTokenAdmin(HandoffModelAdmin):
    """Tokens by their first letters; a new one is shown once."""

    list_display = ("prefix", "user", "name", "created_at", "last_used_at")
    list_select_related = ("user",)
    search_fields = ("user__username", "name", "prefix")
    fields = ("user", "name", "expires_at")

    def create(self, request: Any, obj: ApiToken, values: dict[str, Any]) -> ApiToken:
        row, token = token_create(
            user=obj.user, name=obj.name, expires_at=obj.expires_at
        )
        messages.warning(request, f"The token, shown only now: {token}")
        return row


@admin.register(IdempotencyKey)
class IdempotencyKeyAdmin(ReadOnlyAdmin):
    """Answers kept for retries."""

    entity = "api_token"
    list_display = ("key", "user", "status", "created_at")
    list_select_related = ("user",)
    search_fields = ("key",)
    exclude = ("body",)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.allowed(request, "read")
