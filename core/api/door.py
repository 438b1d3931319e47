"""What every endpoint does before and around its work."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import Http404
from rest_framework import exceptions, permissions
from rest_framework.authentication import SessionAuthentication
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from core.access.rights import rights_of
from core.api.authentication import TokenAuthentication
from core.api.idempotency import once
from core.api.parsers import StrictJSONParser
from core.api.permissions import HasRole
from core.base.text import text_problem
from core.journal.services import acting

Handler = Callable[..., Response]


class Door(APIView):
    """The base of every endpoint of the API.

    Each write runs inside `acting(user, via="api")`: one transaction, rolled back by
    any error, with its Idempotency-Key in it.
    """

    authentication_classes = [TokenAuthentication, SessionAuthentication]
    permission_classes = [HasRole]
    parser_classes = [StrictJSONParser]
    renderer_classes = [JSONRenderer]

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Check the caller and the address, then put the write into its door."""
        super().initial(request, *args, **kwargs)
        check_address(request, kwargs)
        name = str(request.method).lower()
        handler = getattr(self, name, None)
        if handler is not None and request.method not in permissions.SAFE_METHODS:
            setattr(self, name, self._through(handler))

    def _through(self, handler: Handler) -> Handler:
        def inside(request: Request, *args: Any, **kwargs: Any) -> Response:
            with acting(request.user, via="api"):
                return once(request, lambda: handler(request, *args, **kwargs))

        return inside


def check_address(request: Request, kwargs: dict[str, Any]) -> None:
    """Refuse text in the address that the database cannot even compare."""
    for name, values in request.query_params.lists():
        for text in (name, *values):
            if problem := text_problem(text, max_length=20_000):
                raise exceptions.ValidationError({name.replace("\x00", ""): [problem]})
    for value in kwargs.values():
        if isinstance(value, str) and text_problem(value):
            raise Http404


def require(user: Any, entity: str, action: str) -> None:
    """Raise 403 where the user's roles do not know this action at all."""
    if not rights_of(user).has(entity, action):
        raise exceptions.PermissionDenied("Your role does not allow this.")


def version_of(request: Request) -> int | None:
    """The version in `If-Match`, with or without quotes; `*` and none mean any."""
    text = request.META.get("HTTP_IF_MATCH", "").strip()
    if text in ("", "*"):
        return None
    bare = text.removeprefix("W/").strip('"')
    if not bare.isascii() or not bare.isdigit() or len(bare) > 9:
        raise exceptions.ValidationError(
            {"If-Match": ["Give the version of the record as a number."]}
        )
    return int(bare)
