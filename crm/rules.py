"""Rules of customers and leads: pure, no database."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from core.base.errors import Invalid, Refused
from core.base.text import text_problem

_EMAIL = re.compile(r"[^@\s]+@[^@\s.]+(\.[^@\s.]+)+")
CUSTOM_TEXT_LENGTH = 5_000


def check_lead_open(state: str) -> None:
    """Raise Refused for a closed lead, which is read-only for everybody."""
    if state != "open":
        raise Refused(
            "lead_closed",
            "This lead is closed and read-only. Reactivate it to change it.",
        )


def email_problem(value: str) -> str | None:
    """Say why this is not an email address, or None (blank is fine)."""
    if value and not _EMAIL.fullmatch(value):
        return "Enter a valid email address."
    return None


def check_person(last_name: str, email: str) -> None:
    """Raise Invalid for a person with neither a last name nor an address."""
    if not last_name and not email:
        raise Invalid(
            "required",
            "Give a last name; it may be blank only where there is an email address.",
            attr="last_name",
        )


def check_guardian(pk: int | None, guardian_id: int | None) -> None:
    """Raise Invalid for somebody who is their own parent or guardian."""
    if guardian_id is not None and guardian_id == pk:
        raise Invalid(
            "own_guardian", "Nobody is their own parent or guardian.", attr="guardian"
        )


def starts_with_sales(areas: set[str]) -> bool:
    """Whether a lead entered by somebody of these areas is already with sales."""
    return "sales" in areas and "marketing" not in areas


def custom_value(kind: str, choices: list[Any], value: Any) -> Any:
    """A value of a custom field as it is stored; ValueError says what is wrong.

    None and '' mean blank and come back as None.
    """
    if value is None or value == "" or value == []:
        return None
    return _CUSTOM[kind](value, choices)


def _text(value: Any, _choices: list[Any]) -> str:
    if not isinstance(value, str):
        raise ValueError("Enter text.")
    problem = text_problem(value, max_length=CUSTOM_TEXT_LENGTH)
    if problem:
        raise ValueError(problem)
    return value.strip()


def _number(value: Any, _choices: list[Any]) -> int | float:
    if isinstance(value, bool) or not isinstance(value, int | float | str | Decimal):
        raise ValueError("Enter a number.")
    try:
        number = Decimal(str(value))
    except InvalidOperation as error:
        raise ValueError("Enter a number.") from error
    if not number.is_finite() or abs(number) >= Decimal(10) ** 15:
        raise ValueError("Enter a number below 10 to the power of 15.")
    return int(number) if number == number.to_integral_value() else float(number)


def _boolean(value: Any, _choices: list[Any]) -> bool:
    if not isinstance(value, bool):
        raise ValueError("Enter true or false.")
    return value


def _date(value: Any, _choices: list[Any]) -> str:
    if isinstance(value, date) and not isinstance(value, datetime):
        return value.isoformat()
    try:
        return date.fromisoformat(value).isoformat()
    except (TypeError, ValueError) as error:
        raise ValueError("Enter a date as YYYY-MM-DD.") from error


def _datetime(value: Any, _choices: list[Any]) -> str:
    try:
        moment = value if isinstance(value, datetime) else datetime.fromisoformat(value)
    except (TypeError, ValueError) as error:
        raise ValueError("Enter a date and time in ISO 8601.") from error
    if moment.tzinfo is None:
        raise ValueError("Say the time zone, for example 2026-03-01T09:00:00Z.")
    return moment.isoformat()


def _choice(value: Any, choices: list[Any]) -> str:
    for known in choices:
        if isinstance(value, str) and known.lower() == value.strip().lower():
            return str(known)
    raise ValueError(f"Choose one of: {', '.join(map(str, choices))}.")


def _multi_choice(value: Any, choices: list[Any]) -> list[str]:
    if not isinstance(value, list):
        raise ValueError("Give a list of values.")
    return list(dict.fromkeys(_choice(item, choices) for item in value))


_CUSTOM = {
    "text": _text,
    "number": _number,
    "boolean": _boolean,
    "date": _date,
    "datetime": _datetime,
    "choice": _choice,
    "multi_choice": _multi_choice,
}


def merged(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Any]:
    """Custom values after a change: what is None goes, the rest stays or is set."""
    return {k: v for k, v in {**old, **new}.items() if v is not None}
