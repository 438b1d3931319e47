"""What a qualification makes, links and fills."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.utils import timezone

from core.base.errors import Denied, Invalid, Refused
from core.base.models import Organisation
from crm.models import Account, Contact, Lead
from sales.models import Opportunity
from tests.factories import (
    AccountFactory,
    CampaignFactory,
    ContactFactory,
    LeadFactory,
    ProductFactory,
)
from tests.sales.factories import OpportunityFactory, dollars
from tests.sales.qualify.leads import lead_of, qualify

pytestmark = pytest.mark.django_db


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

    def test_in_another_currency_with_the_leads_amount_converted(self, cast):
        dollars((timezone.localdate(), "0.80"))
        lead = lead_of(cast.ben, estimated_value=Decimal("1000.00"))
        qualify(lead, cast.ben, opportunity_currency="usd")
        made = Opportunity.objects.get()
        assert (made.currency, made.rate) == ("USD", Decimal("0.80"))
        assert made.estimated_value == Decimal("1250.00")

    def test_a_contact_as_the_customer_stands_alone(self, cast):
        person = ContactFactory()
        qualify(
            lead_of(cast.ben), cast.ben, opportunity_customer=("contact", person.pk)
        )
        made = Opportunity.objects.get()
        assert (made.account, made.contact) == (None, person)


class TestLinksAnOpportunity:
    def test_an_open_one_learns_what_it_does_not_say(self, cast):
        sale = OpportunityFactory(owner=cast.ben, team=cast.benelux, need="Known")
        lead = lead_of(cast.ben, need="New", purchase_timeframe="This quarter")
        result = qualify(lead, cast.ben, opportunity_id=sale.pk)
        sale.refresh_from_db()
        assert Opportunity.objects.count() == 1
        assert result.opportunity["action"] == "link"
        assert (sale.need, sale.purchase_timeframe) == ("Known", "This quarter")
        assert sale.originating_lead == lead
        assert (sale.account, sale.contact) == (
            result.account_record,
            result.contact_record,
        )

    def test_its_customer_and_origin_stay(self, cast):
        account, first = AccountFactory(), LeadFactory()
        sale = OpportunityFactory(
            owner=cast.ben,
            team=cast.benelux,
            account=account,
            originating_lead=first,
        )
        qualify(lead_of(cast.ben), cast.ben, opportunity_id=sale.pk)
        sale.refresh_from_db()
        assert (sale.account, sale.contact) == (account, None)
        assert sale.originating_lead == first

    def test_a_closed_or_foreign_one_is_refused(self, cast):
        lead = lead_of(cast.ben)
        won = OpportunityFactory(
            owner=cast.ben,
            team=cast.benelux,
            state="won",
            status_reason="won",
            closed_at=timezone.now(),
        )
        with pytest.raises(Refused) as caught:
            qualify(lead, cast.ben, opportunity_id=won.pk)
        assert caught.value.code == "opportunity_closed"
        theirs = OpportunityFactory(owner=cast.carl, team=cast.nordics)
        with pytest.raises(Invalid) as wrong:
            qualify(lead, cast.ben, opportunity_id=theirs.pk)
        assert wrong.value.attr == "link_opportunity"
        colleagues = OpportunityFactory(team=cast.benelux)
        with pytest.raises(Denied):
            qualify(lead, cast.ben, opportunity_id=colleagues.pk)
        assert Lead.objects.get(pk=lead.pk).state == "open"


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
