"""A whole segment by keyboard alone, and conditions carried into another one."""

from __future__ import annotations

from playwright.sync_api import expect

from segments.models import Segment
from tests.browser.conftest import MARKS
from tests.browser.segments.conftest import TOPIC, designer, draft

pytestmark = MARKS


def press(page, *keys):
    for key in keys:
        page.keyboard.press(key)


def has_focus(page, name):
    expect(page.locator(f"[data-focus='{name}']")).to_be_focused()


def test_a_segment_is_made_and_goes_live_by_keyboard_alone(
    open_page, marketer, visitors
):
    segment = draft(marketer)
    page = designer(open_page, segment)
    # Close the group on contacts and choose leads instead.
    page.focus("[data-close='']")
    press(page, "Enter")
    has_focus(page, "start/contact")
    press(page, "Tab", "Enter")
    has_focus(page, "where/add")
    press(page, "Enter")
    page.keyboard.type("topic")
    press(page, "Enter")
    has_focus(page, "where/value")
    page.keyboard.type(TOPIC)
    expect(page.locator("#designer-total")).to_have_text("3")
    # Only those of the contacts arrived at who have been called Maartje.
    page.focus("[data-focus='/then']")
    press(page, "ArrowDown")
    has_focus(page, "/then")
    page.focus("[data-add=then]")
    press(page, "Enter")
    page.keyboard.type("first name")
    press(page, "Enter")
    page.keyboard.type("maart")
    expect(page.locator("#designer-total")).to_have_text("1")
    # A second condition, moved up, removed, and undone.
    press(page, "Alt+n")
    page.keyboard.type("city")
    press(page, "Enter")
    page.keyboard.type("x")
    page.focus("[data-focus='then.and[1]/field']")
    press(page, "Alt+ArrowUp")
    has_focus(page, "then.and[0]/field")
    press(page, "Delete")
    expect(page.locator("[data-group=then] .h-cond")).to_have_count(1)
    press(page, "Control+z")
    expect(page.locator("[data-group=then] .h-cond")).to_have_count(2)
    press(page, "Control+y", "Control+s")
    page.wait_for_selector(".h-toast:has-text('Saved')")
    page.get_by_role("button", name="Go live").focus()
    press(page, "Enter")
    page.wait_for_selector(".h-toast:has-text('Live in')")
    segment.refresh_from_db()
    topic = {"field": "topic", "op": "contains", "value": TOPIC}
    assert segment.definition == {
        "from": "lead",
        "where": topic,
        "to": ["parent_contact"],
        "then": {"field": "first_name", "op": "contains", "value": "maart"},
    }
    assert (segment.state, segment.member_count) == ("live", 1)
    assert page.faults == []


ROME = {"field": "city", "op": "eq", "value": "Rome"}
VISITED = {
    "related": "interactions",
    "where": {
        "and": [
            {"field": "name", "op": "eq", "value": "page.visited"},
            {"field": "occurred_at", "op": "within_last", "value": {"days": 30}},
        ]
    },
    "count": {"op": "gte", "value": 1},
}


def test_conditions_are_copied_into_another_segment(open_page, marketer):
    source = draft(marketer, {"from": "contact", "where": {"or": [ROME]}}, "Source")
    goal = draft(marketer, name="Goal")
    page = designer(open_page, source)
    page.click("[data-add=where]")
    page.fill(".sd-find input", "page visited")
    page.keyboard.press("Enter")
    page.focus("[data-focus='where.or[1]/some']")
    press(page, "Control+c")
    page.wait_for_selector(".h-toast:has-text('Copied')")
    press(page, "Control+s")
    page.wait_for_selector(".h-toast:has-text('Saved')")
    page.goto(page.url.replace(f"/{source.pk}/", f"/{goal.pk}/"))
    page.wait_for_selector("#designer-conditions[data-ready]")
    page.focus("[data-add=where]")
    press(page, "Control+v")
    expect(page.locator("[data-item=where]")).to_be_visible()
    # The whole group, by its menu, into the same segment as another one.
    page.click("[data-focus='/tools']")
    page.click("[role=menuitem]:visible:has-text('Copy this group')")
    page.click("[data-focus='join/except']")
    page.click("[data-paste-set]")
    press(page, "Control+s")
    page.wait_for_selector(".h-toast:has-text('Saved')")
    whole = {"from": "contact", "where": VISITED}
    saved = Segment.objects.get(pk=goal.pk).definition
    assert saved == {"except": [whole, whole]}
    assert page.faults == []
