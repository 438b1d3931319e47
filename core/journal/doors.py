"""Doors: a view that changes something does so in the name of the signed-in user."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponseBase

from core.journal.services import acting

_SAFE = {"GET", "HEAD", "OPTIONS", "TRACE"}
View = Callable[..., HttpResponseBase]


def door(request: HttpRequest, via: str) -> AbstractContextManager[None]:
    """`acting` for a request that may write; nothing for one that only reads.

    Open it inside whatever turns errors into answers: an error must leave it, so
    that nothing half-written stays.
    """
    if request.method in _SAFE:
        return nullcontext()
    user = getattr(request, "user", None)
    return acting(user if user is not None and user.is_authenticated else None, via)


def acting_view(via: str = "browser") -> Callable[[View], View]:
    """Decorate a function view: `@acting_view("browser")`."""

    def decorate(view: View) -> View:
        @wraps(view)
        def inner(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            with door(request, via):
                return view(request, *args, **kwargs)

        return inner

    return decorate


class ActingViewMixin:
    """For class-based views: the method handler runs as the signed-in user."""

    acting_via = "browser"

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        with door(request, self.acting_via):
            return super().dispatch(request, *args, **kwargs)  # type: ignore[misc] # a mixin of View
