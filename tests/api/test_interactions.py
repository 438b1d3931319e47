"""Interactions told by an integration."""

from __future__ import annotations

import pytest

from core.journal.models import Entry
from crm.models import Contact
from tests.factories import ContactFactory, LeadFactory

pytestmark = pytest.mark.django_db
URL = "/api/v1/interactions/"


def test_each_row_is_answered_and_a_repeat_is_harmless(api, cast):
    contact = ContactFactory(email="maria@example.com")
    lead = LeadFactory(parent_contact=contact)
    rows = [
        {"name": "page.visited", "contact": contact.pk, "external_id": "a"},
        {"name": "page.visited", "lead": lead.pk},
        {"name": "page.visited", "email": " MARIA@example.com "},
        {"name": "page.visited", "email": "new@example.com", "create_contact": True},
        {"name": "page.visited", "email": "unknown@example.com"},
        {"name": "nonsense", "contact": contact.pk},
        {"name": "page.visited", "contact": contact.pk, "external_id": "a"},
    ]
    answer = api(cast.integration).post(URL, rows)
    assert answer.status_code == 201, answer.json()
    statuses = [row["status"] for row in answer.json()["results"]]
    assert statuses == ["recorded"] * 4 + ["refused"] * 2 + ["repeated"]
    visits = Entry.objects.filter(name="page.visited")
    assert visits.filter(contact_id=contact.pk).count() == 3
    assert Contact.objects.get(email="new@example.com").marketing_only
    again = api(cast.integration).post(URL, rows[0])
    assert again.json()["status"] == "repeated"


def test_single_refusal_is_a_400_that_names_the_field(api, cast):
    answer = api(cast.integration).post(URL, {"name": "page.visited", "contact": 9})
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["attr"] == "contact"
    assert api(cast.reader).post(URL, {"name": "page.visited"}).status_code == 403
