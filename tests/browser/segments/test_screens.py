"""The screens of segments: no fault in the console, none for axe."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from core.journal.services import acting
from segments.services.lifecycle import segment_create, segment_go_live
from tests.browser.conftest import MARKS, SHOTS, scrolls_sideways, serious
from tests.browser.segments.conftest import designer, shot
from tools.screens import SIZES

pytestmark = MARKS


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
    assert not scrolls_sideways(page), "The page scrolls sideways."
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
        "ask": f"/segments/{rich.pk}/why/",
        "why": f"/segments/{rich.pk}/why/?contact={visitors[0].pk}",
        "contact": f"/contacts/{visitors[0].pk}/",
    }
    for name, path in paths.items():
        page = open_page(path, size=size)
        shot(page, f"{name}-{size}")
        assert (name, page.faults) == (name, [])
        assert (name, serious(page)) == (name, [])
