"""What an address that is not there and a fault of ours answer."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views import defaults

from core.api.errors import body


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """The page; under the API its own shape of errors."""
    if request.path.startswith("/api/"):
        return _told(404, "not_found", "Not found.")
    return defaults.page_not_found(request, exception)


def server_error(request: HttpRequest) -> HttpResponse:
    """The page that needs nothing; under the API its own shape of errors."""
    if request.path.startswith("/api/"):
        return _told(500, "error", "The fault is ours; it was written to the log.")
    return defaults.server_error(request)


def _told(status: int, code: str, detail: str) -> JsonResponse:
    errors: list[dict[str, Any]] = [{"code": code, "detail": detail, "attr": None}]
    return JsonResponse(body(status, errors), status=status)
