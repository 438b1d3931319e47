"""The cookie of those who asked to be remembered: a signed number, nothing else."""

from __future__ import annotations

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse

COOKIE = "handoff_visitor"
_SALT = "marketing.visitor"
_YEAR = 365 * 24 * 3600


def visitor_of(request: HttpRequest) -> int | None:
    """The number in the visitor's cookie, or None; no query."""
    try:
        return int(signing.Signer(salt=_SALT).unsign(request.COOKIES.get(COOKIE, "")))
    except (signing.BadSignature, ValueError):
        return None


def remember(response: HttpResponse, visitor_id: int) -> None:
    """Set the cookie, for a year."""
    response.set_cookie(
        COOKIE,
        signing.Signer(salt=_SALT).sign(str(visitor_id)),
        max_age=_YEAR,
        httponly=True,
        secure=settings.SESSION_COOKIE_SECURE,
        samesite="Lax",
    )


def forget(response: HttpResponse) -> None:
    """Take the cookie away."""
    response.delete_cookie(COOKIE, samesite="Lax")
