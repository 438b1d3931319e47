"""Assignment rules and notifications in a real browser: made, moved, told."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from core.access.models import Team
from core.base.shipped import ensure_shipped
from core.notifications.models import Notification
from sales.assignment.models import AssignmentRule, RuleSet
from sales.assignment.services.definition import rule_create, rule_set_create
from tests.browser.conftest import MARKS, person, scrolls_sideways, serious
from tests.factories import LeadFactory

pytestmark = MARKS


@pytest.fixture
def team(db):
    ensure_shipped()
    return Team.objects.create(name="Benelux")


@pytest.fixture
def boss(team):
    return person("agnes", "sales_manager", team=team)


@pytest.fixture
def jonas(team):
    return person("jonas", "salesperson", team=team)


@pytest.fixture
def rules(jonas):
    made = rule_set_create(values={"name": "All leads"})
    for name in ("First", "Second", "Third"):
        values = {"name": name, "people": [jonas.pk], "available_within": None}
        rule_create(rule_set_id=made.pk, values=values)
    return made


def order():
    rows = AssignmentRule.objects.order_by("position")
    return list(rows.values_list("name", flat=True))


def look(page):
    page.wait_for_load_state("networkidle")
    page.faults += [f"{page.url} {fault}" for fault in serious(page)]
    assert not scrolls_sideways(page), page.url


def test_rules_are_moved_by_pointer_and_by_keyboard(visit, boss, rules):
    page = visit(f"/assignment-rules/{rules.pk}/", boss)
    look(page)
    grip = page.locator("[data-grip]").nth(2).bounding_box()
    top = page.locator(".a-rule").first.bounding_box()
    x = grip["x"] + 8
    page.mouse.move(x, grip["y"] + 8)
    page.mouse.down()
    page.mouse.move(x, grip["y"] - 40, steps=3)
    page.mouse.move(x, top["y"] + 4, steps=5)
    with page.expect_response("**/order/"):
        page.mouse.up()
    assert order() == ["Third", "First", "Second"]
    expect(page.locator(".a-rule").first).to_contain_text("Third")
    page.locator("[data-grip]").first.focus()
    with page.expect_response("**/order/"):
        page.keyboard.press("Alt+ArrowDown")
    expect(page.locator(".a-rule").nth(1)).to_contain_text("Third")
    # The focus stays on what was moved, so that it can go on.
    expect(page.locator("[data-grip]").nth(1)).to_be_focused()
    assert order() == ["First", "Third", "Second"]
    assert page.faults == []


def test_a_rule_is_made_and_tried_on_a_phone(visit, boss, rules, jonas):
    LeadFactory(sales_ready=True)
    page = visit(f"/assignment-rules/{rules.pk}/rules/new/", boss, "narrow", "dark")
    look(page)
    page.fill("[name=name]", "Fourth")
    page.select_option("[name=to]", "user")
    expect(page.locator("#id_people")).to_be_hidden()
    page.select_option("[name=to]", "load")
    page.get_by_label("Jonas Brandt").check()
    page.click("button:has-text('Create rule')")
    expect(page.locator(".a-rule").nth(3)).to_contain_text("Fourth")
    look(page)
    page.click("button:has-text('Switch on')")
    expect(page.locator(".h-badge.good")).to_have_text("On")
    page.click("a:has-text('Dry run')")
    expect(page.locator(".h-sentence")).to_contain_text("1 lead would be given")
    look(page)
    assert RuleSet.objects.get().active
    assert page.faults == []


def test_bell_and_mention(visit, boss, jonas):
    lead = LeadFactory(topic="Forklifts", owner=jonas, team=jonas.team)
    Notification.objects.create(
        user=jonas,
        kind="lead_assigned",
        subject_type="lead",
        subject_id=lead.pk,
        entry_id=1,
    )
    page = visit("/", jonas)
    page.click("#bell summary")
    told = page.locator("#bell-list button")
    expect(told).to_contain_text("Forklifts was assigned to you")
    look(page)
    told.click()
    page.wait_for_url(f"**/leads/{lead.pk}/")
    expect(page.locator("#bell .h-count")).to_have_count(0)
    page.click("[data-compose=note]")
    page.keyboard.type("Ask @agn")
    expect(page.locator(".h-mentions [role=option]")).to_contain_text("Agnes Brandt")
    page.keyboard.press("Enter")
    expect(page.locator("[data-mention]")).to_have_value("Ask @agnes ")
    page.click("button:has-text('Write note')")
    expect(page.locator(".h-tl")).to_contain_text("Ask @Agnes Brandt")
    look(page)
    assert page.faults == []
