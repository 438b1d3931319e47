"""Qualifying a lead: what is made, linked, filled, carried over and refused."""

from __future__ import annotations

from decimal import Decimal

import pytest

from core.base.errors import Denied, Invalid, Refused, Stale
from core.base.models import Organisation
from core.journal.models import Entry
from core.journal.services import acting, record
from crm.models import Account, Contact, Lead
from crm.services.lead_lifecycle import lead_reactivate
from sales.models import Opportunity
from sales.services.lead_qualify import lead_qualify
from sales.services.leads_bulk import leads_disqualify, leads_qualify
from sales.services.opportunities import opportunity_win
from tests.factories import (
    AccountFactory,
    ActivityFactory,
    CampaignFactory,
    ContactFactory,
    LeadFactory,
    NoteFactory,
    ProductFactory,
)

pytestmark = pytest.mark.django_db


def qualify(lead, user=None, **options):
    with acting(user, via="api"):
        return lead_qualify(lead_id=lead.pk, user=user, **options)


def lead_of(owner, **values):
    known = {
        "topic": "Handheld scanners for three Dutch sites",
        "first_name": "Maartje",
        "last_name": "van den Berg",
        "email": "mvdb@koopman.example",
        "company_name": "Koopman Logistics",
        "owner": owner,
        "team": owner.team if owner else None,
    }
    return LeadFactory(**(known | values))


class TestCreates:
    def test_all_three_from_a_lead_that_knows_nobody(self, cast):
        product, campaign = ProductFactory(), CampaignFactory()
        lead = lead_of(
            cast.ben,
            phone="+31 10 555 0142",
            industry="Transport",
            number_of_employees=340,
            estimated_value=Decimal("48000.50"),
            need="Terminals",
            product=product,
            campaign=campaign,
            lead_source="Spring launch",
            do_not_phone=True,
        )
        result = qualify(lead, cast.ben)
        account = Account.objects.get()
        contact = Contact.objects.get()
        opportunity = Opportunity.objects.get()
        assert (account.name, account.industry) == ("Koopman Logistics", "Transport")
        assert account.number_of_employees == 340
        assert account.primary_contact == contact
        assert contact.account == account
        assert contact.email == "mvdb@koopman.example"
        assert contact.do_not_phone
        assert not contact.do_not_email
        assert not contact.marketing_only
        assert opportunity.name == "Handheld scanners for three Dutch sites"
        assert opportunity.estimated_value == Decimal("48000.50")
        assert (opportunity.account, opportunity.contact) == (account, contact)
        assert (opportunity.product, opportunity.campaign) == (product, campaign)
        assert opportunity.currency == Organisation.current().currency
        assert opportunity.stage == "develop"
        lead.refresh_from_db()
        assert (lead.state, lead.status_reason) == ("qualified", "qualified")
        assert (lead.parent_account, lead.parent_contact) == (account, contact)
        assert lead.closed_by == cast.ben
        assert lead.closed_at is not None
        for made in (account, contact, opportunity):
            assert made.originating_lead == lead
            assert made.owner == cast.ben
            assert made.team == cast.benelux
            assert made.created_by == cast.ben
        assert result.opportunity_record == opportunity
        assert result.as_data()["created"] == [
            {"entity": "account", "id": account.pk},
            {"entity": "contact", "id": contact.pk},
            {"entity": "opportunity", "id": opportunity.pk},
        ]

    def test_no_account_without_a_company_name(self, cast):
        result = qualify(lead_of(cast.ben, company_name=" "), cast.ben)
        assert result.account["action"] == "skip"
        assert result.account["reason"] == "The lead has no company name."
        assert not Account.objects.exists()
        assert Opportunity.objects.get().contact == Contact.objects.get()

    def test_no_contact_without_a_name(self, cast):
        lead = lead_of(cast.ben, first_name="", last_name="")
        result = qualify(lead, cast.ben)
        assert result.contact["reason"] == "The lead has no name."
        assert not Contact.objects.exists()
        assert Opportunity.objects.get().account == Account.objects.get()

    def test_nothing_where_nothing_is_asked_for(self, cast):
        lead = lead_of(cast.ben)
        qualify(
            lead,
            cast.ben,
            create_account=False,
            create_contact=False,
            create_opportunity=False,
        )
        lead.refresh_from_db()
        assert lead.state == "qualified"
        assert not Account.objects.exists()
        assert not Contact.objects.exists()
        assert not Opportunity.objects.exists()

    def test_a_lead_without_topic_names_the_opportunity_after_the_person(self, cast):
        qualify(lead_of(cast.ben, topic=""), cast.ben)
        assert (
            Opportunity.objects.get().name == "Maartje van den Berg, Koopman Logistics"
        )

    def test_the_manager_qualifies_and_the_owner_keeps_what_is_made(self, cast):
        qualify(lead_of(cast.ben), cast.sales_manager)
        assert Opportunity.objects.get().owner == cast.ben
        assert Opportunity.objects.get().created_by == cast.sales_manager

    def test_the_customer_campaign_and_values_that_the_caller_names(self, cast):
        other, campaign = AccountFactory(name="Holding"), CampaignFactory()
        qualify(
            lead_of(cast.ben, campaign=CampaignFactory()),
            cast.ben,
            opportunity_customer=("account", other.pk),
            opportunity_currency="EUR",
            source_campaign=campaign.pk,
            opportunity_values={"name": "Terminals", "estimated_value": Decimal(10)},
        )
        made = Opportunity.objects.get()
        assert (made.account, made.campaign) == (other, campaign)
        assert (made.name, made.estimated_value) == ("Terminals", Decimal("10.00"))

    def test_a_contact_as_the_customer_stands_alone(self, cast):
        person = ContactFactory()
        qualify(
            lead_of(cast.ben), cast.ben, opportunity_customer=("contact", person.pk)
        )
        made = Opportunity.objects.get()
        assert (made.account, made.contact) == (None, person)


class TestLinks:
    def test_the_parent_contact_instead_of_making_another(self, cast):
        contact = ContactFactory(
            first_name="Maartje",
            last_name="Berg",
            phone="1",
            job_title="",
            marketing_only=True,
            owner=cast.ann,
            team=cast.marketing,
        )
        lead = lead_of(
            cast.ben,
            parent_contact=contact,
            phone="2",
            job_title="Head of Operations",
            do_not_email=True,
        )
        result = qualify(lead, cast.ben, create_contact=True)
        contact.refresh_from_db()
        account = Account.objects.get()
        assert Contact.objects.count() == 1
        assert (contact.phone, contact.job_title) == ("1", "Head of Operations")
        assert contact.last_name == "Berg"
        assert not contact.marketing_only
        assert (contact.owner, contact.team) == (cast.ben, cast.benelux)
        assert contact.account == account
        assert contact.do_not_email
        assert account.primary_contact == contact
        assert result.contact["changes"]["marketing_only"] == [True, False]
        assert result.contact["changes"]["owner"] == [cast.ann.pk, cast.ben.pk]

    def test_a_sales_contact_keeps_its_owner(self, cast):
        contact = ContactFactory(owner=cast.carl, team=cast.nordics)
        qualify(lead_of(cast.ben, parent_contact=contact), cast.ben)
        contact.refresh_from_db()
        assert contact.owner == cast.carl

    @pytest.mark.parametrize(
        ("setting", "with_opportunity", "stays"),
        [
            ("opportunity", False, True),
            ("opportunity", True, False),
            ("workflow", True, True),
        ],
    )
    def test_the_switch_says_when_marketing_only_is_cleared(
        self, cast, setting, with_opportunity, stays
    ):
        organisation = Organisation.current()
        organisation.marketing_only_cleared = setting
        organisation.save()
        contact = ContactFactory(marketing_only=True, owner=cast.ann)
        lead = lead_of(cast.ben, parent_contact=contact)
        qualify(lead, cast.ben, create_opportunity=with_opportunity)
        contact.refresh_from_db()
        assert contact.marketing_only is stays
        assert contact.owner == (cast.ann if stays else cast.ben)

    def test_the_parent_account_with_its_primary_contact_kept(self, cast):
        boss = ContactFactory()
        account = AccountFactory(primary_contact=boss, industry="", phone="9")
        lead = lead_of(
            cast.ben, parent_account=account, industry="Transport", phone="2"
        )
        qualify(lead, cast.ben, create_account=True)
        account.refresh_from_db()
        assert Account.objects.count() == 1
        assert account.primary_contact == boss
        assert (account.industry, account.phone) == ("Transport", "9")
        assert Contact.objects.exclude(pk=boss.pk).get().account == account

    def test_the_account_of_the_contact_where_it_is_the_same_company(self, cast):
        account = AccountFactory(name="koopman logistics ")
        contact = ContactFactory(account=account)
        lead = lead_of(cast.ben, parent_contact=contact)
        qualify(lead, cast.ben)
        lead.refresh_from_db()
        assert Account.objects.count() == 1
        assert lead.parent_account == account

    def test_the_records_the_caller_chose(self, cast):
        account, contact = AccountFactory(), ContactFactory()
        lead = lead_of(cast.ben)
        qualify(lead, cast.ben, account_id=account.pk, contact_id=contact.pk)
        lead.refresh_from_db()
        contact.refresh_from_db()
        assert (lead.parent_account, lead.parent_contact) == (account, contact)
        assert contact.account == account

    def test_a_contact_of_another_account_does_not_become_primary(self, cast):
        account = AccountFactory()
        contact = ContactFactory(account=AccountFactory())
        qualify(
            lead_of(cast.ben), cast.ben, account_id=account.pk, contact_id=contact.pk
        )
        account.refresh_from_db()
        assert account.primary_contact is None


class TestCarriesOver:
    def test_activities_and_notes_show_on_the_opportunity_and_the_contact(self, cast):
        lead = lead_of(cast.ben)
        about = {"regarding_type": "lead", "regarding_id": lead.pk, "lead": lead}
        call, note = ActivityFactory(**about), NoteFactory(**about)
        result = qualify(lead, cast.ben)
        for row in (call, note):
            row.refresh_from_db()
            assert row.lead == lead
            assert row.contact == result.contact_record
            assert row.account == result.account_record
            assert row.regarding_type == "opportunity"
            assert row.regarding_id == result.opportunity_record.pk
        assert result.carried == {"activities": 1, "notes": 1}

    def test_without_an_opportunity_they_stay_with_the_lead(self, cast):
        lead = lead_of(cast.ben)
        note = NoteFactory(regarding_type="lead", regarding_id=lead.pk, lead=lead)
        result = qualify(lead, cast.ben, create_opportunity=False)
        note.refresh_from_db()
        assert (note.regarding_type, note.regarding_id) == ("lead", lead.pk)
        assert note.contact == result.contact_record

    def test_what_the_lead_did_before_goes_on_the_timeline_of_the_contact(self, cast):
        lead = lead_of(cast.ben)
        with acting(None, via="form"):
            record("form.submitted", subject=("lead", lead.pk), lead_id=lead.pk)
        result = qualify(lead, cast.ben)
        entry = Entry.objects.get(name="form.submitted")
        assert entry.contact_id == result.contact_record.pk
        assert entry.account_id == result.account_record.pk

    def test_the_timeline_says_who_qualified_into_what(self, cast):
        lead = lead_of(cast.ben)
        result = qualify(lead, cast.ben)
        entry = Entry.objects.get(name="lead.qualified")
        assert entry.actor_id == cast.ben.pk
        assert entry.subject_id == entry.lead_id == lead.pk
        assert entry.contact_id == result.contact_record.pk
        assert entry.account_id == result.account_record.pk
        assert entry.data["opportunity"] == result.opportunity_record.pk
        assert Entry.objects.filter(name="opportunity.created").count() == 1


class TestRefuses:
    def test_a_closed_lead(self, cast):
        lead = lead_of(cast.ben)
        qualify(lead, cast.ben)
        with pytest.raises(Refused) as caught:
            qualify(lead, cast.ben)
        assert caught.value.code == "lead_closed"
        assert Opportunity.objects.count() == 1

    def test_a_likely_duplicate_with_the_candidates(self, cast):
        contact = ContactFactory(email="MVDB@koopman.example", owner=cast.carl)
        account = AccountFactory(name="KOOPMAN LOGISTICS")
        lead = lead_of(cast.ben)
        with pytest.raises(Refused) as caught:
            qualify(lead, cast.ben)
        assert caught.value.code == "likely_duplicate"
        found = {c["entity"]: c for c in caught.value.extra["candidates"]}
        assert found["contact"]["id"] == contact.pk
        assert found["contact"]["reasons"] == ["Same email address"]
        assert found["account"]["id"] == account.pk
        lead.refresh_from_db()
        assert lead.state == "open"
        qualify(lead, cast.ben, ignore_duplicates=True)
        assert Contact.objects.count() == Account.objects.count() == 2

    def test_no_duplicate_check_for_what_is_not_made(self, cast):
        ContactFactory(email="mvdb@koopman.example")
        qualify(lead_of(cast.ben), cast.ben, create_contact=False)
        assert Contact.objects.count() == 1

    def test_inactive_records_are_no_duplicates(self, cast):
        ContactFactory(email="mvdb@koopman.example", state="inactive")
        qualify(lead_of(cast.ben), cast.ben)

    @pytest.mark.parametrize(
        ("options", "attr"),
        [
            ({"account_id": 999_999}, "account"),
            ({"contact_id": 999_999}, "contact"),
            ({"opportunity_customer": ("account", 999_999)}, "opportunity_customer"),
            ({"opportunity_customer": ("lead", 1)}, "opportunity_customer"),
            ({"opportunity_currency": "USD"}, "opportunity_currency"),
            ({"source_campaign": 999_999}, "source_campaign"),
            ({"status_reason": "new"}, "status_reason"),
            ({"status_reason": "nonsense"}, "status_reason"),
            ({"status_reason": "lost", "create_account": True}, "status_reason"),
        ],
    )
    def test_wrong_input_names_its_field_and_writes_nothing(self, cast, options, attr):
        lead = lead_of(cast.ben)
        with pytest.raises(Invalid) as caught:
            qualify(lead, cast.ben, **options)
        assert caught.value.attr == attr
        lead.refresh_from_db()
        assert lead.state == "open"
        assert not Account.objects.exists()

    def test_an_inactive_record_to_link(self, cast):
        account = AccountFactory(state="inactive")
        with pytest.raises(Invalid) as caught:
            qualify(lead_of(cast.ben), cast.ben, account_id=account.pk)
        assert caught.value.code == "inactive"

    def test_a_lead_that_changed_since_it_was_read(self, cast):
        lead = lead_of(cast.ben)
        lead.refresh_from_db()
        with pytest.raises(Stale):
            qualify(lead, cast.ben, expected_version=lead.version + 1)
        qualify(lead, cast.ben, expected_version=lead.version)

    def test_a_reactivated_lead_while_its_opportunity_is_open(self, cast):
        lead = lead_of(cast.ben)
        first = qualify(lead, cast.ben).opportunity_record
        with acting(cast.ben, via="api"):
            lead_reactivate(lead_id=lead.pk, user=cast.ben)
        with pytest.raises(Refused) as caught:
            qualify(lead, cast.ben)
        assert caught.value.code == "opportunity_open"
        assert caught.value.extra["opportunity"] == first.pk
        with acting(cast.ben, via="api"):
            opportunity_win(opportunity_id=first.pk, user=cast.ben)
        qualify(lead, cast.ben)
        assert Opportunity.objects.filter(originating_lead=lead).count() == 2
        assert Contact.objects.count() == Account.objects.count() == 1


class TestDisqualifies:
    def test_a_disqualified_reason_with_nothing_to_create(self, cast):
        lead = lead_of(cast.ben)
        result = qualify(
            lead,
            cast.ben,
            create_account=False,
            create_contact=False,
            create_opportunity=False,
            status_reason="cannot_contact",
        )
        lead.refresh_from_db()
        assert (lead.state, lead.status_reason) == ("disqualified", "cannot_contact")
        assert result.as_data()["created"] == []
        assert not Opportunity.objects.exists()


class TestRights:
    @pytest.mark.parametrize(
        ("role", "outcome"),
        [
            ("administrator", "done"),
            ("sales_manager", "done"),
            ("salesperson", "done"),
            ("integration", "done"),
            ("marketing_manager", "denied"),
            ("marketer", "denied"),
            ("read_only", "denied"),
        ],
    )
    def test_by_role_with_an_opportunity(self, cast, role, outcome):
        lead, user = lead_of(cast.ben), cast.by_role()[role]
        if outcome == "done":
            assert qualify(lead, user).opportunity_record
        else:
            with pytest.raises(Denied):
                qualify(lead, user)

    def test_a_marketer_qualifies_without_an_opportunity(self, cast):
        result = qualify(lead_of(cast.ben), cast.ann, create_opportunity=False)
        assert result.contact["action"] == "create"

    def test_the_lead_of_another_team_does_not_exist(self, cast):
        with pytest.raises(Lead.DoesNotExist):
            qualify(lead_of(cast.ben), cast.carl)

    def test_an_unowned_lead_has_to_be_taken_over_first(self, cast):
        with pytest.raises(Denied):
            qualify(lead_of(None), cast.ben)

    def test_the_system_may(self, cast):
        assert qualify(lead_of(None), None).opportunity_record.owner is None


class TestMany:
    def test_each_lead_has_its_own_outcome(self, cast):
        good = lead_of(cast.ben)
        twin = lead_of(cast.ben)
        foreign = lead_of(cast.carl)
        ids = [good.pk, twin.pk, foreign.pk, 999_999]
        with acting(cast.ben, via="browser"):
            report = leads_qualify(lead_ids=ids, user=cast.ben)
        assert [(line.done, line.code) for line in report] == [
            (True, ""),
            (False, "likely_duplicate"),
            (False, "not_found"),
            (False, "not_found"),
        ]
        assert Opportunity.objects.count() == 1

    def test_disqualify_many(self, cast):
        leads = [lead_of(cast.ben), lead_of(cast.ben)]
        with acting(cast.ben, via="browser"):
            report = leads_disqualify(
                lead_ids=[lead.pk for lead in leads],
                user=cast.ben,
                status_reason="canceled",
            )
        assert all(line.done for line in report)
        assert Lead.objects.filter(status_reason="canceled").count() == 2
