"""Where a visitor may be sent: this site, or a host that is allowed."""

from __future__ import annotations

from collections.abc import Collection
from urllib.parse import urlsplit

from core.base.text import text_problem


def redirect_problem(target: str, allowed_hosts: Collection[str]) -> str | None:
    """Say why a visitor may not be sent there, or None.

    A path starts with one slash. Browsers read a backslash as a slash and drop
    control characters, so neither is allowed anywhere.
    """
    if not target:
        return None
    if text_problem(target) or any(
        c <= " " or c == "\\" or c == "\x7f" for c in target
    ):
        return "An address has no blanks, backslashes or control characters."
    if target.startswith("/"):
        return "A path starts with one slash." if target.startswith("//") else None
    try:
        parts = urlsplit(target)
        host = parts.hostname
    except ValueError:
        return "Enter a path such as /p/thanks/."
    if parts.scheme not in ("http", "https") or not host:
        return "Enter a path such as /p/thanks/, or a full address."
    if "@" in parts.netloc or host not in allowed_hosts:
        return f"{host} is not an allowed host."
    return None
