"""The main screens in a real browser: no fault in the console, none for axe."""

import pytest

from core.access.models import Role
from tests.browser.conftest import MARKS, faults_of
from tests.factories import AccountFactory, ContactFactory, LeadFactory

pytestmark = MARKS


@pytest.fixture
def people(marketer):
    account = AccountFactory(name="Koopman Logistics", owner=marketer)
    contact = ContactFactory(
        first_name="Maartje", last_name="van den Berg", account=account, owner=marketer
    )
    lead = LeadFactory(
        topic="Handheld scanners", parent_contact=contact, owner=marketer
    )
    return {"account": account, "contact": contact, "lead": lead}


SCREENS = ["/", "/contacts/", "/accounts/", "/leads/", "/activities/", "/leads/new/"]


@pytest.mark.parametrize(
    ("size", "theme"),
    [("wide", "light"), ("narrow", "dark"), ("wide", "dark"), ("narrow", "light")],
)
def test_screens_have_no_fault(open_page, people, size, theme):
    records = [f"/{name}s/{people[name].pk}/" for name in people]
    faults = {
        path: found
        for path in [*SCREENS, *records]
        if (found := faults_of(open_page(path, size, theme)))
    }
    assert faults == {}


@pytest.mark.parametrize(
    ("size", "theme"), [("wide", "light"), ("wide", "dark"), ("narrow", "light")]
)
def test_empty_screens_have_no_fault(open_page, size, theme):
    faults = {
        path: found
        for path in ["/", "/contacts/", "/leads/", "/activities/", "/jobs/"]
        if (found := faults_of(open_page(path, size, theme)))
    }
    assert faults == {}


SETTINGS = [
    "users",
    "teams",
    "roles",
    "organisation",
    "tokens",
    "audit",
    "failed-events",
    "status",
]


@pytest.mark.parametrize(("size", "theme"), [("wide", "light"), ("narrow", "dark")])
def test_settings_have_no_fault(open_page, marketer, size, theme):
    marketer.roles.set(Role.objects.filter(key="administrator"))
    faults = {
        path: found
        for path in SETTINGS
        if (found := faults_of(open_page(f"/settings/{path}/", size, theme)))
    }
    assert faults == {}


def test_fact_is_changed_by_keyboard(open_page, people):
    page = open_page(f"/contacts/{people['contact'].pk}/")
    page.focus("#fact-city [data-edit]")
    page.keyboard.press("Enter")
    page.wait_for_selector("#fact-city input[name=city]")
    page.keyboard.type("Utrecht")
    page.keyboard.press("Enter")
    page.wait_for_selector("#fact-city:has-text('Utrecht')")
    people["contact"].refresh_from_db()
    assert people["contact"].city == "Utrecht"


def test_palette_finds_somebody_and_opens_the_page(open_page, people):
    page = open_page("/")
    page.keyboard.press("Control+k")
    page.keyboard.type("maart")
    page.wait_for_selector("#palette-hits a:has-text('Maartje')")
    page.keyboard.press("Enter")
    page.wait_for_url("**/contacts/*/")


def test_selection_is_assigned_from_the_side_panel(open_page, people, marketer):
    page = open_page("/leads/")
    page.check("[data-select]")
    page.click("[data-bulk=assign]")
    page.select_option(".h-drawer select[name=owner]", "")
    page.click(".h-drawer button:has-text('Assign')")
    page.wait_for_selector(".h-toast")
    people["lead"].refresh_from_db()
    assert people["lead"].owner is None
