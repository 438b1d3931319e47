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
from segments.services.lifecycle import segment_create, segment_go_live
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
            viewport={"width": width, "height": height},
            color_scheme=theme,
            reduced_motion="reduce",
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
        page.wait_for_timeout(250)
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


@pytest.fixture
def rich(marketer, visitors):
    """A live segment beside a draft with most of what a definition can have."""
    customers = draft(marketer, {"from": "contact"}, "Current customers")
    with acting(marketer, via="test"):
        segment_go_live(segment_id=customers.pk)
    visited = {"field": "name", "op": "eq", "value": "page.visited"}
    definition = {
        "except": [
            {
                "from": "lead",
                "where": {
                    "and": [
                        {"field": "state", "op": "eq", "value": "open"},
                        {"field": "topic", "op": "contains", "value": "conference"},
                        {
                            "field": "country",
                            "op": "in",
                            "value": ["Netherlands", "Belgium", "Luxembourg"],
                        },
                        {
                            "or": [
                                {"field": "rating", "op": "not_blank"},
                                {"field": "lead_source", "op": "eq", "value": "Event"},
                            ]
                        },
                    ]
                },
                "to": ["parent_contact"],
                "then": {
                    "and": [
                        {
                            "related": "interactions",
                            "where": {"and": [visited, LATELY]},
                            "count": {"op": "gte", "value": 3},
                        },
                        {"not": {"or": [MARKETING_ONLY, IN_ROME]}},
                        {"field": "owner", "op": "eq", "value": marketer.pk},
                    ]
                },
            },
            {"segment": customers.pk},
            {
                "from": "contact",
                "where": {"field": "do_not_bulk_email", "op": "eq", "value": True},
            },
        ]
    }
    return draft(marketer, definition, "Warm logistics leads, Benelux")


@pytest.mark.parametrize(
    ("size", "theme"), [("wide", "light"), ("wide", "dark"), ("narrow", "light")]
)
def test_designer_has_no_fault(open_page, rich, size, theme):
    page = designer(open_page, rich, size=size, theme=theme)
    expect(page.locator("#designer-total")).to_have_text("0")
    expect(page.locator(".sd-seg b:has-text('Current customers')")).to_be_visible()
    shot(page, f"rich-{size}-{theme}")
    if SHOTS:
        page.set_viewport_size({"width": SIZES[size][0], "height": 2600})
        shot(page, f"tall-{size}-{theme}")
    wide = page.evaluate("document.documentElement.scrollWidth > innerWidth")
    assert not wide, "The page scrolls sideways."
    assert page.faults == []
    assert serious(page) == []
    text = page.locator("main").inner_text().lower()
    assert not [w for w in ("journal", "consumer", " tree", " node") if w in text]


@pytest.mark.parametrize("size", ["wide", "narrow"])
def test_other_screens_have_no_fault(open_page, rich, marketer, visitors, size):
    with acting(marketer, via="test"):
        live = segment_create(
            user=marketer, name="All people", definition={"from": "contact"}
        )
        segment_go_live(segment_id=live.pk)
        static = segment_create(
            user=marketer, name="Guests", kind="static", description="Dinner in May"
        )
    paths = {
        "list": "/segments/?view=all",
        "new": "/segments/new/",
        "people": f"/segments/{live.pk}/members/",
        "static": f"/segments/{static.pk}/members/",
        "history": f"/segments/{live.pk}/history/",
        "usage": f"/segments/{live.pk}/usage/",
        "contact": f"/contacts/{visitors[0].pk}/",
    }
    for name, path in paths.items():
        page = open_page(path, size=size)
        shot(page, f"{name}-{size}")
        assert (name, page.faults) == (name, [])
        assert (name, serious(page)) == (name, [])


def test_unfinished_is_saved_and_says_where_it_is_broken(open_page, marketer):
    segment = draft(marketer)
    page = designer(open_page, segment)
    add_condition(page, "city")
    expect(page.locator(".sd-left")).to_contain_text("1 unfinished condition")
    page.keyboard.press("Control+s")
    page.wait_for_selector(".h-toast:has-text('with 1 unfinished')")
    segment.refresh_from_db()
    assert segment.definition["where"]["field"] == "city"
    page.click("button:has-text('Go live')")
    page.wait_for_selector(".h-toast:has-text('Not live yet')")
    page.wait_for_selector(".h-cond.sd-bad")
    segment.refresh_from_db()
    assert segment.state == "draft"
    shot(page, "broken")


def test_groups_by_keyboard_with_undo(open_page, marketer, visitors):
    segment = draft(marketer)
    page = designer(open_page, segment)
    page.keyboard.press("Alt+n")
    page.keyboard.type("last name")
    page.keyboard.press("Enter")
    page.keyboard.type("berg")
    page.keyboard.press("Alt+n")
    page.keyboard.type("first name")
    page.keyboard.press("Enter")
    page.keyboard.type("lot")
    page.select_option("[data-focus='where/join']", "any")
    expect(page.locator("#designer-total")).to_have_text("2")
    page.keyboard.press("Alt+ArrowDown")
    page.focus("[data-focus='where.or[0]/field']")
    page.keyboard.press("Alt+ArrowDown")
    page.keyboard.press("Control+s")
    page.wait_for_selector(".h-toast:has-text('Saved')")
    segment.refresh_from_db()
    last = {"field": "last_name", "op": "contains", "value": "berg"}
    first = {"field": "first_name", "op": "contains", "value": "lot"}
    assert segment.definition == {"from": "contact", "where": {"or": [first, last]}}
    for _ in range(8):
        page.keyboard.press("Control+z")
    expect(page.locator("[data-do=undo]")).to_be_disabled()
    assert page.locator(".h-cond").count() == 0


def test_branch_is_copied_and_dragged(open_page, marketer):
    cities = [{"field": "city", "op": "eq", "value": name} for name in "ABC"]
    group = {"or": [{"field": "country", "op": "eq", "value": "NL"}]}
    where = {"and": [*cities, group]}
    segment = draft(marketer, {"from": "contact", "where": where})
    page = designer(open_page, segment)
    grip = page.locator("[data-grip='where.and[0]']").bounding_box()
    goal = page.locator("[data-item='where.and[3].or[0]']").bounding_box()
    page.mouse.move(grip["x"] + 5, grip["y"] + 8)
    page.mouse.down()
    page.mouse.move(goal["x"] + 60, goal["y"] + goal["height"] - 3, steps=6)
    page.mouse.up()
    page.click("[data-focus='where.and[0]/menu']")
    page.click("[role=menuitem]:visible:has-text('Copy')")
    page.locator(".sd-foot button:has-text('Paste')").last.click()
    page.click("[data-do=save]")
    page.wait_for_selector(".h-toast:has-text('Saved')")
    segment.refresh_from_db()
    moved = {"or": [*group["or"], cities[0]]}
    assert segment.definition["where"] == {
        "and": [cities[1], cities[2], moved, cities[1]]
    }


EDITS = """async () => {
  const t = await import("/static/js/segment-designer/tree.js");
  const a = {field: "a", op: "blank"}, b = {field: "b", op: "blank"};
  const c = {field: "c", op: "blank"};
  const base = (where) => ({from: "contact", where});
  const bare = t.addTo({from: "contact"}, ["where"], a);
  const two = t.addTo(bare, ["where"], b);
  return {
    bare, two,
    any: t.setJoin(two, ["where"], "any"),
    none: t.addTo(base({not: a}), ["where"], b),
    one: t.removeAt(two, ["where", "and", 0]),
    nothing: t.removeAt(bare, ["where"]),
    wrapped: t.wrapAt(two, ["where", "and", 1]),
    out: t.moveBy(base({and: [a, {or: [b, c]}]}), ["where", "and", 1, "or", 0], -1),
    into: t.moveTo(base({and: [a, b, {or: [c]}]}), ["where", "and", 0],
                   ["where", "and", 2], 1),
    itself: t.moveTo(base({and: [{or: [a]}]}), ["where", "and", 0],
                     ["where", "and", 0], 0),
    place: t.parsePlace("except[0].where.and[2].op"),
    text: t.placeText(["except", 0, "where", "and", 2, "op"]),
    unset: t.removeSet({except: [base(a), base(b)]}, ["except", 1]),
    unfinished: t.finished(base({or: [a, {field: "x", op: "eq", value: ""}]})),
  };
}"""


def test_edits_of_conditions(open_page, marketer):
    page = open_page("/segments/")
    done = page.evaluate(EDITS)
    a, b, c = ({"field": name, "op": "blank"} for name in "abc")

    def base(where):
        return {"from": "contact", "where": where}

    assert done["bare"] == base(a)
    assert done["two"] == base({"and": [a, b]})
    assert done["any"] == base({"or": [a, b]})
    assert done["none"] == base({"not": {"or": [a, b]}})
    assert done["one"] == base(b)
    assert done["nothing"] == {"from": "contact"}
    assert done["wrapped"] == base({"and": [a, {"or": [b]}]})
    assert done["out"]["whole"] == base({"and": [a, b, {"or": [c]}]})
    assert done["out"]["place"] == ["where", "and", 1]
    assert done["into"] == base({"and": [b, {"or": [c, a]}]})
    assert done["itself"] == base({"and": [{"or": [a]}]})
    assert done["place"] == ["except", 0, "where", "and", 2, "op"]
    assert done["text"] == "except[0].where.and[2].op"
    assert done["unset"] == base(a)
    assert done["unfinished"] == {"whole": base({"or": [a, {"or": []}]}), "left": 1}


def test_contact_joins_and_leaves_a_static_segment(open_page, marketer, visitors):
    with acting(marketer, via="test"):
        guests = segment_create(
            user=marketer, name="Guests", kind="static", description="Dinner in May"
        )
    seller = person("ben", "salesperson")
    page = open_page(f"/contacts/{visitors[0].pk}/", user=seller)
    page.click("#panel-segments button:has-text('Add to segment')")
    expect(page.locator(".h-segpick")).to_contain_text("Dinner in May")
    shot(page, "pick")
    page.check(".h-segpick input")
    page.click(".h-drawer .ft button.pri")
    page.wait_for_selector("#panel-segments a:has-text('Guests')")
    assert guests.memberships.get().added_by == seller
    page.click("#panel-segments button:has-text('Remove from segment')")
    page.check(".h-segpick input")
    page.click(".h-drawer .ft button.pri")
    page.wait_for_selector("#panel-segments :text('In no segment yet')")
    assert not guests.memberships.exists()
    assert page.faults == []


def test_selection_of_contacts_goes_into_a_segment(open_page, marketer, visitors):
    with acting(marketer, via="test"):
        guests = segment_create(
            user=marketer, name="Guests", kind="static", description="Dinner in May"
        )
    page = open_page("/contacts/")
    page.check("[data-select] >> nth=0")
    page.check("[data-select] >> nth=1")
    page.click("[data-bulk=segment_add]")
    page.check(".h-drawer label:has-text('Guests: Dinner in May') input")
    shot(page, "bulk")
    assert serious(page) == []
    page.click(".h-drawer .ft button.pri")
    page.wait_for_selector(".h-toast:has-text('2 added to Guests')")
    assert guests.memberships.count() == 2
    assert page.faults == []
