"""Text at the doors: what PostgreSQL cannot store is stopped here, with a reason."""

from __future__ import annotations

import math
import re
from typing import Any

_SURROGATE = re.compile("[\ud800-\udfff]")
_DIGITS = re.compile(r"[^0-9]+")
NOT_FINITE = "Is not a finite number."


def text_problem(value: str, *, max_length: int | None = None) -> str | None:
    """Say why this text cannot be stored, or None."""
    if "\x00" in value:
        return "Contains a NUL character, which cannot be stored."
    if _SURROGATE.search(value):
        return "Contains half of a surrogate pair, which is not valid text."
    if max_length is not None and len(value) > max_length:
        return f"Has {len(value):,} characters; at most {max_length:,} fit."
    return None


def json_problem(value: Any, path: str = "") -> tuple[str, str] | None:
    """Find the first value in parsed JSON that cannot be stored: (path, problem)."""
    stack: list[tuple[str, Any]] = [(path, value)]
    while stack:
        where, item = stack.pop()
        if isinstance(item, str):
            problem = text_problem(item)
            if problem:
                return where, problem
        elif isinstance(item, float) and not math.isfinite(item):
            return where, NOT_FINITE
        elif isinstance(item, dict):
            for key, inner in item.items():
                stack.append((where, key))
                stack.append((f"{where}.{key}" if where else str(key), inner))
        elif isinstance(item, list):
            stack.extend((f"{where}[{n}]", inner) for n, inner in enumerate(item))
    return None


def whole_number(text: str) -> int | None:
    """The number in an address or a form, where it can be an id; None otherwise.

    Only the digits 0 to 9, and no more of them than a bigint has: `isdigit` alone
    is also true of "²", which `int` refuses.
    """
    fits = text.isascii() and text.isdigit() and len(text) < 19
    return int(text) if fits else None


def email_normalise(value: str) -> str:
    """The form in which addresses are compared: trimmed and lower case."""
    return value.strip().lower()


def phone_normalise(value: str) -> str:
    """The form in which phone numbers are compared: their digits only."""
    return _DIGITS.sub("", value)
