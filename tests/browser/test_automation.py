"""Workflows and scoring in a real browser: try, run, report; score, explain."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from core.jobs.models import Job
from core.jobs.running import run_to_end
from crm.models import Contact
from scoring.models import LeadScore, ScoringModel
from tests.browser.conftest import MARKS, person, serious
from tests.browser.conftest import shot as keep
from tests.factories import LeadFactory
from workflows.models import Workflow
from workflows.shipped import ORPHANED_LEADS, ensure_shipped

pytestmark = MARKS


@pytest.fixture
def manager():
    return person("mira", "marketing_manager")


@pytest.fixture
def open_page(visit, manager):
    """Open a path as the manager."""

    def go(path, size="wide", theme="light"):
        return visit(path, manager, size, theme)

    return go


def shot(page, name):
    keep(page, f"automation-{name}")


def test_shipped_workflow_is_activated_tried_run_and_reports(open_page):
    ensure_shipped()
    for number in range(4):
        LeadFactory(email=f"p{number}@example.com")
    LeadFactory(first_name="", last_name="", email="", topic="Nobody")
    workflow = Workflow.objects.get(key=ORPHANED_LEADS)

    page = open_page("/")
    page.get_by_role("link", name="Create contacts").click()
    expect(page.locator("[data-count]")).to_have_text("4")
    expect(page.get_by_text("neither a name nor an email")).to_be_visible()
    shot(page, "dry-run")
    assert serious(page) == []

    page.get_by_role("button", name="Activate").click()
    expect(page.locator(".h-badge", has_text="Active")).to_be_visible()
    shot(page, "steps")
    assert serious(page) == []

    page.get_by_role("link", name="Run now").click()
    page.get_by_role("button", name="Run now for 4 leads").click()
    page.wait_for_url("**/jobs/*/")
    run_to_end(Job.objects.get())
    expect(page.get_by_role("heading", name="Report")).to_be_visible()
    shot(page, "report")
    assert serious(page) == []
    page.get_by_role("link", name="Contacts created").click()
    expect(page.locator(".w-run")).to_have_count(4)
    assert Contact.objects.filter(marketing_only=True).count() == 4
    assert page.faults == []
    workflow.refresh_from_db()
    assert workflow.is_active


RULES = (
    ("Rome", 30),
    ("Oslo", 20),
    ("Lyon", 60),
    ("Bath", -10),
)


def test_model_of_five_rules_is_simulated_goes_live_and_explains(open_page):
    lead = LeadFactory(city="Lyon", topic="Scanners for Lyon")
    LeadFactory(city="Bath")
    page = open_page("/scoring-models/new/")
    page.locator("[name=name]").fill("Warehouse model")
    page.locator("[name=sales_ready_score]").fill("50")
    for number, (city, points) in enumerate(RULES):
        page.get_by_role("button", name="Condition rule").click()
        rule = page.locator(".w-rulebox").nth(number)
        rule.locator(f"[name=rules-{number}-points]").fill(str(points))
        rule.get_by_role("button", name="Write as JSON").click()
        where = f'{{"field": "city", "op": "eq", "value": "{city}"}}'
        rule.locator(f"[name=rules-{number}-condition]").fill(where)
        rule.get_by_role("button", name="Show as conditions").click()
        expect(rule.locator(".w-conditions")).to_contain_text("City")
    page.get_by_role("button", name="Behaviour rule").click()
    page.locator("[name=rules-4-points]").fill("5")
    page.locator("[name=rules-4-interactions]").select_option("form.submitted")
    shot(page, "rules")
    page.get_by_role("button", name="Create scoring model").click()
    page.wait_for_url(lambda url: "new" not in url)
    assert ScoringModel.objects.get().rules.count() == 5

    page.get_by_role("button", name="Simulate").click()
    expect(page.locator("#simulation")).to_contain_text("Scanners for Lyon")
    shot(page, "simulation")
    page.get_by_role("button", name="Go live").click()
    expect(page.get_by_role("button", name="Stop")).to_be_visible()
    run_to_end(Job.objects.get())
    expect(page.locator(".w-hist")).to_be_visible()
    shot(page, "live")
    assert serious(page) == []
    assert LeadScore.objects.get(lead=lead).score == 60

    page.goto(page.url.split("/scoring")[0] + f"/leads/{lead.pk}/")
    expect(page.get_by_text("Why 60")).to_be_visible()
    shot(page, "why")
    assert page.faults == []


@pytest.mark.parametrize(("size", "theme"), [("narrow", "light"), ("wide", "dark")])
def test_pages_have_no_fault_in_any_size(open_page, size, theme):
    ensure_shipped()
    workflow = Workflow.objects.get(key=ORPHANED_LEADS)
    paths = ["/workflows/", f"/workflows/{workflow.pk}/?step=0"]
    paths += [f"/workflows/{workflow.pk}/edit/", "/scoring-models/new/"]
    for path in paths:
        page = open_page(path, size, theme)
        shot(page, f"{path.strip('/').replace('/', '-')[:30]}-{size}-{theme}")
        assert [*page.faults, *serious(page)] == [], path
        wide = "document.documentElement.scrollWidth - innerWidth"
        assert page.evaluate(wide) <= 0, path
