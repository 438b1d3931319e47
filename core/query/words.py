"""The words of the operators and values, for sentences and for the designer."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from core.query.dates import Window
from core.query.registry import Field

# How an operator reads, and how its complement reads.
PHRASES: dict[str, tuple[str, str]] = {
    "eq": ("is", "is not"),
    "in": ("is", "is not"),
    "blank": ("is empty", "is not empty"),
    "contains": ("contains", "does not contain"),
    "starts_with": ("starts with", "does not start with"),
    "ends_with": ("ends with", "does not end with"),
    "matches": ("matches", "does not match"),
    "gt": ("is more than", "is not more than"),
    "gte": ("is at least", "is not at least"),
    "lt": ("is less than", "is not less than"),
    "lte": ("is at most", "is not at most"),
    "between": ("is between", "is not between"),
    "on": ("is on", "is not on"),
    "before": ("is before", "is not before"),
    "after": ("is after", "is not after"),
    "within_last": ("is within the last", "is not within the last"),
    "within_next": ("is within the next", "is not within the next"),
    "older_than": ("is more than", "is not more than"),
    "period": ("is", "is not"),
    "anniversary": ("has its anniversary", "does not have its anniversary"),
    "contains_any": ("has", "does not have"),
    "contains_all": ("has", "does not have"),
}
# What the designer offers.
OPERATOR_LABELS = {
    "eq": "is",
    "ne": "is not",
    "in": "is one of",
    "not_in": "is none of",
    "blank": "is empty",
    "not_blank": "is not empty",
    "contains": "contains",
    "not_contains": "does not contain",
    "starts_with": "starts with",
    "not_starts_with": "does not start with",
    "ends_with": "ends with",
    "not_ends_with": "does not end with",
    "matches": "matches",
    "not_matches": "does not match",
    "gt": "is more than",
    "gte": "is at least",
    "lt": "is less than",
    "lte": "is at most",
    "between": "is between",
    "on": "is on",
    "before": "is before",
    "after": "is after",
    "within_last": "is within the last",
    "within_next": "is within the next",
    "older_than": "is longer ago than",
    "period": "is in",
    "anniversary": "has its anniversary in",
    "contains_any": "has any of",
    "contains_all": "has all of",
    "contains_none": "has none of",
}
COUNT_PHRASES: dict[str, tuple[str, str]] = {
    "eq": ("exactly {}", "not exactly {}"),
    "ne": ("not exactly {}", "exactly {}"),
    "gt": ("more than {}", "at most {}"),
    "gte": ("at least {}", "fewer than {}"),
    "lt": ("fewer than {}", "at least {}"),
    "lte": ("at most {}", "more than {}"),
    "between": ("between {}", "not between {}"),
    "in": ("exactly {}", "not exactly {}"),
    "not_in": ("not exactly {}", "exactly {}"),
}
_PLAIN = re.compile(r"\w[\w .@+-]*")
_SHOWN = 5
_LONGEST = 60


def listed(items: Iterable[str], word: str) -> str:
    """`a`, `a or b`, `a, b or c`."""
    *first, last = items
    return f"{', '.join(first)} {word} {last}" if first else last


def value_words(field: Field, op: str, value: Any) -> str:
    """The value of a clause in words."""
    if op == "blank":
        return ""
    if op == "older_than":
        return f"{_window(value)} ago"
    if op == "anniversary":
        return _anniversary(value)
    if op == "period":
        return str(value).replace("_", " ")
    if isinstance(value, Window):
        return _window(value)
    if op == "between":
        low, high = (one_value(field, item) for item in value)
        return f"{low} and {high}"
    if isinstance(value, tuple):
        return _several(field, op, value)
    return one_value(field, value)


def _several(field: Field, op: str, values: tuple[Any, ...]) -> str:
    shown = [one_value(field, item) for item in values[:_SHOWN]]
    if len(values) > _SHOWN:
        shown.append(f"{len(values) - _SHOWN} more")
    if op == "eq":
        return (
            listed(shown, "and")
            if len(shown) == 1
            else "exactly " + listed(shown, "and")
        )
    if op == "contains_all":
        return listed(shown, "and")
    return listed(shown, "or")


def one_value(field: Field, value: Any) -> str:
    """One value in words; text that could be misread stands in quotes."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return value.isoformat(" ", "minutes")
    if isinstance(value, date):
        return value.isoformat()
    if field.kind == "lookup":
        return f"record {value}"
    text = str(value)
    if field.kind == "code":
        text = dict(field.choice_list()).get(text.lower(), text)
    if len(text) > _LONGEST:
        text = text[:_LONGEST] + "…"
    return text if _PLAIN.fullmatch(text) else f'"{text}"'


def _window(window: Window) -> str:
    unit = window.unit.removesuffix("s") if window.number == 1 else window.unit
    return f"{window.number:,} {unit}"


def _anniversary(days: int) -> str:
    near = {0: "today", 1: "tomorrow", -1: "yesterday"}
    if days in near:
        return near[days]
    return f"in {days} days" if days > 0 else f"{-days} days ago"
