"""Every error in one shape: {"type", "errors": [{"code", "detail", "attr"}]}."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

from django.core.exceptions import (
    ObjectDoesNotExist,
    PermissionDenied,
    RequestDataTooBig,
    TooManyFieldsSent,
    ValidationError,
)
from django.db import DataError, IntegrityError, OperationalError
from django.db.models import ProtectedError
from django.http import Http404
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import set_rollback

from core.base.errors import DomainError, Invalid

logger = logging.getLogger(__name__)
Item = dict[str, Any]


class TooLarge(exceptions.APIException):
    """The body is larger than this endpoint reads."""

    status_code = 413
    default_code = "too_large"
    default_detail = "The request is too large."


class Unprocessable(exceptions.APIException):
    """An Idempotency-Key that was used for another request."""

    status_code = 422
    default_code = "idempotency_key_reused"
    default_detail = "This Idempotency-Key was used for another request."


def item(code: str, detail: str, attr: str | None = None) -> Item:
    """One error as it is answered; a bad key is shown without its bad letters."""
    if attr is not None:
        attr = attr.encode("utf-8", "replace").decode().replace("\x00", "?")[:200]
    return {"code": code, "detail": detail, "attr": attr}


def body(status: int, errors: list[Item]) -> dict[str, Any]:
    """The one shape of errors."""
    kind = "server_error" if status >= 500 else "client_error"
    if status == 400:
        kind = "validation_error"
    return {"type": kind, "errors": errors}


def answer(status: int, errors: list[Item], **extra: Any) -> Response:
    """The response for these errors; `extra` stands beside them."""
    return Response({**body(status, errors), **extra}, status=status)


def handle(exc: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's exception handler; None lets what is our own fault become a 500."""
    response = _known(exc)
    if response is not None:
        set_rollback()
    return response


def _known(exc: Exception) -> Response | None:
    if isinstance(exc, DomainError):
        return _domain(exc)
    if isinstance(exc, exceptions.APIException):
        return _api(exc)
    # Services raise DoesNotExist for what went, or was hidden, since it was looked up.
    if isinstance(exc, Http404 | ObjectDoesNotExist):
        return answer(404, [item("not_found", "Not found.")])
    if isinstance(exc, PermissionDenied):
        return answer(
            403, [item("permission_denied", "Your role does not allow this.")]
        )
    if isinstance(exc, ValidationError):
        return _domain(Invalid.of(exc))
    if isinstance(exc, RequestDataTooBig | TooManyFieldsSent):
        return answer(413, [item("too_large", "The request is too large.")])
    return _database(exc)


def _domain(exc: DomainError) -> Response:
    extra = dict(exc.extra)
    errors = extra.pop("errors", None) or [item(exc.code, exc.detail, exc.attr)]
    return answer(exc.status, errors, **extra)


def _api(exc: exceptions.APIException) -> Response:
    response = answer(exc.status_code, list(_flatten(exc.get_full_details())))
    header = getattr(exc, "auth_header", None)
    if header:
        response["WWW-Authenticate"] = header
    wait = getattr(exc, "wait", None)
    if wait:
        response["Retry-After"] = str(int(wait))
    return response


def _flatten(details: Any, path: str = "") -> Iterator[Item]:
    """Walk DRF's nested details: {"a": {"b": [...]}} names `a.b`."""
    if isinstance(details, list):
        for number, inner in enumerate(details):
            nested = isinstance(inner, dict) and "message" not in inner
            yield from _flatten(inner, f"{path}[{number}]" if nested else path)
    elif "message" in details and "code" in details:
        yield item(str(details["code"]), str(details["message"]), path or None)
    else:
        for name, inner in details.items():
            plain = name == "non_field_errors"
            joined = path if plain else f"{path}.{name}" if path else str(name)
            yield from _flatten(inner, joined)


def _database(exc: Exception) -> Response | None:
    """What input can provoke in the database, and nothing else."""
    if isinstance(exc, ProtectedError):
        return answer(409, [item("in_use", "Other records still point to this one.")])
    if isinstance(exc, IntegrityError):
        if getattr(exc.__cause__, "pgcode", "") in ("23505", "23P01"):
            return answer(409, [item("conflict", "Such a record exists already.")])
        logger.warning("refused by the database: %s", exc)
        return answer(400, [item("invalid", "The database refused these values.")])
    if isinstance(exc, DataError):
        return answer(400, [item("invalid", "A value is out of range.")])
    if isinstance(exc, OperationalError):
        if getattr(exc.__cause__, "pgcode", "") == "57014":
            return answer(400, [item("too_slow", "This takes too long; narrow it.")])
        if getattr(exc.__cause__, "pgcode", "") in ("40P01", "40001", "55P03"):
            text = "Somebody changes the same records now. Try again."
            return answer(409, [item("busy", text)])
    return None
