"""Who is calling: a token, or the session of the browser."""

from __future__ import annotations

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework import authentication, exceptions
from rest_framework.request import Request

from core.access.models import User
from core.api.models import ApiToken
from core.api.services import token_digest, token_used


class TokenAuthentication(authentication.BaseAuthentication):
    """`Authorization: Token ...`, compared by digest."""

    keyword = "Token"

    def authenticate(self, request: Request) -> tuple[User, ApiToken] | None:
        parts = request.META.get("HTTP_AUTHORIZATION", "").split()
        if not parts or parts[0].lower() != self.keyword.lower():
            return None
        if len(parts) != 2:
            raise exceptions.AuthenticationFailed("Write: Authorization: Token KEY")
        row = (
            ApiToken.objects.select_related("user", "user__team")
            .filter(digest=token_digest(parts[1]))
            .first()
        )
        if row is None or row.expired or not row.user.is_active:
            raise exceptions.AuthenticationFailed("The token is not valid.")
        token_used(row)
        return row.user, row

    def authenticate_header(self, request: Request) -> str:
        return self.keyword


class TokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call] # untyped library
    """How the schema speaks of tokens."""

    target_class = TokenAuthentication
    name = "token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {
            "type": "apiKey",
            "in": "header",
            "name": "Authorization",
            "description": "`Token KEY`; make one with `manage.py api_token USERNAME`.",
        }
