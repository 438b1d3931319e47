"""Qualification and opportunities in the browser."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.urls import reverse

from core.journal.models import Entry
from crm.models import Contact, Lead
from sales.models import Opportunity
from tests.factories import AccountFactory, ContactFactory, LeadFactory
from tests.sales.factories import OpportunityFactory

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true", "HX-Target": "drawer"}


def lead_of(user, **values):
    known = {"first_name": "Ada", "last_name": "Byron", "email": "ada@x.example"}
    known |= {"company_name": "Engines", "topic": "Cards"}
    return LeadFactory(owner=user, team=user.team, **(known | values))


@pytest.fixture
def browser(client):
    def sign_in(user):
        client.force_login(user)
        return client

    return sign_in


def panel(client, lead, **params):
    return client.get(reverse("lead_qualify", args=[lead.pk]), params, headers=HTMX)


def test_the_lead_page_offers_what_makes_sense(browser, cast):
    lead = lead_of(cast.ben)
    page = browser(cast.ben).get(reverse("lead", args=[lead.pk])).content.decode()
    assert reverse("lead_qualify", args=[lead.pk]) in page
    assert reverse("lead_disqualify", args=[lead.pk]) in page
    assert reverse("lead_reactivate", args=[lead.pk]) not in page
    page = browser(cast.reader).get(reverse("lead", args=[lead.pk])).content.decode()
    assert reverse("lead_qualify", args=[lead.pk]) not in page


def test_the_panel_presets_create_for_somebody_new(browser, cast):
    page = panel(browser(cast.ben), lead_of(cast.ben)).content.decode()
    for part in ("account", "contact", "opportunity"):
        assert f'name="{part}_do" value="create" checked' in page
    assert "Creates the account <b>Engines</b>" in page


def test_the_panel_presets_link_with_the_reason_for_somebody_known(browser, cast):
    contact = ContactFactory(
        first_name="A", last_name="B", email="ada@x.example", marketing_only=True
    )
    page = panel(browser(cast.ben), lead_of(cast.ben)).content.decode()
    assert 'name="contact_do" value="link" checked' in page
    assert "Same email address" in page
    assert "Marketing only" in page
    assert f'value="{contact.pk}" checked' in page


def test_a_marketer_is_not_offered_an_opportunity_first(browser, cast):
    page = panel(browser(cast.ann), lead_of(cast.ben)).content.decode()
    assert 'name="opportunity_do" value="skip" checked' in page


def test_qualifying_in_the_panel_ends_with_links(browser, cast):
    lead = lead_of(cast.ben)
    body = {
        "account_do": "create",
        "contact_do": "create",
        "opportunity_do": "create",
        "name": "Cards and looms",
        "estimated_value": "48000.50",
        "estimated_close": "2030-01-31",
    }
    client = browser(cast.ben)
    url = reverse("lead_qualify", args=[lead.pk])
    answer = client.post(url, body, headers=HTMX)
    made = Opportunity.objects.get()
    assert answer.status_code == 200
    assert reverse("opportunity", args=[made.pk]) in answer.content.decode()
    assert made.estimated_value == Decimal("48000.50")
    assert Entry.objects.get(name="lead.qualified").via == "browser"
    again = client.post(url, body, headers=HTMX)
    assert again.status_code == 409
    assert Opportunity.objects.count() == 1
    page = client.get(reverse("lead", args=[lead.pk])).content.decode()
    assert "Qualified" in page
    assert "Cards and looms" in page


def test_linking_the_chosen_records(browser, cast):
    account, contact = AccountFactory(name="Engines Ltd"), ContactFactory()
    lead = lead_of(cast.ben)
    body = {
        "account_do": "link",
        "account": account.pk,
        "contact_do": "link",
        "contact": contact.pk,
        "opportunity_do": "skip",
    }
    browser(cast.ben).post(reverse("lead_qualify", args=[lead.pk]), body, headers=HTMX)
    lead.refresh_from_db()
    assert (lead.parent_account, lead.parent_contact) == (account, contact)
    assert not Opportunity.objects.exists()


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"account_do": "explode", "contact_do": "skip", "opportunity_do": "skip"},
        {
            "account_do": "skip",
            "contact_do": "skip",
            "opportunity_do": "create",
            "estimated_value": "many",
        },
        {
            "account_do": "skip",
            "contact_do": "skip",
            "opportunity_do": "create",
            "name": "x" * 301,
        },
    ],
)
def test_a_wrong_form_says_so_and_writes_nothing(browser, cast, body):
    lead = lead_of(cast.ben)
    url = reverse("lead_qualify", args=[lead.pk])
    answer = browser(cast.ben).post(url, body, headers=HTMX)
    assert answer.status_code == 422
    assert not Contact.objects.exists()


def test_disqualify_asks_for_a_reason_and_goes_back(browser, cast):
    lead = lead_of(cast.ben)
    client = browser(cast.ben)
    url = reverse("lead_disqualify", args=[lead.pk])
    assert "Cannot contact" in client.get(url, headers=HTMX).content.decode()
    body = {"status_reason": "cannot_contact", "note": "Three calls"}
    answer = client.post(url, body, headers=HTMX)
    assert answer["HX-Redirect"] == reverse("lead", args=[lead.pk])
    lead.refresh_from_db()
    assert lead.status_reason == "cannot_contact"
    assert client.post(url, body, headers=HTMX).status_code == 409
    client.post(reverse("lead_reactivate", args=[lead.pk]))
    lead.refresh_from_db()
    assert lead.state == "open"


def test_return_mark_and_take_over(browser, cast):
    lead = LeadFactory()
    browser(cast.ann).post(reverse("lead_mark_sales_ready", args=[lead.pk]))
    browser(cast.ben).post(reverse("lead_take_over", args=[lead.pk]))
    lead.refresh_from_db()
    assert lead.sales_ready
    assert lead.owner == cast.ben
    url = reverse("lead_return", args=[lead.pk])
    browser(cast.ben).post(url, {"reason": "Next year"}, headers=HTMX)
    lead.refresh_from_db()
    assert not lead.sales_ready
    assert lead.returned_at is not None


@pytest.mark.parametrize(
    "name",
    [
        "lead_qualify",
        "lead_disqualify",
        "lead_return",
        "lead_reactivate",
        "lead_mark_sales_ready",
        "lead_take_over",
    ],
)
def test_strangers_get_a_404_and_readers_a_403(browser, cast, name):
    lead = lead_of(cast.ben)
    url = reverse(name, args=[lead.pk])
    assert browser(cast.carl).post(url).status_code == 404
    assert browser(cast.reader).post(url).status_code == 403


def test_many_leads_are_qualified_with_a_report(browser, cast):
    first = lead_of(cast.ben)
    second = lead_of(cast.ben, email="b@x.example", company_name="Looms")
    lead_of(cast.carl)
    body = {
        "action": "qualify",
        "ids": [first.pk, second.pk],
        "create_opportunity": "on",
    }
    answer = browser(cast.ben).post(reverse("lead_list"), body, headers=HTMX)
    assert answer.status_code == 204, answer.content
    assert "2 leads qualified" in answer["HX-Trigger"]
    assert Lead.objects.filter(state="qualified").count() == 2


def test_the_list_has_its_views(browser, cast):
    mine = {"owner": cast.ben, "team": cast.benelux}
    OpportunityFactory(name="Scanners", **mine)
    OpportunityFactory(name="Foreign", owner=cast.carl, team=cast.nordics)
    client = browser(cast.ben)
    for view in ("open", "mine"):
        page = client.get(reverse("opportunity_list"), {"view": view}).content.decode()
        assert "Scanners" in page
        assert "Foreign" not in page
    for view in ("closing", "won", "lost"):
        page = client.get(reverse("opportunity_list"), {"view": view}).content.decode()
        assert "Scanners" not in page


def test_the_list_asks_as_much_for_one_row_as_for_ten(
    browser, cast, django_assert_max_num_queries
):
    client = browser(cast.ben)
    mine = {"owner": cast.ben, "team": cast.benelux}

    def asked():
        with django_assert_max_num_queries(20) as seen:
            client.get(reverse("opportunity_list"), {"view": "open"})
        return len(seen)

    OpportunityFactory(account=AccountFactory(), **mine)
    asked()
    one = asked()
    for _ in range(9):
        OpportunityFactory(account=AccountFactory(), **mine)
    assert asked() == one


def test_an_opportunity_is_entered_changed_won_and_reopened(browser, cast):
    client = browser(cast.ben)
    body = {"name": "Scanners", "estimated_value": "100", "stage": "qualify"}
    answer = client.post(reverse("opportunity_create"), body)
    assert answer.status_code == 302, answer.content
    made = Opportunity.objects.get()
    assert made.probability == 20
    page = client.get(reverse("opportunity", args=[made.pk]))
    assert page.status_code == 200
    url = reverse("opportunity", args=[made.pk])
    saved = client.post(url, {"field": "stage", "stage": "propose"}, headers=HTMX)
    assert saved.status_code == 200, saved.content
    made.refresh_from_db()
    assert (made.stage, made.probability) == ("propose", 60)
    win = reverse("opportunity_win", args=[made.pk])
    assert client.get(win, headers=HTMX).status_code == 200
    client.post(win, {"actual_value": "90"}, headers=HTMX)
    made.refresh_from_db()
    assert (made.state, made.actual_value) == ("won", Decimal("90"))
    page = client.get(url).content.decode()
    assert "This opportunity is won" in page
    client.post(reverse("opportunity_reopen", args=[made.pk]))
    made.refresh_from_db()
    assert made.state == "open"


def test_contacts_and_leads_show_their_opportunities(browser, cast):
    contact = ContactFactory()
    OpportunityFactory(name="Looms", contact=contact, owner=cast.ben, team=cast.benelux)
    page = browser(cast.ben).get(reverse("contact", args=[contact.pk]))
    assert "Looms" in page.content.decode()
