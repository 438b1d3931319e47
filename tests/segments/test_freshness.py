"""A change shows in the segments that read it, whichever door it came through."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from core.journal.models import Entry
from core.journal.pump import pump_to_rest
from core.journal.services import record
from crm.models import Contact, Lead
from segments.models import Segment
from tests.factories import AccountFactory, ContactFactory, LeadFactory
from tests.segments.conftest import members, settle

pytestmark = pytest.mark.django_db

ROME = {
    "from": "contact",
    "where": {"field": "city", "op": "eq", "value": "rome"},
}
TOPIC = {
    "from": "lead",
    "where": {"field": "topic", "op": "eq", "value": "Contoso Ltd Conference"},
    "to": ["parent_contact"],
}


def test_new_contact_enters_and_changed_one_leaves(live):
    segment = live(ROME)
    contact = ContactFactory(city="Rome")
    settle()
    assert members(segment) == {contact.pk}

    Contact.objects.filter(pk=contact.pk).update(city="Oslo")
    settle()
    assert members(segment) == set()


def test_raw_sql_is_seen_too(live):
    segment = live(ROME)
    contact = ContactFactory(city="Oslo")
    settle()
    with connection.cursor() as cursor:
        cursor.execute("UPDATE crm_contact SET city = 'ROME'")
    settle()
    assert members(segment) == {contact.pk}


def test_entering_and_leaving_are_told_once_each(live):
    segment = live(ROME)
    contact = ContactFactory(city="Rome")
    settle()
    Contact.objects.filter(pk=contact.pk).update(city="Oslo")
    settle()
    names = Entry.objects.filter(
        subject_type="segment", subject_id=segment.pk, contact_id=contact.pk
    ).order_by("id")
    assert list(names.values_list("name", flat=True)) == [
        "segment.entered",
        "segment.left",
    ]


class TestThroughLeads:
    def test_lead_brings_its_contact_in_and_takes_it_out_when_closed(self, live):
        segment = live(
            {
                "from": "lead",
                "where": {
                    "and": [
                        TOPIC["where"],
                        {"field": "state", "op": "eq", "value": "open"},
                    ]
                },
                "to": ["parent_contact"],
            }
        )
        contact = ContactFactory()
        lead = LeadFactory(topic="contoso ltd conference", parent_contact=contact)
        settle()
        assert members(segment) == {contact.pk}

        Lead.objects.filter(pk=lead.pk).update(state="disqualified")
        settle()
        assert members(segment) == set()

    def test_lead_moved_to_another_contact_moves_the_membership(self, live):
        segment = live(TOPIC)
        first, second = ContactFactory(), ContactFactory()
        lead = LeadFactory(topic="Contoso Ltd Conference", parent_contact=first)
        settle()
        Lead.objects.filter(pk=lead.pk).update(parent_contact=second)
        settle()
        assert members(segment) == {second.pk}

    def test_deleted_lead_takes_its_contact_out(self, live):
        segment = live(TOPIC)
        lead = LeadFactory(
            topic="Contoso Ltd Conference", parent_contact=ContactFactory()
        )
        settle()
        assert len(members(segment)) == 1
        Lead.objects.filter(pk=lead.pk).delete()
        settle()
        assert members(segment) == set()


def test_account_change_reaches_all_its_people(live):
    segment = live(
        {
            "from": "contact",
            "where": {
                "related": "account",
                "where": {"field": "industry", "op": "eq", "value": "Logistics"},
            },
        }
    )
    account = AccountFactory(industry="Retail")
    people = [ContactFactory(account=account) for _ in range(3)]
    settle()
    assert members(segment) == set()
    account.industry = "Logistics"
    account.save()
    settle()
    assert members(segment) == {person.pk for person in people}


def test_interaction_brings_its_contact_in(live):
    segment = live(
        {
            "from": "contact",
            "where": {
                "related": "interactions",
                "where": {"field": "name", "op": "eq", "value": "page.visited"},
                "count": {"op": "gte", "value": 2},
            },
        }
    )
    contact = ContactFactory()
    record("page.visited", contact_id=contact.pk)
    settle()
    assert members(segment) == set()
    record("page.visited", contact_id=contact.pk)
    settle()
    assert members(segment) == {contact.pk}


def test_segment_on_a_segment_follows_it(live):
    base = live(ROME)
    above = live({"except": [{"from": "contact"}, {"segment": base.pk}]})
    inside, outside = ContactFactory(city="Rome"), ContactFactory(city="Oslo")
    settle()
    assert members(above) == {outside.pk}
    Contact.objects.filter(pk=outside.pk).update(city="rome")
    settle()
    assert members(base) == {inside.pk, outside.pk}
    assert members(above) == set()


def test_count_follows_members_also_when_a_contact_is_deleted(live):
    segment = live(ROME)
    contacts = [ContactFactory(city="Rome") for _ in range(3)]
    settle()
    contacts[0].delete()
    settle()
    segment.refresh_from_db()
    assert segment.member_count == len(members(segment)) == 2


def test_unconcerned_segment_is_not_evaluated(live):
    live(ROME)
    contact = ContactFactory(city="Oslo")
    settle()
    Contact.objects.filter(pk=contact.pk).update(job_title="Chef")
    with CaptureQueriesContext(connection) as queries:
        pump_to_rest()
    assert not [q for q in queries if "segments_membership" in q["sql"]]
    assert not Segment.objects.due().exists()
