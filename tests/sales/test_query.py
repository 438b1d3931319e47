"""Opportunities in the query language."""

from __future__ import annotations

import pytest

from core.query.context import Context
from core.query.language import compile_ids, validate
from crm.models import Contact
from tests.factories import AccountFactory, ContactFactory, LeadFactory
from tests.sales.factories import OpportunityFactory

pytestmark = pytest.mark.django_db

WON = {"field": "state", "op": "eq", "value": "won"}


def contacts(tree):
    query = validate(tree, ends_on="contact")
    return set(Contact.objects.filter(pk__in=compile_ids(query, Context())))


@pytest.fixture
def buyer(db):
    account = AccountFactory()
    person = ContactFactory(account=account)
    lead = LeadFactory(parent_contact=person)
    values = {"contact": person, "account": account, "originating_lead": lead}
    OpportunityFactory(estimated_value=10, **values)
    ContactFactory()
    return person


@pytest.mark.parametrize(
    "tree",
    [
        {
            "from": "opportunity",
            "where": {"field": "estimated_value", "op": "gte", "value": 10},
            "to": ["contact"],
        },
        {"from": "contact", "where": {"related": "opportunities"}},
        {
            "from": "account",
            "where": {"related": "opportunities", "where": {"not": WON}},
            "to": ["contacts"],
        },
        {
            "from": "lead",
            "where": {
                "related": "opportunities",
                "count": {"op": "eq", "value": 1},
            },
            "to": ["parent_contact"],
        },
    ],
)
def test_contacts_are_found_through_their_opportunities(buyer, tree):
    assert contacts(tree) == {buyer}


def test_no_opportunity_won_is_no_contact(buyer):
    tree = {"from": "opportunity", "where": WON, "to": ["contact"]}
    assert contacts(tree) == set()
