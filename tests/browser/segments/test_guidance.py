"""What the designer says while somebody edits: numbers, empty values, mistakes."""

from __future__ import annotations

import json

from playwright.sync_api import expect

from tests.browser.conftest import MARKS, faults_of, scrolls_sideways
from tests.browser.segments.conftest import add_condition, designer, draft, shot
from tests.factories import ContactFactory

pytestmark = MARKS

NOT_ROME = {"field": "city", "op": "ne", "value": "Rome"}


def test_empty_values_are_told_and_left_out_by_one_click(open_page, marketer):
    for city in ("Rome", "Oslo", "", ""):
        ContactFactory(city=city)
    segment = draft(marketer, {"from": "contact", "where": NOT_ROME})
    page = designer(open_page, segment)
    expect(page.locator("#designer-sentence")).to_contain_text("Rome (or is empty)")
    hint = page.locator("[data-empty=where]")
    expect(hint).to_contain_text("2 of these (67%) fit only because their city")
    assert faults_of(page) == []
    shot(page, "empty-values")
    page.click("[data-leave-out=where]")
    expect(page.locator("#designer-total")).to_have_text("1")
    expect(page.locator(".sd-empty:visible")).to_have_count(0)
    expect(page.locator("#designer-sentence")).not_to_contain_text("or is empty")
    page.click("[data-do=undo]")
    expect(hint).to_be_visible()
    expect(page.locator("#designer-total")).to_have_text("3")
    assert page.faults == []


def test_a_mistake_in_the_json_is_told_with_its_line_and_at_its_place(
    open_page, marketer
):
    segment = draft(marketer, {"from": "contact", "where": NOT_ROME})
    page = designer(open_page, segment)
    total = page.locator("#designer-total")
    expect(total).to_have_text("0")
    page.click("#way-json")
    page.fill("#designer-text", '{"from": "contact",')
    expect(page.locator("#designer-text-problem")).to_contain_text("not JSON yet")
    page.keyboard.press("Tab")
    page.click("[data-do=save]", force=True)
    wrong = {"and": [NOT_ROME, {"field": "colour", "op": "eq", "value": "red"}]}
    text = json.dumps({"from": "contact", "where": wrong}, indent=2)
    with page.expect_response("**/preview/"):
        page.fill("#designer-text", text)
    problem = page.locator("#designer-text-problem")
    expect(problem).to_contain_text("where.and[1]")
    line = next(n for n, row in enumerate(text.split("\n"), 1) if "colour" in row)
    expect(problem).to_contain_text(f"Line {line}")
    page.click("#designer-text-problem button")
    chosen = page.evaluate("String(window.getSelection())")
    assert "colour" in chosen
    # The last numbers stay, paler, and the conditions show the same mistake.
    expect(total).to_have_text("0")
    assert "sd-stale" in total.get_attribute("class")
    page.click("#way-conditions")
    expect(page.locator(".sd-bad + .sd-says")).to_contain_text("colour")
    shot(page, "mistake")
    segment.refresh_from_db()
    assert segment.definition["where"] == NOT_ROME
    refused = "Failed to load resource: the server responded with a status of 400"
    assert [fault for fault in page.faults if refused not in fault] == []


def test_a_segment_is_made_on_a_phone(open_page, marketer, visitors):
    segment = draft(marketer)
    page = designer(open_page, segment, size="narrow")
    add_condition(page, "last name")
    expect(page.locator(".sd-todo + .sd-says")).to_contain_text("Not finished")
    page.fill("[data-focus='where/value']", "jacobs")
    expect(page.locator("#designer-bar")).to_contain_text("1 contact, 1 can be mailed")
    page.locator("[data-focus='where/value']").scroll_into_view_if_needed()
    expect(page.locator("#designer-bar")).to_be_in_viewport()
    page.click("[data-add=where]")
    page.fill(".sd-find input", "leads")
    page.click(".sd-options [role=option]:has-text('Leads')")
    page.select_option("[data-focus='where.and[1]/how']", "gte")
    page.fill("[data-focus='where.and[1]/number']", "1")
    page.select_option("[data-focus='where.and[1]/some']", "some")
    page.click("[data-add='where.and[1].where']")
    page.fill(".sd-find input", "topic")
    page.click(".sd-options [role=option]:has-text('Topic')")
    page.fill("[data-focus='where.and[1].where/value']", "contoso")
    expect(page.locator("[data-count='where.and[1].where'] .n")).to_have_text("4")
    assert not scrolls_sideways(page)
    assert faults_of(page) == []
    shot(page, "phone")
    page.click("[data-do=save]")
    page.wait_for_selector(".h-toast:has-text('Saved')")
    segment.refresh_from_db()
    last = {"field": "last_name", "op": "contains", "value": "jacobs"}
    topic = {"field": "topic", "op": "contains", "value": "contoso"}
    leads = {"related": "leads", "where": topic, "count": {"op": "gte", "value": 1}}
    assert segment.definition == {"from": "contact", "where": {"and": [last, leads]}}
