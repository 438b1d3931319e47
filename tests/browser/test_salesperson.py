"""A salesperson's way in a real browser: find a lead, call, qualify it, win."""

import pytest
from playwright.sync_api import expect

from core.access.models import Team
from core.base.shipped import ensure_shipped
from crm.models import Activity
from sales.models import Opportunity
from tests.browser.conftest import MARKS, person, serious
from tests.factories import LeadFactory

pytestmark = MARKS


@pytest.fixture
def jonas(db):
    ensure_shipped()
    team = Team.objects.create(name="Benelux")
    return person("jonas", "salesperson", last_name="", team=team)


@pytest.fixture
def lead(jonas):
    return LeadFactory(
        topic="Handheld scanners",
        first_name="Maartje",
        last_name="Berg",
        email="mb@koopman.example",
        company_name="Koopman Logistics",
        owner=jonas,
        team=jonas.team,
    )


def look(page):
    """Gather what axe finds serious here."""
    page.wait_for_load_state("networkidle")
    page.faults += [f"{page.url} {fault}" for fault in serious(page)]


@pytest.mark.parametrize(("size", "theme"), [("wide", "light"), ("narrow", "dark")])
def test_a_lead_is_found_called_qualified_and_won(visit, jonas, lead, size, theme):
    page = visit("/leads/?view=mine", jonas, size, theme)
    look(page)
    page.click("a:has-text('Maartje')")
    page.fill("[data-compose-form=phone_call] textarea", "Wants prices")
    page.click("button:has-text('Log call')")
    expect(page.locator(".h-tl")).to_contain_text("Wants prices")
    look(page)
    page.click("a:has-text('Qualify'), button:has-text('Qualify')")
    expect(page.locator("#qualify-says")).to_contain_text("Koopman Logistics")
    look(page)
    page.click("button:has-text('Qualify lead')")
    page.click("a:has-text('Open the opportunity')")
    page.wait_for_url("**/opportunities/*/")
    look(page)
    page.click("a:has-text('Close as won'), button:has-text('Close as won')")
    page.fill(".h-drawer [name=actual_value]", "48000")
    page.click(".h-drawer button:has-text('Close as won')")
    expect(page.locator("body")).to_contain_text("This opportunity is won")
    look(page)
    lead.refresh_from_db()
    sold = Opportunity.objects.get()
    assert (lead.state, sold.state, sold.actual_value) == ("qualified", "won", 48000)
    kinds = Activity.objects.order_by("kind").values_list("kind", flat=True)
    assert list(kinds) == ["opportunity_close", "phone_call"]
    assert page.faults == []
