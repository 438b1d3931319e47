"""What the tests of segments in a real browser share."""

from __future__ import annotations

import pytest

from core.journal.services import acting
from segments.services.lifecycle import segment_create, segment_go_live
from tests.browser.conftest import shot as keep
from tests.factories import AccountFactory, ContactFactory, LeadFactory

TOPIC = "Contoso Ltd Conference"


def shot(page, name):
    keep(page, f"segment-{name}")


@pytest.fixture
def visitors(marketer):
    """Three people came to a conference, one of them twice; two came elsewhere."""
    account = AccountFactory(name="Koopman Logistics", owner=marketer)
    names = [("Maartje", "van den Berg"), ("Pieter", "de Wit"), ("Lotte", "Jacobs")]
    people = [
        ContactFactory(first_name=first, last_name=last, account=account)
        for first, last in names
    ]
    for contact in [*people, people[0]]:
        LeadFactory(topic=TOPIC, parent_contact=contact, lead_source="Event")
    for _ in range(2):
        LeadFactory(topic="Cold storage", parent_contact=ContactFactory())
    return people


def draft(user, definition=None, name="Conference visitors"):
    with acting(user, via="test"):
        start = {"from": "contact", "where": {"and": []}}
        return segment_create(user=user, name=name, definition=definition or start)


def designer(open_page, segment, **how):
    page = open_page(f"/segments/{segment.pk}/", **how)
    page.wait_for_selector("#designer-conditions[data-ready]")
    return page


def add_condition(page, text, group="where"):
    page.click(f'[data-add="{group}"]')
    page.fill(".sd-find input", text)
    page.keyboard.press("Enter")


MARKETING_ONLY = {"field": "marketing_only", "op": "eq", "value": True}
IN_ROME = {"field": "city", "op": "in", "value": ["Rome"]}
LATELY = {"field": "occurred_at", "op": "within_last", "value": {"days": 30}}


@pytest.fixture
def rich(marketer, visitors):
    """A live segment beside a draft with most of what a definition can have."""
    customers = draft(marketer, {"from": "contact"}, "Current customers")
    with acting(marketer, via="test"):
        segment_go_live(segment_id=customers.pk)
    visited = {"field": "name", "op": "eq", "value": "page.visited"}
    definition = {
        "except": [
            {
                "from": "lead",
                "where": {
                    "and": [
                        {"field": "state", "op": "eq", "value": "open"},
                        {"field": "topic", "op": "contains", "value": "conference"},
                        {
                            "field": "country",
                            "op": "in",
                            "value": ["Netherlands", "Belgium", "Luxembourg"],
                        },
                        {
                            "or": [
                                {"field": "rating", "op": "not_blank"},
                                {"field": "lead_source", "op": "eq", "value": "Event"},
                            ]
                        },
                    ]
                },
                "to": ["parent_contact"],
                "then": {
                    "and": [
                        {
                            "related": "interactions",
                            "where": {"and": [visited, LATELY]},
                            "count": {"op": "gte", "value": 3},
                        },
                        {"not": {"or": [MARKETING_ONLY, IN_ROME]}},
                        {"field": "owner", "op": "eq", "value": marketer.pk},
                    ]
                },
            },
            {"segment": customers.pk},
            {
                "from": "contact",
                "where": {"field": "do_not_bulk_email", "op": "eq", "value": True},
            },
        ]
    }
    return draft(marketer, definition, "Warm logistics leads, Benelux")
