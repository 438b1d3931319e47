"""Segments built in a real browser: by pointer, by keyboard, undone, live."""

from __future__ import annotations

from playwright.sync_api import expect

from segments.models import Membership, Segment
from tests.browser.conftest import MARKS, serious
from tests.browser.segments.conftest import TOPIC, add_condition, designer, draft, shot

pytestmark = MARKS


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
