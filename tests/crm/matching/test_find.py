"""Finding the record that somebody already has."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crm.matching.find import (
    find_many,
    match_account,
    match_contact,
    match_lead,
    strategy_of,
)
from crm.matching.rules import match_key
from crm.models import Contact
from tests.factories import AccountFactory, ContactFactory, LeadFactory

pytestmark = pytest.mark.django_db
EMAIL = ["email"]


def test_case_and_blank_space_do_not_matter():
    anna = ContactFactory(email="Anna@X.example")

    assert match_contact(EMAIL, {"email": "  anna@x.EXAMPLE "}) == anna


def test_all_attributes_must_equal():
    ContactFactory(email="home@x.example", first_name="Anna")
    ben = ContactFactory(email="home@x.example", first_name="Ben")
    both = ["email", "first_name"]

    assert match_contact(both, {"email": "home@x.example", "first_name": "BEN"}) == ben
    assert match_contact(both, {"email": "home@x.example"}) is None


def test_inactive_contacts_and_closed_leads_do_not_match():
    ContactFactory(email="a@x.example", state="inactive")
    LeadFactory(email="a@x.example", state="disqualified", status_reason="lost")

    assert match_contact(EMAIL, {"email": "a@x.example"}) is None
    assert match_lead(EMAIL, {"email": "a@x.example"}) is None


def test_most_recently_updated_wins_and_a_recognised_visitor_decides_only_among_them():
    first = ContactFactory(email="a@x.example")
    second = ContactFactory(email="a@x.example")
    stranger = ContactFactory(email="b@x.example")
    Contact.objects.filter(pk=first.pk).update(updated_at="2020-01-01T00:00:00Z")
    values = {"email": "a@x.example"}

    assert match_contact(EMAIL, values) == second
    assert match_contact(EMAIL, values, visitor_id=first.pk) == first
    assert match_contact(EMAIL, values, visitor_id=stranger.pk) == second


def test_lead_without_an_address_is_compared_by_its_parent_contact():
    anna = ContactFactory(email="anna@x.example")
    lead = LeadFactory(email="", parent_contact=anna)

    assert match_lead(EMAIL, {"email": "ANNA@x.example"}) == lead


def test_leads_of_the_matched_contact_are_preferred():
    anna = ContactFactory(email="a@x.example")
    hers = LeadFactory(email="a@x.example", parent_contact=anna)
    newer = LeadFactory(email="a@x.example")

    assert match_lead(EMAIL, {"email": "a@x.example"}) == newer
    assert match_lead(EMAIL, {"email": "a@x.example"}, contact_id=anna.pk) == hers


def test_email_and_page_compares_the_page_the_lead_came_from():
    lead = LeadFactory(email="a@x.example", source_type="page", source_id=7)
    strategy = strategy_of("lead", "Email and page")

    assert match_lead(strategy, {"email": "a@x.example", "page": 7}) == lead
    assert match_lead(strategy, {"email": "a@x.example", "page": 8}) is None


def test_phone_matches_by_its_digits():
    anna = ContactFactory(phone="+32 2 555 12 34")

    assert match_contact(["phone"], {"phone": "(32) 2-5551234"}) == anna


def test_account_by_external_id_then_name_then_domain():
    by_domain = AccountFactory(name="Contoso Ltd", email_domain="contoso.example")
    by_name = AccountFactory(name="Contoso")
    by_id = AccountFactory(name="Other", external_id="C7")
    email = "anna@contoso.example"

    assert match_account({"account_external_id": "C7", "name": "Contoso"}) == by_id
    assert match_account({"company_name": " contoso", "email": email}) == by_name
    assert match_account({"company_name": "Contoso BV", "email": email}) == by_domain
    assert match_account({"email": "anna@gmail.com"}) is None


def test_many_cost_as_many_queries_as_one():
    ContactFactory(email="a@x.example")

    def queries(count):
        rows = [{"email": f"{n}@x.example"} for n in range(count)]
        with CaptureQueriesContext(connection) as caught:
            find_many("contact", EMAIL, rows)
        return len(caught)

    assert queries(1) == queries(10) == 1


def test_address_with_a_capital_that_folds_oddly_is_found_again():
    known = ContactFactory(email="İSTANBUL@x.example")

    assert match_contact(EMAIL, {"email": known.email}) == known


names = st.sampled_from(["", "Anna", "anna ", "BEN", "Ben", "Ärzte", "ärzte"])
people = st.lists(st.tuples(names, names), min_size=1, max_size=8)


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(known=people, asked=people)
def test_the_database_matches_as_the_rules_say(known, asked):
    Contact.objects.all().delete()
    attributes = ["first_name", "last_name"]
    rows = [
        ContactFactory(first_name=first, last_name=last, email="")
        for first, last in known
    ]
    wanted = [{"first_name": first, "last_name": last} for first, last in asked]

    found = find_many("contact", attributes, wanted)

    for values, candidates in zip(wanted, found, strict=True):
        key = match_key(attributes, values)
        expected = {
            row.pk
            for row in rows
            if key
            and match_key(
                attributes, {"first_name": row.first_name, "last_name": row.last_name}
            )
            == key
        }
        assert {candidate.pk for candidate in candidates} == expected
