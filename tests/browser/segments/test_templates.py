"""A template asks in the designer; what is saved of a live segment waits."""

from __future__ import annotations

from playwright.sync_api import expect

from core.base.shipped import ensure_shipped
from core.journal.services import acting
from segments.models import Segment
from segments.services.lifecycle import segment_go_live
from tests.browser.conftest import MARKS, faults_of
from tests.browser.segments.conftest import TOPIC, designer, draft, shot

pytestmark = MARKS


def test_a_template_asks_until_it_is_answered(open_page, marketer, visitors):
    ensure_shipped()
    page = open_page("/segments/templates/")
    assert faults_of(page) == []
    shot(page, "templates")
    page.click("[aria-label='Use People behind leads of one topic']")
    page.wait_for_selector("#designer-conditions[data-ready]")
    asked = page.locator(".sd-says")
    expect(asked).to_have_text("Which topic, or a part of it?")
    page.fill("[data-focus='where/value']", TOPIC)
    expect(page.locator("#designer-total")).to_have_text("3")
    expect(asked).to_have_count(0)
    page.keyboard.press("Control+s")
    page.wait_for_selector(".h-toast:has-text('Saved')")
    segment = Segment.objects.get(name="People behind leads of one topic")
    assert segment.definition["where"]["value"] == TOPIC
    assert page.faults == []


def test_what_is_saved_of_a_live_segment_waits_for_review(
    open_page, marketer, visitors
):
    segment = draft(marketer, {"from": "contact"})
    with acting(marketer, via="test"):
        segment_go_live(segment_id=segment.pk)
    before = segment.memberships.count()
    page = designer(open_page, segment)
    page.keyboard.press("Alt+n")
    page.keyboard.type("last name")
    page.keyboard.press("Enter")
    page.keyboard.type("jacobs")
    page.keyboard.press("Control+s")
    page.wait_for_selector(".h-toast:has-text('until you publish')")
    page.click(".h-segdraft a:has-text('Review changes')")
    page.wait_for_url("**/review/")
    segment.refresh_from_db()
    assert segment.definition == {"from": "contact"}
    assert segment.memberships.count() == before
    assert page.faults == []
