"""Segments in a real browser: built by clicking, counted, live; read and saved."""

from __future__ import annotations

import json
import os
import shutil

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.test import Client
from playwright.sync_api import expect, sync_playwright

from core.access.models import Role, User
from core.journal.services import acting
from segments.models import Membership, Segment
from segments.services.lifecycle import segment_create
from tests.factories import AccountFactory, ContactFactory, LeadFactory
from tools.screens import FLAGS, SIZES

CHROMIUM = os.environ.get("HANDOFF_CHROMIUM", "/usr/bin/chromium")
SHOTS = os.environ.get("HANDOFF_SHOTS")
TOPIC = "Contoso Ltd Conference"

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


def person(name, role):
    user = User.objects.create_user(name, first_name=name.title(), last_name="Brandt")
    user.roles.set(Role.objects.filter(key=role))
    return user


@pytest.fixture
def marketer():
    return person("nora", "marketer")


@pytest.fixture
def open_page(browser, live_server, marketer):
    """Open a path, as the marketer unless another user is given."""
    opened = []

    def go(path, size="wide", theme="light", user=marketer):
        width, height = SIZES[size]
        context = browser.new_context(
            viewport={"width": width, "height": height}, color_scheme=theme
        )
        context.set_default_timeout(8000)
        opened.append(context)
        client = Client()
        client.force_login(user)
        value = client.cookies["sessionid"].value
        context.add_cookies(
            [{"name": "sessionid", "value": value, "url": live_server.url}]
        )
        page = context.new_page()
        page.faults = []
        page.on(
            "console",
            lambda m: page.faults.append(m.text) if m.type == "error" else None,
        )
        page.on("pageerror", lambda error: page.faults.append(str(error)))
        page.goto(live_server.url + path)
        page.wait_for_load_state("networkidle")
        return page

    yield go
    for context in opened:
        context.close()


def serious(page):
    found = Axe().run(page).response["violations"]
    return [
        f"{each['id']}: {node['html'][:160]}"
        for each in found
        if each["impact"] in ("serious", "critical")
        for node in each["nodes"][:3]
    ]


def shot(page, name):
    """Keep a picture to look at, where HANDOFF_SHOTS names a folder."""
    if SHOTS:
        page.screenshot(path=f"{SHOTS}/segment-{name}.png")


@pytest.fixture
def visitors(marketer):
    """Three people came to a conference, one of them twice; two came elsewhere."""
    account = AccountFactory(name="Koopman Logistics", owner=marketer)
    names = [("Maartje", "van den Berg"), ("Pieter", "de Wit"), ("Lotte", "Jacobs")]
    people = [
        ContactFactory(first_name=first, last_name=last, account=account)
        for first, last in names
    ]
    for contact in [*people, people[0]]:
        LeadFactory(topic=TOPIC, parent_contact=contact, lead_source="Event")
    for _ in range(2):
        LeadFactory(topic="Cold storage", parent_contact=ContactFactory())
    return people


def draft(user, definition=None, name="Conference visitors"):
    with acting(user, via="test"):
        start = {"from": "contact", "where": {"and": []}}
        return segment_create(user=user, name=name, definition=definition or start)


def designer(open_page, segment, **how):
    page = open_page(f"/segments/{segment.pk}/", **how)
    page.wait_for_selector("#designer-conditions[data-ready]")
    return page


def add_condition(page, text, group="where"):
    page.click(f'[data-add="{group}"]')
    page.fill(".sd-find input", text)
    page.keyboard.press("Enter")


def test_conference_is_built_by_clicking_and_goes_live(open_page, marketer, visitors):
    page = open_page("/segments/")
    page.click("text=New segment >> nth=0")
    page.fill("[name=name]", "Conference visitors")
    page.click("button:has-text('Create segment')")
    page.wait_for_selector("#designer-conditions[data-ready]")
    page.click("[data-close='']")
    page.click("[data-start=lead]")
    add_condition(page, "topic")
    page.select_option("[data-focus='where/op']", "eq")
    page.fill("[data-focus='where/value']", TOPIC)
    expect(page.locator("#designer-total")).to_have_text("3")
    expect(page.locator("[data-count=where] .n")).to_have_text("4")
    expect(page.locator("#designer-sentence")).to_contain_text("parent contact")
    shot(page, "built")
    page.click("button:has-text('Go live')")
    page.wait_for_selector(".h-toast:has-text('Live in')")
    segment = Segment.objects.get(name="Conference visitors")
    assert segment.definition == {
        "from": "lead",
        "where": {"field": "topic", "op": "eq", "value": TOPIC},
        "to": ["parent_contact"],
    }
    assert segment.state == "live"
    inside = Membership.objects.filter(segment=segment)
    assert set(inside.values_list("contact", flat=True)) == {p.pk for p in visitors}
    page.click("nav a:has-text('Members')")
    expect(page.locator("tbody tr")).to_have_count(3)
    shot(page, "members")
    assert page.faults == []
    assert serious(page) == []


MARKETING_ONLY = {"field": "marketing_only", "op": "eq", "value": True}
IN_ROME = {"field": "city", "op": "in", "value": ["Rome"]}
LATELY = {"field": "occurred_at", "op": "within_last", "value": {"days": 30}}
MOMENTS = ["2024-01-01", "2024-02-29T10:30"]
BETWEEN = {"field": "created_at", "op": "between", "value": MOMENTS}
PARENTS = {"from": "lead", "to": ["parent_contact"]}
DEFINITIONS = [
    {"from": "contact"},
    {"from": "contact", "where": {"and": []}},
    {"from": "contact", "where": {"or": []}},
    {
        "from": "lead",
        "where": {"field": "lead_source", "op": "eq", "value": "olark chat"},
        "to": ["parent_contact"],
    },
    {
        "to": ["parent_account", "contacts"],
        "then": {"not": {"field": "city", "op": "blank"}},
        "where": {"and": [{"field": "state", "op": "eq", "value": "open"}]},
        "from": "lead",
    },
    {
        "from": "contact",
        "where": {
            "not": {
                "or": [
                    {"field": "tags", "op": "contains_any", "value": ["vip", "ab"]},
                    {
                        "not": {
                            "not": {
                                "field": "marketing_only",
                                "op": "eq",
                                "value": True,
                            }
                        }
                    },
                    {
                        "not": {
                            "and": [{"field": "city", "op": "in", "value": ["Rome"]}]
                        }
                    },
                ]
            }
        },
    },
    {
        "from": "contact",
        "where": {
            "and": [
                {
                    "related": "interactions",
                    "where": {
                        "and": [
                            {"field": "name", "op": "eq", "value": "page.visited"},
                            {
                                "field": "occurred_at",
                                "op": "within_last",
                                "value": {"days": 30},
                            },
                        ]
                    },
                    "count": {"op": "gte", "value": 3},
                },
                {"related": "leads", "count": {"op": "eq", "value": 0}},
                {"related": "account"},
                {"related": "leads", "count": {"op": "between", "value": [1, 4]}},
                {"field": "birth_date", "op": "anniversary", "value": {"days": -2}},
                {"field": "created_at", "op": "period", "value": "last_quarter"},
                {
                    "field": "created_at",
                    "op": "between",
                    "value": ["2024-01-01", "2024-02-29T10:30"],
                },
                {"field": "created_at", "op": "older_than", "value": {"months": 6}},
                {"field": "id", "op": "between", "value": [0, 12.5]},
                {"field": "id", "op": "in", "value": [1, 2]},
                {"field": "do_not_email", "op": "in", "value": [True, False]},
                {"field": "owner", "op": "in", "value": [1]},
                {"field": "account", "op": "ne", "value": 7},
                {"field": "email", "op": "matches", "value": "*@ex?mple.com"},
            ]
        },
    },
    {
        "except": [
            {"union": [{"from": "contact"}, {"from": "account", "to": ["contacts"]}]},
            {
                "intersect": [
                    {"from": "contact"},
                    {"from": "lead", "to": ["parent_contact"]},
                ]
            },
            {"from": "contact", "where": {"field": "city", "op": "not_blank"}},
        ]
    },
    {"union": [{"from": "contact"}]},
]


def deep(levels):
    cond = {"field": "city", "op": "eq", "value": "Rome"}
    for level in range(levels):
        cond = {"or" if level % 2 else "and": [cond]}
    return {"from": "contact", "where": cond}


@pytest.mark.parametrize(
    "definition", [*DEFINITIONS, deep(9)], ids=lambda d: json.dumps(d)[:50]
)
def test_definition_comes_back_as_it_went_in(open_page, marketer, definition):
    segment = draft(marketer, definition)
    page = designer(open_page, segment)
    read = page.evaluate(
        """async () => {
            document.getElementById("way-json").click();
            return document.getElementById("designer-text").value;
        }"""
    )
    assert json.loads(read) == definition
    assert json.dumps(json.loads(read)) == json.dumps(segment.definition)
    # A change and its undoing leave it as it was, and saving writes just that.
    page.click("#way-conditions")
    page.evaluate("document.querySelector('#designer-problem').textContent")
    page.click("[data-focus='join/except']")
    page.click(".sd-join [data-start=contact]")
    page.click("[data-do=undo]")
    expect(page.locator("[data-do=save]")).to_be_disabled()
    page.click("[data-do=redo]")
    page.click("[data-do=undo]")
    page.click("[data-focus='join/union']")
    page.click(".sd-join [data-start=contact]")
    page.click("[data-do=save]")
    page.wait_for_selector(".h-toast:has-text('Saved')")
    segment.refresh_from_db()
    if "union" in definition:
        assert segment.definition["union"][:-1] == definition["union"]
    else:
        assert segment.definition == {"union": [definition, {"from": "contact"}]}
    assert page.faults == []
