"""The main screens in a real browser: no fault in the console, none for axe."""

import os
import shutil
from urllib.parse import urlparse

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.test import Client
from playwright.sync_api import sync_playwright

from core.access.models import Role, User
from tests.factories import AccountFactory, ContactFactory, LeadFactory
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
def marketer():
    user = User.objects.create_user("nora", first_name="Nora", last_name="Brandt")
    user.roles.set(Role.objects.filter(key="marketer"))
    return user


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


@pytest.fixture
def open_page(browser, live_server, marketer):
    """Open a path as the marketer; faults are what the page did wrong."""
    opened = []

    def go(path, size="wide", theme="light"):
        width, height = SIZES[size]
        context = browser.new_context(
            viewport={"width": width, "height": height},
            color_scheme=theme,
            reduced_motion="reduce",
        )
        opened.append(context)
        client = Client()
        client.force_login(marketer)
        context.add_cookies(
            [
                {
                    "name": "sessionid",
                    "value": client.cookies["sessionid"].value,
                    "url": live_server.url,
                }
            ]
        )
        page = context.new_page()
        page.faults = []
        page.on(
            "console",
            lambda m: page.faults.append(m.text) if m.type == "error" else None,
        )
        page.on("pageerror", lambda error: page.faults.append(str(error)))
        host = urlparse(live_server.url).netloc
        page.on(
            "request",
            lambda r: (
                page.faults.append(r.url)
                if r.url.startswith("http") and urlparse(r.url).netloc != host
                else None
            ),
        )
        page.goto(live_server.url + path)
        page.wait_for_load_state("networkidle")
        return page

    yield go
    for context in opened:
        context.close()


def serious(page):
    found = Axe().run(page).response["violations"]
    return [
        f"{each['id']}: {each['nodes'][0]['html'][:160]}"
        for each in found
        if each["impact"] in ("serious", "critical")
    ]


SCREENS = ["/", "/contacts/", "/accounts/", "/leads/", "/activities/", "/leads/new/"]


def faults_of(page):
    return [*page.faults, *serious(page)]


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
