"""From words to values."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from crm.imports.convert import (
    Bad,
    clean_words,
    converter,
    to_date,
    to_datetime,
    to_decimal,
)
from crm.imports.registry import import_entity

UTC = ZoneInfo("UTC")


def convert(entity, field, words):
    spec = import_entity(entity).fields[field]
    return converter(spec, zone=UTC)(clean_words(words))


@pytest.mark.parametrize(
    ("words", "number"),
    [
        ("1,234.50", "1234.50"),
        ("1.234,50", "1234.50"),
        ("1 234,5", "1234.5"),
        ("€ 12", "12"),
        ("1,234", "1234"),
        ("1.234.567", "1234567"),
        ("-0.5", "-0.5"),
    ],
)
def test_numbers_as_people_write_them(words, number):
    assert to_decimal(words) == Decimal(number)


@pytest.mark.parametrize("words", ["many", "1.2.3", "NaN", "Infinity", "1,2,3"])
def test_no_number_is_reported(words):
    with pytest.raises(Bad):
        to_decimal(words)


@pytest.mark.parametrize(
    ("words", "day"),
    [
        ("2026-03-01", dt.date(2026, 3, 1)),
        ("01.03.2026", dt.date(2026, 3, 1)),
        ("13/03/2026", dt.date(2026, 3, 13)),
        ("03/13/2026", dt.date(2026, 3, 13)),
        ("01 Mar 2022", dt.date(2022, 3, 1)),
        ("March 1, 2022", dt.date(2022, 3, 1)),
    ],
)
def test_days_as_people_write_them(words, day):
    assert to_date(words) == day


def test_ambiguous_day_is_asked_about():
    with pytest.raises(Bad) as refused:
        to_date("03/04/2026")

    assert refused.value.code == "ambiguous_date"
    assert to_date("03/04/2026", "dmy") == dt.date(2026, 4, 3)
    assert to_date("03/04/2026", "mdy") == dt.date(2026, 3, 4)


def test_moment_without_a_zone_is_the_organisations():
    found = to_datetime("2026-03-01 09:30", ZoneInfo("Europe/Paris"))

    assert found.isoformat() == "2026-03-01T09:30:00+01:00"


@pytest.mark.parametrize(
    ("entity", "field", "words", "code"),
    [
        ("lead", "email", "nobody at home", "email"),
        ("lead", "last_name", "x" * 100_000, "too_long"),
        ("lead", "last_name", "a\x00b", "unstorable"),
        ("lead", "last_name", "a\ud800b", "unstorable"),
        ("lead", "number_of_employees", "-3", "number"),
        ("lead", "number_of_employees", "2.5", "number"),
        ("lead", "annual_revenue", "1" * 30, "number"),
        ("lead", "do_not_email", "perhaps", "boolean"),
        ("lead", "rating", "lukewarm", "choice"),
        ("lead", "linkedin_url", "not a link", "url"),
    ],
)
def test_words_that_do_not_fit_are_reported(entity, field, words, code):
    with pytest.raises(Bad) as refused:
        convert(entity, field, words)

    assert refused.value.code == code


@pytest.mark.parametrize(
    ("field", "words", "value"),
    [
        ("do_not_email", "Yes", True),
        ("do_not_bulk_email", "Do not allow", True),
        ("do_not_bulk_email", "Allow", False),
        ("rating", "HOT", "hot"),
        ("tags", '"VIP","Blog"', ["VIP", "Blog"]),
        ("linkedin_url", "linkedin.com/in/x", "https://linkedin.com/in/x"),
        ("email", "Ü.Müller@bücher.example", "Ü.Müller@bücher.example"),
    ],
)
def test_words_that_fit(field, words, value):
    assert convert("lead", field, words) == value
