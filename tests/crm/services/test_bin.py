"""Deleting lists what goes, and can be undone for 30 days."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from rest_framework.test import APIClient

from core.base.errors import Refused
from core.journal.models import Entry
from crm.models import (
    Activity,
    Contact,
    DeletedRecord,
    Lead,
    LeadParty,
    Note,
)
from crm.services.bin import bin_empty, bin_restore, what_goes
from crm.services.lead_lifecycle import lead_disqualify
from crm.services.lead_parties import lead_associate
from crm.services.records import record_delete
from sales.models import Opportunity
from sales.services.opportunities import opportunity_create
from tests.factories import AccountFactory, ContactFactory, LeadFactory, NoteFactory

pytestmark = pytest.mark.django_db


def full_lead(cast):
    """A lead with everything that can hang on one."""
    person = ContactFactory(account=AccountFactory())
    lead = LeadFactory(
        parent_contact=person, owner=cast.ben, team=cast.benelux, lead_source="Web"
    )
    NoteFactory(regarding_type="lead", regarding_id=lead.pk, lead=lead)
    lead_associate(lead_id=lead.pk, user=None, role="User", contact_id=person.pk)
    opportunity_create(user=None, values={"name": "O", "originating_lead": lead.pk})
    lead.refresh_from_db()
    return lead


def state_of(model, pk):
    fields = [f.attname for f in model._meta.concrete_fields]
    kept = [name for name in fields if name not in ("version", "updated_at")]
    return model.objects.filter(pk=pk).values(*kept).get()


def test_a_deleted_lead_comes_back_whole(cast):
    lead = full_lead(cast)
    before, pk = state_of(Lead, lead.pk), lead.pk
    goes, stays = what_goes(lead)
    assert goes["notes"] == 1
    assert goes["people and accounts of leads"] == 1
    assert stays["opportunities"] == 1
    record_delete(record=lead, user=cast.admin)
    assert not Lead.objects.filter(pk=pk).exists()
    assert not Note.objects.exists()
    assert Opportunity.objects.get().originating_lead_id is None
    kept = DeletedRecord.objects.get()
    assert kept.facts["lead_source"] == "Web"
    bin_restore(deleted_id=kept.pk, user=cast.admin)
    assert state_of(Lead, pk) == before
    assert Note.objects.get().lead_id == pk
    assert LeadParty.objects.get().role == "User"
    assert Opportunity.objects.get().originating_lead_id == pk
    assert not DeletedRecord.objects.exists()
    assert Entry.objects.filter(name="lead.restored", subject_id=pk).count() == 1


def test_a_contact_comes_back_with_its_links_that_nobody_took_since(cast):
    person, other = ContactFactory(), ContactFactory()
    first = LeadFactory(parent_contact=person)
    second = LeadFactory(parent_contact=person)
    call = Activity.objects.create(
        kind="phone_call",
        subject="Hello",
        regarding_type="lead",
        regarding_id=first.pk,
        contact=person,
    )
    record_delete(record=person, user=None)
    Lead.objects.filter(pk=second.pk).update(parent_contact=other)
    bin_restore(deleted_id=DeletedRecord.objects.get().pk, user=None)
    first.refresh_from_db()
    second.refresh_from_db()
    call.refresh_from_db()
    assert (first.parent_contact_id, second.parent_contact_id) == (person.pk, other.pk)
    assert call.contact_id == person.pk


def test_what_it_named_and_is_gone_stays_empty(cast):
    firm = AccountFactory()
    person = ContactFactory(account=firm)
    record_delete(record=person, user=None)
    record_delete(record=firm, user=None)
    row = DeletedRecord.objects.get(entity="contact")
    bin_restore(deleted_id=row.pk, user=None)
    assert Contact.objects.get(pk=person.pk).account_id is None


def test_what_stands_in_the_way_is_said(cast):
    lead = full_lead(cast)
    row = Opportunity.objects.get()
    record_delete(record=row, user=None)
    opportunity_create(user=None, values={"name": "Again", "originating_lead": lead.pk})
    with pytest.raises(Refused) as caught:
        bin_restore(deleted_id=DeletedRecord.objects.get().pk, user=None)
    assert caught.value.code == "in_the_way"
    assert Opportunity.objects.count() == 1


def test_after_thirty_days_only_what_reports_count_is_left(cast):
    record_delete(record=full_lead(cast), user=None)
    assert bin_empty() == 0
    DeletedRecord.objects.update(deleted_at=timezone.now() - timedelta(days=31))
    assert bin_empty() == 1
    assert bin_empty() == 0
    row = DeletedRecord.objects.get()
    assert (row.rows, row.links, row.name) == ([], [], "")
    assert row.facts["lead_source"] == "Web"
    with pytest.raises(Refused):
        bin_restore(deleted_id=row.pk, user=None)


def test_closed_leads_are_deleted_and_restored_by_administrators_alone(cast):
    lead = LeadFactory(owner=cast.ben, team=cast.benelux)
    lead_disqualify(lead_id=lead.pk, user=None)
    lead.refresh_from_db()
    with pytest.raises(Refused):
        record_delete(record=lead, user=cast.marketing_manager)
    record_delete(record=lead, user=cast.admin)
    for user, sees in ((cast.admin, 1), (cast.marketing_manager, 0), (cast.ben, 0)):
        assert DeletedRecord.objects.visible_to(user).count() == sees


def test_the_bin_over_the_api_and_in_the_browser(client, cast):
    lead = LeadFactory(owner=cast.ben, team=cast.benelux, topic="Gone for now")
    client.force_login(cast.ann)
    url = reverse("record_delete", args=["lead", lead.pk])
    panel = client.get(url, headers={"HX-Request": "true"}).content.decode()
    assert "What goes" in panel
    client.post(url)
    assert "Gone for now" in client.get(reverse("bin")).content.decode()
    api = APIClient()
    api.force_authenticate(cast.ben)
    assert api.get("/api/v1/bin/").status_code == 403
    api.force_authenticate(cast.ann)
    (row,) = api.get("/api/v1/bin/").data["results"]
    said = api.post(f"/api/v1/bin/{row['id']}/restore/")
    assert (said.status_code, said.data["id"]) == (200, lead.pk)
    assert Lead.objects.filter(pk=lead.pk).exists()
    assert api.post(f"/api/v1/bin/{row['id']}/restore/").status_code == 404
