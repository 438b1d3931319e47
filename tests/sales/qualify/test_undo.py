"""Taking a qualification back: every value returns, unless something stands on it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from core.base.errors import Denied, Refused
from core.journal.models import Entry
from core.journal.services import acting, record
from crm.models import Account, Contact, Lead, Note
from crm.services.lead_lifecycle import lead_reactivate
from crm.services.records import record_update
from sales.models import Opportunity, Qualification
from tests.factories import (
    AccountFactory,
    ActivityFactory,
    ContactFactory,
    NoteFactory,
)
from tests.sales.factories import OpportunityFactory
from tests.sales.qualify.leads import lead_of, qualify, undo

pytestmark = pytest.mark.django_db
BACKEND = "django.contrib.auth.backends.ModelBackend"
KEPT = {"version", "updated_at", "_state"}


def values(row):
    return {
        k: v for k, v in vars(type(row).objects.get(pk=row.pk)).items() if k not in KEPT
    }


class TestBack:
    def test_what_was_made_goes_and_the_lead_is_open_again(self, cast):
        lead = lead_of(cast.ben)
        before = values(lead)
        qualify(lead, cast.ben)
        undo(lead, cast.ben)
        assert values(lead) == before
        for model in (Account, Contact, Opportunity):
            assert not model.objects.exists()

    def test_a_marketing_only_contact_is_marketings_again(self, cast):
        contact = ContactFactory(
            marketing_only=True, owner=cast.ann, team=cast.marketing, phone=""
        )
        account = AccountFactory(name="Koopman Logistics", industry="")
        lead = lead_of(
            cast.ben,
            parent_contact=contact,
            parent_account=account,
            phone="1",
            industry="Transport",
            do_not_email=True,
        )
        before = [values(row) for row in (lead, contact, account)]
        qualify(lead, cast.ben)
        contact.refresh_from_db()
        assert (contact.owner, contact.marketing_only) == (cast.ben, False)
        undo(lead, cast.ben)
        assert [values(row) for row in (lead, contact, account)] == before

    def test_carried_rows_return(self, cast):
        lead, other = lead_of(cast.ben), ContactFactory()
        about = {"regarding_type": "lead", "regarding_id": lead.pk, "lead": lead}
        rows = [
            ActivityFactory(**about),
            NoteFactory(**about, contact=other),
            NoteFactory(regarding_type="contact", regarding_id=other.pk, lead=lead),
        ]
        before = [values(row) for row in rows]
        qualify(lead, cast.ben)
        assert [values(row) for row in rows] != before
        undo(lead, cast.ben)
        assert [values(row) for row in rows] == before

    def test_what_the_lead_lived_through_is_its_own_again(self, cast):
        lead = lead_of(cast.ben)
        with acting(None, via="form"):
            record("form.submitted", subject=("lead", lead.pk), lead_id=lead.pk)
        qualify(lead, cast.ben)
        assert Entry.objects.get(name="form.submitted").contact_id is not None
        undo(lead, cast.ben)
        entry = Entry.objects.get(name="form.submitted")
        assert (entry.contact_id, entry.account_id) == (None, None)

    def test_a_linked_opportunity_is_as_it_was(self, cast):
        sale = OpportunityFactory(owner=cast.ben, team=cast.benelux)
        lead = lead_of(cast.ben, need="Terminals")
        before = values(sale)
        qualify(lead, cast.ben, opportunity_id=sale.pk)
        assert values(sale) != before
        undo(lead, cast.ben)
        assert values(sale) == before

    def test_it_is_journaled_and_can_be_qualified_again(self, cast):
        lead = lead_of(cast.ben)
        qualify(lead, cast.ben)
        undo(lead, cast.ben)
        entry = Entry.objects.get(name="lead.qualification_undone")
        assert entry.actor_id == cast.ben.pk
        assert entry.data["removed"] == ["account", "contact", "opportunity"]
        qualify(lead, cast.ben)
        assert Opportunity.objects.count() == 1
        assert Qualification.objects.filter(undone_at=None).count() == 1


class TestRefused:
    def refused(self, lead, user, code="built_on"):
        with pytest.raises(Refused) as caught:
            undo(lead, user)
        assert caught.value.code == code
        assert Lead.objects.get(pk=lead.pk).state == "qualified" or code != "built_on"
        return caught.value.detail

    def test_after_ten_minutes(self, cast):
        lead = lead_of(cast.ben)
        qualify(lead, cast.ben)
        Qualification.objects.update(
            qualified_at=timezone.now() - timedelta(minutes=10, seconds=1)
        )
        self.refused(lead, cast.ben, "undo_too_late")

    def test_twice_or_never_qualified(self, cast):
        lead = lead_of(cast.ben)
        self.refused(lead, cast.ben, "not_qualified")
        qualify(lead, cast.ben)
        undo(lead, cast.ben)
        self.refused(lead, cast.ben, "not_qualified")

    def test_after_a_reactivation(self, cast):
        lead = lead_of(cast.ben)
        qualify(lead, cast.ben)
        with acting(cast.ben, via="api"):
            lead_reactivate(lead_id=lead.pk, user=cast.ben)
        self.refused(lead, cast.ben, "not_qualified")

    @pytest.mark.parametrize("entity", ["account", "contact", "opportunity"])
    def test_what_was_made_was_changed(self, cast, entity):
        lead = lead_of(cast.ben)
        result = qualify(lead, cast.ben)
        made = getattr(result, f"{entity}_record")
        with acting(cast.ben, via="api"):
            record_update(record=made, values={"description": "x"}, user=cast.ben)
        assert f"new {entity} was changed" in self.refused(lead, cast.ben)

    def test_a_note_on_the_opportunity(self, cast):
        lead = lead_of(cast.ben)
        sale = qualify(lead, cast.ben).opportunity_record
        NoteFactory(regarding_type="opportunity", regarding_id=sale.pk)
        assert "notes on the new opportunity" in self.refused(lead, cast.ben)
        assert Note.objects.count() == 1

    def test_another_record_of_the_new_account(self, cast):
        lead = lead_of(cast.ben)
        account = qualify(lead, cast.ben).account_record
        ContactFactory(account=account)
        assert "contacts of the new account" in self.refused(lead, cast.ben)

    def test_what_was_filled_was_changed(self, cast):
        contact = ContactFactory(job_title="", owner=cast.ben, team=cast.benelux)
        lead = lead_of(cast.ben, parent_contact=contact, job_title="Buyer")
        qualify(lead, cast.ben)
        contact.refresh_from_db()
        with acting(cast.ben, via="api"):
            record_update(record=contact, values={"job_title": "Boss"}, user=cast.ben)
        assert "job title of the contact" in self.refused(lead, cast.ben)

    def test_another_field_of_a_linked_record_may_change(self, cast):
        contact = ContactFactory(job_title="", owner=cast.ben, team=cast.benelux)
        lead = lead_of(cast.ben, parent_contact=contact, job_title="Buyer")
        qualify(lead, cast.ben)
        contact.refresh_from_db()
        with acting(cast.ben, via="api"):
            record_update(record=contact, values={"city": "Rome"}, user=cast.ben)
        undo(lead, cast.ben)
        contact.refresh_from_db()
        assert (contact.job_title, contact.city) == ("", "Rome")

    def test_rights(self, cast):
        lead = lead_of(cast.ben)
        qualify(lead, cast.ben)
        with pytest.raises(Lead.DoesNotExist):
            undo(lead, cast.carl)
        with pytest.raises(Denied):
            undo(lead, cast.reader)
        undo(lead, cast.sales_manager)


class TestDoors:
    def test_over_the_api(self, api, cast):
        lead = lead_of(cast.ben)
        client = api(cast.ben)
        done = client.post(f"/api/v1/leads/{lead.pk}/qualify/", {}).json()
        assert done["undo_until"] > timezone.now().isoformat()
        back = client.post(f"/api/v1/leads/{lead.pk}/undo-qualify/")
        assert back.status_code == 200
        assert back.json()["state"] == "open"
        again = client.post(f"/api/v1/leads/{lead.pk}/undo-qualify/")
        assert again.status_code == 409
        assert again.json()["errors"][0]["code"] == "not_qualified"

    def test_on_the_page(self, client, cast):
        lead = lead_of(cast.ben)
        qualify(lead, cast.ben)
        client.force_login(cast.ben, backend=BACKEND)
        page = client.get(reverse("lead", args=[lead.pk])).content.decode()
        address = reverse("lead_undo_qualify", args=[lead.pk])
        assert address in page
        assert client.post(address).status_code == 302
        page = client.get(reverse("lead", args=[lead.pk])).content.decode()
        assert address not in page
