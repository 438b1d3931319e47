"""From the words in a cell to a value of a field. Pure: no database."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from typing import Any
from zoneinfo import ZoneInfo

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator

from core.base.text import text_problem
from crm.imports.registry import ImportField
from crm.matching.rules import text_normalise
from crm.rules import email_problem

YES = frozenset(
    ["yes", "y", "true", "t", "1", "x", "on", "ja", "oui", "si", "sí", "sim", "wahr"]
)
NO = frozenset(
    ["no", "n", "false", "f", "0", "off", "nein", "non", "nao", "não", "falsch"]
)
FORBIDS = frozenset({"do not allow", "not allowed", "opted out", "unsubscribed"})
ALLOWS = frozenset({"allow", "allowed", "opted in", "subscribed"})
_url_validator = URLValidator(schemes=["http", "https"])
_MONEY = re.compile(r"[\s\u00a0\u202f'’$€£¥%]+")
_GROUPED = re.compile(r"[+-]?\d{1,3}([.,]\d{3})+")
_NUMERIC_DATE = re.compile(r"(\d{1,4})[./\-](\d{1,2})[./\-](\d{1,4})")
_NAMED_DATES = ("%d %b %Y", "%d %B %Y", "%b %d, %Y", "%B %d, %Y", "%b %d %Y")
_INTEGER_LIMIT = 2_147_483_647


class Bad(Exception):
    """The words do not fit the field: a code and what to do about it."""

    def __init__(self, code: str, detail: str, attr: str = "") -> None:
        super().__init__(detail)
        self.attr = attr
        self.code = code
        self.detail = detail


Converter = Callable[[str], Any]


def converter(spec: ImportField, *, zone: ZoneInfo, date_order: str = "") -> Converter:
    """The function that turns storable, stripped, non-blank words into a value."""
    makers: dict[str, Callable[[], Converter]] = {
        "text": lambda: _text(spec.max_length),
        "email": lambda: _email(spec.max_length or 254),
        "url": lambda: _url(spec.max_length or 300),
        "integer": lambda: _integer,
        "decimal": lambda: _decimal(spec),
        "boolean": lambda: _boolean(spec),
        "date": lambda: lambda words: to_date(words, date_order),
        "datetime": lambda: lambda words: to_datetime(words, zone, date_order),
        "choice": lambda: _choice(spec),
        "multi_choice": lambda: _several(spec),
        "tags": lambda: _tags,
        "links": lambda: _links,
        "list": lambda: _text(spec.max_length),
        "lookup": lambda: _text(500),
    }
    return makers[spec.kind]()


def clean_words(words: str) -> str:
    """Without blank space around; raises Bad for what cannot be stored."""
    if not words.isascii() or "\x00" in words:
        problem = text_problem(words)
        if problem:
            raise Bad("unstorable", problem)
    return words.strip()


def _text(max_length: int | None) -> Converter:
    def convert(words: str) -> str:
        if max_length is not None and len(words) > max_length:
            raise Bad("too_long", text_problem(words, max_length=max_length) or "")
        return words

    return convert


def _email(max_length: int) -> Converter:
    fits = _text(max_length)

    def convert(words: str) -> str:
        address: str = fits(words.removeprefix("mailto:"))
        if email_problem(address):
            raise Bad("email", f"{words!r} is not an email address.")
        return address

    return convert


def _url(max_length: int) -> Converter:
    fits = _text(max_length)

    def convert(words: str) -> str:
        address: str = fits(words if "://" in words else f"https://{words}")
        try:
            _url_validator(address)
        except ValidationError:
            raise Bad("url", f"{words!r} is not a web address.") from None
        return address

    return convert


def to_decimal(words: str) -> Decimal:
    """A number as people write it: 1,234.50, 1.234,50, 1 234,50, € 12."""
    text = _MONEY.sub("", words)
    if "," in text and "." in text:
        point = max(",", ".", key=text.rfind)
        text = text.replace("," if point == "." else ".", "").replace(point, ".")
    elif _GROUPED.fullmatch(text) and (text.count(",") or text.count(".") > 1):
        text = text.replace(",", "").replace(".", "")
    else:
        text = text.replace(",", ".")
    try:
        number = Decimal(text)
    except InvalidOperation:
        raise Bad("number", f"{words!r} is not a number.") from None
    if not number.is_finite():
        raise Bad("number", f"{words!r} is not a number.")
    return number


def _decimal(spec: ImportField) -> Converter:
    whole = (spec.max_digits or 18) - spec.decimal_places
    step = Decimal(1).scaleb(-spec.decimal_places)

    def convert(words: str) -> Any:
        number = to_decimal(words)
        if abs(number) >= Decimal(10) ** whole:
            raise Bad("number", f"{words!r} is too large.")
        if spec.custom_key:
            plain = number.normalize()
            return int(plain) if plain == plain.to_integral_value() else float(plain)
        return number.quantize(step)

    return convert


def _integer(words: str) -> int:
    number = to_decimal(words)
    if number != number.to_integral_value():
        raise Bad("number", f"{words!r} is not a whole number.")
    if not 0 <= number <= _INTEGER_LIMIT:
        raise Bad("number", f"{words!r} is out of range.")
    return int(number)


def _boolean(spec: ImportField) -> Converter:
    # "Allow" in a column of preferences is the opposite of "do not email".
    yes = YES | FORBIDS if spec.strict else YES | ALLOWS
    no = NO | ALLOWS if spec.strict else NO | FORBIDS

    def convert(words: str) -> bool:
        folded = text_normalise(words)
        if folded in yes:
            return True
        if folded in no:
            return False
        raise Bad("boolean", f"{words!r} is neither yes nor no.")

    return convert


def _choice(spec: ImportField) -> Converter:
    known = {text_normalise(str(label)): value for value, label in spec.choices.items()}
    known.update((text_normalise(str(value)), value) for value in spec.choices)

    def convert(words: str) -> Any:
        try:
            return known[text_normalise(words)]
        except KeyError:
            options = ", ".join(str(label) for label in spec.choices.values())
            raise Bad("choice", f"{words!r} is none of: {options}.") from None

    return convert


def _several(spec: ImportField) -> Converter:
    one = _choice(spec)
    return lambda words: [one(part) for part in _split(words)]


def _split(words: str) -> list[str]:
    parts = (part.strip().strip('"').strip() for part in re.split(r"[;,|]", words))
    return list(dict.fromkeys(part for part in parts if part))


def _tags(words: str) -> list[str]:
    tags = _split(words)
    if any(len(tag) > 100 for tag in tags):
        raise Bad("too_long", "A tag has more than 100 characters.")
    return tags


def _links(words: str) -> list[str]:
    one = _url(300)
    return [one(part) for part in re.split(r"[;\s]+", words) if part]


def to_date(words: str, order: str = "") -> dt.date:
    """A day: 2026-03-01, 01.03.2026, 13/03/2026, 1 Mar 2026.

    With slashes, 03/04/2026 is refused as ambiguous unless `order` (dmy or mdy)
    says how to read it.
    """
    found = _NUMERIC_DATE.fullmatch(words)
    try:
        if found:
            return _numeric_date(found, words, order)
        return _named_date(words)
    except ValueError:
        raise Bad("date", f"{words!r} is not a date.") from None


def _numeric_date(found: re.Match[str], words: str, order: str) -> dt.date:
    first, second, third = (int(part) for part in found.groups())
    if len(found[1]) == 4:
        return dt.date(first, second, third)
    if len(found[3]) != 4:
        raise ValueError(words)
    if "." in words or first > 12 or first == second:
        return dt.date(third, second, first)
    if second > 12 or order == "mdy":
        return dt.date(third, first, second)
    if order == "dmy":
        return dt.date(third, second, first)
    raise Bad(
        "ambiguous_date",
        f'{words!r} can be read in two ways; say "date_order": "dmy" or "mdy".',
    )


def _named_date(words: str) -> dt.date:
    for pattern in _NAMED_DATES:
        try:
            return dt.datetime.strptime(words, pattern).date()  # noqa: DTZ007 - a day has no zone
        except ValueError:
            continue
    raise ValueError(words)


def to_datetime(words: str, zone: ZoneInfo, order: str = "") -> dt.datetime:
    """A moment; without a zone it is the organisation's."""
    try:
        moment = dt.datetime.fromisoformat(words)
    except ValueError:
        day, _, clock = words.partition(" ")
        if ":" in clock:
            moment = dt.datetime.combine(to_date(day, order), _clock(clock, words))
        else:
            moment = dt.datetime.combine(to_date(words, order), dt.time())
    return moment if moment.tzinfo else moment.replace(tzinfo=zone)


def _clock(words: str, whole: str) -> dt.time:
    for pattern in ("%H:%M", "%H:%M:%S", "%I:%M %p", "%I:%M:%S %p"):
        try:
            return dt.datetime.strptime(words, pattern).time()  # noqa: DTZ007 - joined with its day above
        except ValueError:
            continue
    raise Bad("date", f"{whole!r} is not a date and time.")
