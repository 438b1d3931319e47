"""Contacts for orphaned leads."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from core.journal.models import Entry
from core.journal.services import record
from crm.models import Contact, Lead
from crm.services.lead_contacts import lead_contacts_create, orphaned_preview
from tests.factories import AccountFactory, ContactFactory, LeadFactory, UserFactory

pytestmark = pytest.mark.django_db


def ids(*leads):
    return [lead.pk for lead in leads]


def test_new_contact_takes_over_what_the_lead_says():
    owner = UserFactory()
    lead = LeadFactory(
        first_name="Ann",
        last_name="Wong",
        email="Ann@X.example",
        phone="1",
        mobile_phone="2",
        company_name="Contoso",
        city="Rome",
        country="Italy",
        profile_links=["https://x.example/ann"],
        owner=owner,
        do_not_phone=True,
    )

    report = lead_contacts_create(lead_ids=ids(lead))

    contact = Contact.objects.get(pk=report.links[lead.pk])
    for name in [
        "first_name",
        "last_name",
        "email",
        "phone",
        "mobile_phone",
        "company_name",
        "city",
        "country",
        "profile_links",
        "owner",
        "do_not_phone",
    ]:
        assert getattr(contact, name) == getattr(lead, name)
    assert contact.marketing_only
    assert (contact.source_type, contact.source_id) == ("lead", lead.pk)
    assert not contact.do_not_email


def test_leads_of_one_address_share_a_contact_and_the_stricter_preference_wins():
    a = LeadFactory(email="a@x.example", do_not_email=True)
    b = LeadFactory(email=" A@X.example", do_not_bulk_email=True)
    c = LeadFactory(email="")
    d = LeadFactory(email="")

    report = lead_contacts_create(lead_ids=ids(a, b, c, d))

    assert report.links[a.pk] == report.links[b.pk]
    assert len(set(report.links.values())) == report.contacts_created == 3
    shared = Contact.objects.get(pk=report.links[a.pk])
    assert (shared.do_not_email, shared.do_not_bulk_email) == (True, True)


def test_matched_contact_keeps_everything_but_looser_preferences():
    known = ContactFactory(email="a@x.example", last_name="Known", do_not_phone=True)
    lead = LeadFactory(email="A@x.example", last_name="Other", do_not_email=True)

    report = lead_contacts_create(lead_ids=ids(lead))

    known.refresh_from_db()
    assert report.matched_ids == [known.pk]
    assert report.contacts_created == 0
    assert (known.last_name, known.do_not_email, known.do_not_phone) == (
        "Known",
        True,
        True,
    )
    assert not known.marketing_only


def test_who_is_left_out_and_why():
    closed = LeadFactory(state="qualified", status_reason="qualified")
    linked = LeadFactory(parent_contact=ContactFactory())
    company = LeadFactory(parent_account=AccountFactory())
    nobody = LeadFactory(email="", first_name="", last_name="")

    report = lead_contacts_create(
        lead_ids=[*ids(closed, linked, company, nobody), 999_999]
    )

    assert report.skipped == {
        closed.pk: "closed",
        linked.pk: "has_contact",
        company.pk: "has_account",
        nobody.pk: "nobody",
        999_999: "missing",
    }
    assert report.linked == 0


def test_second_run_makes_nothing():
    leads = [LeadFactory() for _ in range(3)]
    lead_contacts_create(lead_ids=ids(*leads))

    again = lead_contacts_create(lead_ids=ids(*leads))

    assert again.skipped_by_reason() == {"has_contact": 3}
    assert Contact.objects.count() == 3


def test_strategy_decides_who_is_the_same_person():
    ContactFactory(email="home@x.example", first_name="Ann")
    ben = LeadFactory(email="home@x.example", first_name="Ben")

    report = lead_contacts_create(
        lead_ids=ids(ben), strategy=["email", "first_name"], marketing_only=False
    )

    made = Contact.objects.get(pk=report.created_ids[0])
    assert (made.first_name, made.marketing_only) == ("Ben", False)


def test_what_the_lead_did_follows_to_the_contact():
    lead = LeadFactory()
    record("page.visited", subject=("lead", lead.pk), lead_id=lead.pk)

    report = lead_contacts_create(lead_ids=ids(lead))

    visit = Entry.objects.get(name="page.visited")
    assert visit.contact_id == report.links[lead.pk]
    assert Entry.objects.filter(name="identity.joined").count() == 1
    assert Entry.objects.filter(name="contact.created").count() == 1


def test_preview_says_what_the_run_will_do():
    ContactFactory(email="known@x.example")
    LeadFactory(email="known@x.example")
    LeadFactory(email="new@x.example")
    LeadFactory(email="NEW@x.example")
    LeadFactory(email="", first_name="", last_name="")
    LeadFactory(state="disqualified", status_reason="lost")

    preview = orphaned_preview(Lead.objects.orphaned())
    report = lead_contacts_create(lead_ids=Lead.objects.values_list("pk", flat=True))

    assert (preview.total, preview.would_match, preview.would_create) == (5, 1, 2)
    assert preview.contacts_to_create == report.contacts_created == 1
    assert preview.skipped == report.skipped_by_reason() == {"nobody": 1, "closed": 1}
    assert len(preview.examples["create"]) == 2


def test_ten_leads_cost_as_many_queries_as_one():
    def queries(count):
        leads = [LeadFactory() for _ in range(count)]
        with CaptureQueriesContext(connection) as caught:
            lead_contacts_create(lead_ids=ids(*leads))
        return len(caught)

    queries(1)
    assert queries(1) == queries(10)


def test_more_than_a_batch_is_refused():
    with pytest.raises(ValueError, match="5000"):
        lead_contacts_create(lead_ids=range(5_001))
