"""Static segments filled by hand, from a contact and from a list."""

from __future__ import annotations

from playwright.sync_api import expect

from core.journal.services import acting
from segments.services.lifecycle import segment_create
from tests.browser.conftest import MARKS, person, serious
from tests.browser.segments.conftest import shot

pytestmark = MARKS


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
    line = page.locator(".h-drawer label:has-text('Guests')")
    expect(line).to_contain_text("Dinner in May")
    line.locator("input").check()
    shot(page, "bulk")
    assert serious(page) == []
    page.click(".h-drawer .ft button.pri")
    page.wait_for_selector(".h-toast:has-text('2 added to Guests')")
    assert guests.memberships.count() == 2
    assert page.faults == []
