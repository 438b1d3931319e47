"""How alike two records are, and why: tables and properties, no database."""

import string

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crm.duplicates.folding import FOLDED, company_core, fold, phones_of
from crm.duplicates.keys import keys_of
from crm.duplicates.rules import (
    OF_ENTITY,
    Rule,
    compare,
    parts_of,
    parts_problem,
)
from crm.duplicates.shipped import RULES


def shipped(entity):
    return [
        Rule(row["key"], parts_of(row["parts"]), row["threshold"], row["refuse_from"])
        for row in RULES
        if row["entity"] == entity
    ]


def alike(entity, one, other):
    fold_one = FOLDED[entity]
    return compare(entity, shipped(entity), fold_one(one), fold_one(other))


ANNA = {
    "first_name": "Anna",
    "last_name": "Bergström",
    "email": "anna@berg.example",
    "phone": "+46 70 123 45 67",
    "company_name": "Berg & Sons AB",
    "address_line1": "12 Storgatan",
    "city": "Lund",
    "postal_code": "223 50",
    "birth_date": "1980-04-12",
}


@pytest.mark.parametrize(
    ("other", "reason"),
    [
        ({"email": " ANNA@berg.example "}, "Same email address"),
        (
            {
                "email": "anna@berg.example",
                "first_name": "Ana",
                "last_name": "Bergstrom",
            },
            "Same email address, name 0.97 alike",
        ),
        (
            {"phone": "070-1234567", "first_name": "anna", "last_name": "BERGSTRÖM"},
            "Same phone number, same name",
        ),
        (
            {
                "first_name": "Bergstrom",
                "last_name": "Anna",
                "company_name": "Berg Sons",
            },
            "Same name, same company",
        ),
        (
            {
                "first_name": "Anna",
                "last_name": "Bergstom",
                "address_line1": "Storgatan 12",
                "city": "Lund",
                "birth_date": "1980-12-04",
            },
            "Same address, name 0.99 alike, birth date 0.90 alike",
        ),
    ],
)
def test_who_is_alike_and_why(other, reason):
    assert alike("contact", ANNA, other).reason == reason


@pytest.mark.parametrize(
    "other",
    [
        {},
        {"first_name": "Anna", "last_name": "Bergström"},
        {"first_name": "Anna", "last_name": "Bergström", "company_name": "Volvo"},
        {"first_name": "Erik", "last_name": "Lind", "phone": "+46 70 123 45 67"},
        {"email": "anne@berg.example", "first_name": "Anne", "last_name": "Holm"},
        # A brother or sister in the same house, born in another year.
        {
            "first_name": "Gustav",
            "last_name": "Bergström",
            "address_line1": "12 Storgatan",
            "city": "Lund",
            "postal_code": "223 50",
            "birth_date": "1984-01-30",
        },
    ],
)
def test_who_is_somebody_else(other):
    assert alike("contact", ANNA, other) is None


def test_a_shared_mailbox_is_asked_about_but_not_refused():
    other = {"email": "anna@berg.example", "first_name": "Gustav", "last_name": "Ek"}
    found = alike("contact", ANNA, other)
    assert found.score < 0.85
    assert not found.refused
    assert alike("contact", ANNA, {"email": "anna@berg.example"}).refused


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ({"name": "Petersen A/S"}, {"name": "petersen as"}, True),
        ({"name": "Nordic Freight GmbH"}, {"name": "Nordic Freight"}, True),
        ({"name": "Group"}, {"name": "Holding"}, False),
        (
            {"name": "Nordic Freight", "website": "https://www.nordic.example/x"},
            {"name": "Nordic Freigt", "email_domain": "nordic.example"},
            True,
        ),
        ({"name": "Nordic Freight"}, {"name": "Nordic Fright"}, False),
        (
            {"name": "A", "email": "i@a.example"},
            {"name": "B", "email": "I@a.example"},
            True,
        ),
    ],
)
def test_companies(one, other, same):
    assert bool(alike("account", one, other)) is same


def test_several_leads_of_one_person_are_no_duplicates():
    lead = {**ANNA, "topic": "Forklifts for Lund"}
    assert alike("lead", lead, {**lead, "topic": "forklifts, for Lund"})
    assert alike("lead", lead, {**lead, "topic": "Spare parts contract"}) is None


NAMES = st.text(string.ascii_letters + " '-éßŁøΑ漢", max_size=12)
PEOPLE = st.fixed_dictionaries(
    {
        "first_name": NAMES,
        "last_name": NAMES,
        "email": st.sampled_from(["", "a@x.example", "A@X.example ", "b@y.example"]),
        "phone": st.sampled_from(["", "12", "+32 2 555 12 34", "02/555.12.34"]),
        "company_name": NAMES,
        "name": NAMES,
        "city": NAMES,
        "address_line1": NAMES,
        "postal_code": st.text(string.digits, max_size=5),
        "birth_date": st.one_of(st.none(), st.dates()),
        "topic": NAMES,
    }
)
ENTITIES = st.sampled_from(sorted(OF_ENTITY))


@settings(max_examples=150, deadline=None)
@given(ENTITIES, PEOPLE, PEOPLE)
def test_likeness_is_between_0_and_1_and_the_same_both_ways(entity, one, other):
    there, back = alike(entity, one, other), alike(entity, other, one)
    assert (there is None) == (back is None)
    if there is not None:
        assert 0 <= there.score <= 1
        assert there.score == pytest.approx(back.score, abs=0.02)
        assert there.reason


@settings(max_examples=150, deadline=None)
@given(ENTITIES, PEOPLE)
def test_a_record_shares_every_key_with_its_copy_in_other_spelling(entity, one):
    shouted = {
        key: f"  {value.upper()} " if isinstance(value, str) else value
        for key, value in one.items()
    }
    folded = FOLDED[entity](one)
    assert keys_of(entity, folded) == keys_of(entity, folded)
    if all(str(value).isascii() for value in one.values()):
        assert FOLDED[entity](shouted) == folded
    found = alike(entity, one, one)
    assert found is None or found.score == 1


@pytest.mark.parametrize(
    ("text", "folded"),
    [("  Bergström-Łódź ", "bergstrom lodz"), ("O'Brien", "o brien"), ("漢字", "漢字")],
)
def test_folding(text, folded):
    assert fold(text) == folded


def test_numbers_and_companies_in_any_spelling():
    assert phones_of("+46 (70) 123", "12", None) == {"4670123"}
    assert company_core("S.p.A. Motori S.p.A.") == "spa motori"
    assert company_core("Ltd") == "ltd"


@pytest.mark.parametrize(
    ("parts", "says"),
    [
        ([], "at least one"),
        ("email", "at least one"),
        ([{"field": "colour"}], "names one of"),
        ([{"field": "email", "how": "near"}], "same"),
        ([{"field": "email", "weight": 0}], "above 0"),
        ([{"field": "email", "weight": True}], "above 0"),
        ([{"field": "email", "weight": float("nan")}], "at most"),
        ([{"field": "email"}, {"field": "email"}], "once"),
        ([{"field": "email", "x": 1}], "no x"),
        ([{"field": "birth_date"}], "names one of"),
    ],
)
def test_parts_that_cannot_be_compared(parts, says):
    assert says in parts_problem("lead", parts)


def test_shipped_rules_are_valid():
    for row in RULES:
        assert parts_problem(row["entity"], row["parts"]) is None
