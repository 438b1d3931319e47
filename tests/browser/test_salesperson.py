"""A salesperson's way in a real browser: find a lead, call, qualify it, win."""

import os
import shutil
from urllib.parse import urlparse

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.test import Client
from playwright.sync_api import expect, sync_playwright

from core.access.models import Role, Team, User
from core.base.shipped import ensure_shipped
from crm.models import Activity
from sales.models import Opportunity
from tests.factories import LeadFactory
from tools.screens import FLAGS, SIZES

CHROMIUM = os.environ.get("HANDOFF_CHROMIUM", "/usr/bin/chromium")

pytestmark = [
    pytest.mark.browser,
    pytest.mark.serial,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(
        shutil.which(CHROMIUM) is None
        and not os.environ.get("HANDOFF_REQUIRE_BROWSER"),
        reason=f"There is no Chromium at {CHROMIUM} (set HANDOFF_CHROMIUM).",
    ),
]


@pytest.fixture(scope="module")
def browser():
    # Playwright's own loop runs in this thread; Django's guard sees it and refuses
    # plain queries that are safe here.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as play:
        started = play.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield started
        started.close()
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture
def jonas(db):
    ensure_shipped()
    team = Team.objects.create(name="Benelux")
    user = User.objects.create_user("jonas", first_name="Jonas", team=team)
    user.roles.set(Role.objects.filter(key="salesperson"))
    return user


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


def opened(browser, live_server, user, size, theme):
    """A page of this user's; `faults` gathers what it did wrong."""
    width, height = SIZES[size]
    context = browser.new_context(
        viewport={"width": width, "height": height},
        color_scheme=theme,
        reduced_motion="reduce",
    )
    client = Client()
    client.force_login(user)
    session = client.cookies["sessionid"].value
    context.add_cookies(
        [{"name": "sessionid", "value": session, "url": live_server.url}]
    )
    page = context.new_page()
    page.faults = []
    host = urlparse(live_server.url).netloc
    page.on(
        "console", lambda m: page.faults.append(m.text) if m.type == "error" else None
    )
    page.on("pageerror", lambda error: page.faults.append(str(error)))
    page.on(
        "request",
        lambda r: (
            page.faults.append(r.url)
            if r.url.startswith("http") and urlparse(r.url).netloc != host
            else None
        ),
    )
    return page


def look(page):
    """Gather what axe finds serious here."""
    page.wait_for_load_state("networkidle")
    page.faults += [
        f"{page.url} {each['id']}: {each['nodes'][0]['html'][:160]}"
        for each in Axe().run(page).response["violations"]
        if each["impact"] in ("serious", "critical")
    ]


@pytest.mark.parametrize(("size", "theme"), [("wide", "light"), ("narrow", "dark")])
def test_a_lead_is_found_called_qualified_and_won(
    browser, live_server, jonas, lead, size, theme
):
    page = opened(browser, live_server, jonas, size, theme)
    page.goto(f"{live_server.url}/leads/?view=mine")
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
    assert Activity.objects.get().kind == "phone_call"
    assert page.faults == []
    page.context.close()
