"""The operators: which kinds they are for, what value they take, how they read."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from core.base.text import text_problem
from core.query.dates import PERIODS, UNITS, Window
from core.query.errors import QueryError

MAX_LIST = 1_000
MAX_TEXT = 1_000
MAX_DIGITS = 60
MAX_ID = 2**63 - 1

COMMON = ("eq", "ne", "in", "not_in", "blank", "not_blank")
TEXT = (
    "contains",
    "not_contains",
    "starts_with",
    "not_starts_with",
    "ends_with",
    "not_ends_with",
    "matches",
    "not_matches",
)
NUMBER = ("gt", "gte", "lt", "lte", "between")
DATE = (
    "on",
    "before",
    "after",
    "between",
    "within_last",
    "within_next",
    "older_than",
    "period",
    "anniversary",
)
MULTI = ("contains_any", "contains_all", "contains_none")
OPERATORS: dict[str, tuple[str, ...]] = {
    "text": COMMON + TEXT,
    "code": COMMON + TEXT,
    "choice": COMMON + TEXT,
    "number": COMMON + NUMBER,
    "boolean": COMMON,
    "lookup": COMMON,
    "date": COMMON + DATE,
    "datetime": COMMON + DATE,
    "multi": COMMON + MULTI,
}
COUNT_OPERATORS = ("eq", "ne", "gt", "gte", "lt", "lte", "between", "in", "not_in")
# Each negative operator is the exact complement of the one it stands for.
NEGATIVE = {
    "ne": "eq",
    "not_in": "in",
    "not_blank": "blank",
    "not_contains": "contains",
    "not_starts_with": "starts_with",
    "not_ends_with": "ends_with",
    "not_matches": "matches",
    "contains_none": "contains_any",
}
RELATIVE = ("within_last", "within_next", "older_than", "period", "anniversary")
WITHOUT_VALUE = ("blank", "not_blank")
LISTS = ("in", "not_in", *MULTI)

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_MOMENT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}"
    r"(:[0-9]{2}(\.[0-9]{1,6})?)?(Z|[+-][0-9]{2}:?[0-9]{2})?"
)


def bad_value(path: str, detail: str) -> QueryError:
    """The value does not fit the operator and the field."""
    return QueryError(path, "bad_value", detail)


def clean_value(kind: str, op: str, value: Any, path: str) -> Any:
    """Check and convert the value of a clause; QueryError at `path` otherwise."""
    if op in ("within_last", "within_next", "older_than"):
        return _window(value, path)
    if op == "period":
        if not isinstance(value, str) or value not in PERIODS:
            raise bad_value(path, f"Choose one of: {', '.join(PERIODS)}.")
        return value
    if op == "anniversary":
        return _anniversary(value, path)
    one = _ONE[kind]
    if op == "between":
        if not isinstance(value, list) or len(value) != 2:
            raise bad_value(path, "Give two values: from and to.")
        return tuple(one(item, f"{path}[{n}]") for n, item in enumerate(value))
    if op in LISTS:
        return clean_list(value, path, one)
    if kind == "multi" and isinstance(value, list):
        return clean_list(value, path, one)
    return (one(value, path),) if kind == "multi" else one(value, path)


def clean_list(
    value: Any, path: str, one: Callable[[Any, str], Any]
) -> tuple[Any, ...]:
    """A list of one to 1,000 values, each checked."""
    if not isinstance(value, list):
        raise bad_value(path, "Give a list of values.")
    if not value:
        raise bad_value(path, "Give at least one value.")
    if len(value) > MAX_LIST:
        raise QueryError(
            path,
            "list_too_long",
            f"The list has {len(value):,} values; at most {MAX_LIST:,} are allowed.",
        )
    return tuple(one(item, f"{path}[{n}]") for n, item in enumerate(value))


def _text(value: Any, path: str) -> str:
    if not isinstance(value, str):
        raise bad_value(path, "Give a text.")
    if not value:
        raise bad_value(path, "The text is empty; use the operator blank instead.")
    problem = text_problem(value, max_length=MAX_TEXT)
    if problem:
        raise QueryError(path, "bad_text", problem)
    return value


def _number(value: Any, path: str) -> int | Decimal:
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        raise bad_value(path, "Give a number.")
    if isinstance(value, int):
        if value.bit_length() > 200:
            raise bad_value(path, f"At most {MAX_DIGITS} digits are allowed.")
        return value
    number = Decimal(str(value))
    if not number.is_finite():
        raise bad_value(path, "Give a finite number.")
    if abs(number.adjusted()) > MAX_DIGITS or len(number.as_tuple().digits) > 60:
        raise bad_value(path, f"At most {MAX_DIGITS} digits are allowed.")
    return number


def _boolean(value: Any, path: str) -> bool:
    if not isinstance(value, bool):
        raise bad_value(path, "Give true or false.")
    return value


def _lookup(value: Any, path: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise bad_value(path, "Give the id of a record.")
    if not 0 <= value <= MAX_ID:
        raise bad_value(path, "There is no record with such an id.")
    return value


def _day(value: Any, path: str) -> date:
    if isinstance(value, str) and _DAY.fullmatch(value):
        try:
            return _in_range(date.fromisoformat(value), path)
        except ValueError:
            raise bad_value(path, f"There is no day {value}.") from None
    raise bad_value(path, "Give a day as YYYY-MM-DD.")


def _moment(value: Any, path: str) -> date:
    """A day, or a moment; a moment without an offset is one of the time zone."""
    if isinstance(value, str) and _MOMENT.fullmatch(value):
        try:
            return _in_range(datetime.fromisoformat(value), path)
        except ValueError:
            raise bad_value(path, f"There is no moment {value}.") from None
    if isinstance(value, str) and _DAY.fullmatch(value):
        return _day(value, path)
    raise bad_value(path, "Give a day as YYYY-MM-DD, or a moment in ISO form.")


def _in_range(value: date, path: str) -> date:
    if not 1000 <= value.year <= 9990:
        raise bad_value(path, "Years from 1000 to 9990 can be compared.")
    return value


def _single_number(value: Any, path: str, units: tuple[str, ...]) -> tuple[str, int]:
    example = f'Give one of {", ".join(units)} with a whole number, as {{"days": 30}}.'
    if not isinstance(value, dict) or len(value) != 1:
        raise bad_value(path, example)
    unit, number = next(iter(value.items()))
    if unit not in units:
        raise bad_value(path, example)
    if isinstance(number, bool) or not isinstance(number, int):
        raise bad_value(f"{path}.{unit}", "Give a whole number.")
    return unit, number


def _window(value: Any, path: str) -> Window:
    unit, number = _single_number(value, path, UNITS)
    if not 0 <= number <= 1_000_000:
        raise bad_value(f"{path}.{unit}", "Give a number from 0 to 1,000,000.")
    return Window(unit, number)


def _anniversary(value: Any, path: str) -> int:
    unit, number = _single_number(value, path, ("days",))
    if not -366 <= number <= 366:
        raise bad_value(f"{path}.{unit}", "Give a number from -366 to 366.")
    return number


_ONE: dict[str, Callable[[Any, str], Any]] = {
    "text": _text,
    "code": _text,
    "choice": _text,
    "multi": _text,
    "number": _number,
    "boolean": _boolean,
    "lookup": _lookup,
    "date": _day,
    "datetime": _moment,
}


def clean_count(op: Any, value: Any, path: str) -> Any:
    """Check the value of a count."""
    if op == "between":
        if not isinstance(value, list) or len(value) != 2:
            raise bad_value(path, "Give two numbers: from and to.")
        return tuple(_count(item, f"{path}[{n}]") for n, item in enumerate(value))
    if op in ("in", "not_in"):
        return clean_list(value, path, _count)
    return _count(value, path)


def _count(value: Any, path: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise bad_value(path, "Give a whole number.")
    if not 0 <= value <= 1_000_000_000:
        raise bad_value(path, "Give a number from 0 to 1,000,000,000.")
    return value
