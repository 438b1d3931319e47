"""What every test in a real browser may use: the browser, pages, and what is wrong."""

from __future__ import annotations

import os
import shutil
from urllib.parse import urlparse

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.test import Client
from playwright.sync_api import sync_playwright

from core.access.models import Role, User
from tools.screens import FLAGS, SIZES

CHROMIUM = os.environ.get("HANDOFF_CHROMIUM", "/usr/bin/chromium")
SHOTS = os.environ.get("HANDOFF_SHOTS")

# Each module of browser tests says `pytestmark = MARKS`.
MARKS = [
    pytest.mark.browser,
    pytest.mark.serial,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(
        shutil.which(CHROMIUM) is None
        and not os.environ.get("HANDOFF_REQUIRE_BROWSER"),
        reason=f"There is no Chromium at {CHROMIUM} (set HANDOFF_CHROMIUM).",
    ),
]


@pytest.fixture(scope="package")
def browser():
    # Playwright's own loop runs in this thread; Django's guard sees it and refuses
    # plain queries that are safe here.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as play:
        started = play.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield started
        started.close()
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


def person(name, role, **more):
    """A user of one role, called after `name`."""
    names = {"first_name": name.title(), "last_name": "Brandt", **more}
    user = User.objects.create_user(name, **names)
    user.roles.set(Role.objects.filter(key=role))
    return user


@pytest.fixture
def marketer():
    return person("nora", "marketer")


@pytest.fixture
def visit(browser, live_server):
    """Open a path, signed in as `user` or as a stranger.

    `page.faults` gathers what the page did wrong: errors in the console, and anything
    asked of another host.
    """
    opened = []

    def go(path, user=None, size="wide", theme="light"):
        width, height = SIZES[size]
        context = browser.new_context(
            viewport={"width": width, "height": height},
            color_scheme=theme,
            reduced_motion="reduce",
        )
        context.set_default_timeout(8000)
        opened.append(context)
        if user is not None:
            context.add_cookies([_session(user, live_server.url)])
        page = context.new_page()
        page.faults = []
        host = urlparse(live_server.url).netloc
        page.on("pageerror", lambda error: page.faults.append(str(error)))
        page.on("console", lambda message: _told(page, message))
        page.on("request", lambda request: _asked(page, request, host))
        page.goto(live_server.url + path)
        page.wait_for_load_state("networkidle")
        return page

    yield go
    for context in opened:
        context.close()


@pytest.fixture
def open_page(visit, marketer):
    """Open a path as the marketer, unless another user is given."""

    def go(path, size="wide", theme="light", user=marketer):
        return visit(path, user, size, theme)

    return go


def _session(user, url):
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    value = client.cookies["sessionid"].value
    return {"name": "sessionid", "value": value, "url": url}


def _told(page, message):
    if message.type == "error":
        page.faults.append(message.text)


def _asked(page, request, host):
    if request.url.startswith("http") and urlparse(request.url).netloc != host:
        page.faults.append(request.url)


def serious(page):
    """What axe finds serious or critical on the page as it stands."""
    found = Axe().run(page).response["violations"]
    return [
        f"{each['id']}: {node['html'][:160]}"
        for each in found
        if each["impact"] in ("serious", "critical")
        for node in each["nodes"][:3]
    ]


def faults_of(page):
    """What the page did wrong so far, and what axe finds now."""
    return [*page.faults, *serious(page)]


def scrolls_sideways(page):
    """Whether the page is wider than its window."""
    return page.evaluate("document.documentElement.scrollWidth > innerWidth")


def shot(page, name):
    """Keep a picture to look at, where HANDOFF_SHOTS names a folder."""
    if SHOTS:
        page.wait_for_timeout(250)
        page.screenshot(path=f"{SHOTS}/{name}.png")
