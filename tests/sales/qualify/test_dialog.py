"""The dialog of a qualification: what it shows, links and asks."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import timezone

from core.base.models import Organisation
from crm.models import Account, Contact, Lead
from sales.models import Opportunity
from tests.factories import AccountFactory, ContactFactory, NoteFactory
from tests.sales.factories import OpportunityFactory, dollars
from tests.sales.qualify.leads import lead_of

pytestmark = pytest.mark.django_db
BACKEND = "django.contrib.auth.backends.ModelBackend"
HTMX = {"HX-Request": "true"}


@pytest.fixture
def ben(client, cast):
    client.force_login(cast.ben, backend=BACKEND)
    return client


def at(lead):
    return reverse("lead_qualify", args=[lead.pk])


def choices(**said):
    return {
        "account_do": "create",
        "contact_do": "create",
        "opportunity_do": "create",
        "name": "Terminals",
    } | said


def test_amounts_files_and_owners_stand_there_in_words(ben, cast):
    lead = lead_of(cast.ben, estimated_value=Decimal(48000), annual_revenue=1250000)
    NoteFactory(regarding_type="lead", regarding_id=lead.pk, lead=lead)
    page = ben.get(at(lead), headers=HTMX).content.decode()
    assert "EUR 48,000" in page
    assert "EUR 1,250,000" in page
    assert "1 note" in page
    assert str(cast.ben) in page


def test_any_account_contact_and_opportunity_can_be_linked(ben, cast):
    lead = lead_of(cast.ben)
    account = AccountFactory(name="Somebody else")
    person = ContactFactory(last_name="Unlike")
    sale = OpportunityFactory(name="Ring", owner=cast.ben, team=cast.benelux)
    said = choices(
        account_do="link",
        other_account=account.pk,
        contact_do="link",
        other_contact=person.pk,
        opportunity_do="link",
        link_opportunity=sale.pk,
    )
    shown = ben.get(at(lead), said, headers=HTMX).content.decode()
    assert "Links the opportunity <b>Ring</b>" in shown
    assert "Somebody else" in shown
    done = ben.post(at(lead), said, headers=HTMX)
    assert done.status_code == 200
    assert reverse("lead_undo_qualify", args=[lead.pk]) in done.content.decode()
    lead.refresh_from_db()
    assert (lead.parent_account, lead.parent_contact) == (account, person)
    assert Opportunity.objects.get().originating_lead == lead


def test_what_somebody_may_not_see_cannot_be_linked(ben, cast):
    lead = lead_of(cast.ben)
    theirs = OpportunityFactory(owner=cast.carl, team=cast.nordics)
    said = choices(opportunity_do="link", link_opportunity=theirs.pk)
    assert ben.post(at(lead), said, headers=HTMX).status_code == 422
    assert Lead.objects.get(pk=lead.pk).state == "open"


def test_another_currency_and_customer(ben, cast):
    dollars((timezone.localdate(), "0.80"))
    lead, holding = lead_of(cast.ben), AccountFactory(name="Holding")
    said = choices(currency="USD", customer=holding.pk, estimated_value="500")
    assert ben.post(at(lead), said, headers=HTMX).status_code == 200
    made = Opportunity.objects.get()
    assert (made.currency, made.account) == ("USD", holding)
    assert made.estimated_value == Decimal(500)


def test_a_person_as_customer_or_an_account_never_both(ben, cast):
    lead, buyer = lead_of(cast.ben), ContactFactory(first_name="Ida", last_name="Buyer")
    both = choices(customer=AccountFactory().pk, customer_contact=buyer.pk)
    refused = ben.post(at(lead), both, headers=HTMX)
    assert refused.status_code == 422
    assert "an account or a person, not both" in refused.content.decode()
    shown = ben.get(at(lead), choices(customer_contact=buyer.pk), headers=HTMX)
    assert "Ida Buyer" in shown.content.decode()
    done = ben.post(at(lead), choices(customer_contact=buyer.pk), headers=HTMX)
    assert done.status_code == 200
    made = Opportunity.objects.get()
    assert (made.account, made.contact) == (None, buyer)


def test_the_message_after_it_undoes_it(ben, cast):
    lead = lead_of(cast.ben)
    done = ben.post(at(lead), choices(), headers=HTMX)
    undo = reverse("lead_undo_qualify", args=[lead.pk])
    assert json.loads(done["HX-Trigger"])["toast"]["undo"] == undo
    answer = ben.post(undo, headers=HTMX)
    assert answer["HX-Redirect"] == reverse("lead", args=[lead.pk])
    assert Lead.objects.get(pk=lead.pk).state == "open"


def test_it_warns_where_it_would_create_somebody_who_is_there(ben, cast):
    ContactFactory(email="mvdb@koopman.example", first_name="M", last_name="Berg")
    lead = lead_of(cast.ben)
    page = ben.get(at(lead), choices(), headers=HTMX).content.decode()
    assert "Likely the same already: M Berg" in page


class TestWithoutAsking:
    @pytest.fixture(autouse=True)
    def switched_on(self, cast):
        organisation = Organisation.current()
        organisation.qualify_without_asking = True
        organisation.save()

    def test_one_click_makes_all_three(self, ben, cast):
        lead = lead_of(cast.ben)
        now = reverse("lead_qualify_now", args=[lead.pk])
        assert now in ben.get(reverse("lead", args=[lead.pk])).content.decode()
        assert ben.post(now).status_code == 302
        page = ben.get(reverse("lead", args=[lead.pk])).content.decode()
        undo = reverse("lead_undo_qualify", args=[lead.pk])
        assert f'data-undo="{undo}"' in page
        for model in (Account, Contact, Opportunity):
            assert model.objects.count() == 1

    def test_a_likely_duplicate_asks_after_all(self, ben, cast):
        ContactFactory(email="mvdb@koopman.example")
        lead = lead_of(cast.ben)
        answer = ben.post(reverse("lead_qualify_now", args=[lead.pk]))
        assert answer.headers["Location"] == at(lead)
        assert Lead.objects.get(pk=lead.pk).state == "open"
