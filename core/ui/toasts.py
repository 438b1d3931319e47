"""Every action answers at once: what happened, with a link and Undo where possible."""

from __future__ import annotations

from typing import TypeVar

from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.utils.html import format_html
from django_htmx.http import trigger_client_event

Response = TypeVar("Response", bound=HttpResponseBase)


def toast(
    response: Response,
    text: str,
    *,
    href: str = "",
    link: str = "",
    undo: str = "",
    tone: str = "",
) -> Response:
    """Show a message after an htmx answer.

    `undo` is an address that takes a POST; `tone` "bad" marks a refusal. For a full
    page load use django.contrib.messages: the shell shows those the same way.
    """
    detail = {"text": text, "href": href, "link": link, "undo": undo, "tone": tone}
    trigger_client_event(response, "toast", detail)
    return response


def message_with_undo(request: HttpRequest, text: str, undo: str) -> None:
    """The same for a full page load: what was done, and an address that undoes it."""
    button = '{} <button type="button" data-undo="{}">Undo</button>'
    messages.success(request, format_html(button, text, undo))
