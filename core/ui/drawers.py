"""Side panels have addresses: opened directly, they come with the shell."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.safestring import mark_safe

# What every side panel begins with (templates with a scrim behind them).
_MARK = b"data-drawer-close"
_HEAD = 400


class DrawerPages:
    """Middleware: put a side panel that was not asked for by htmx into a page.

    A link opened in a new tab, or without JavaScript, then shows the same panel over
    the empty shell instead of a bare fragment.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if not getattr(request, "htmx", False) and _is_panel(response):
            # S308: our own rendered template, escaped when it was rendered.
            panel = mark_safe(response.content.decode())  # noqa: S308
            page = render(
                request,
                "ui/drawer_page.html",
                {"panel": panel},
                status=response.status_code,
            )
            page.cookies.update(response.cookies)
            return page
        return response


def _is_panel(response: HttpResponse) -> bool:
    kind = response.headers.get("Content-Type", "")
    if response.streaming or not kind.startswith("text/html"):
        return False
    head = response.content[:_HEAD]
    return _MARK in head and b"<!doctype" not in head.lower()
