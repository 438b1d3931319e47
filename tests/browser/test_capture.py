"""A form and a page made by clicking, answered on a phone, mended at the desk."""

import pytest
from playwright.sync_api import expect

from core.base.shipped import ensure_shipped
from crm.models import Lead
from marketing import live
from marketing.models import Form, Page, Submission
from marketing.services.forms import form_go_live, form_save
from marketing.services.submissions import (
    submission_store,
    submissions_match_pending,
)
from tests.browser.conftest import MARKS, faults_of, person
from tests.marketing.conftest import FIELDS

pytestmark = MARKS


@pytest.fixture
def nora(db):
    ensure_shipped()
    live._known.clear()
    return person("nora", "marketer")


def make_form_by_clicking(page):
    page.fill("input[name=name]", "Ask for a visit")
    for name in ("email", "first_name", "last_name", "city"):
        page.select_option("[data-add]", name)
    page.select_option("[data-add]", "own")
    own = page.locator("[data-row]").last
    own.locator("[name$=-label]").fill("Kind of roof")
    own.locator("[name$=-kind]").select_option("select")
    own.locator("[name$=-options]").fill("Flat\nPitched")


def names_on_screen(page):
    return page.locator("[data-row]:not(.gone) [data-shown-label]").all_inner_texts()


def test_a_form_is_made_by_clicking(visit, nora):
    page = visit("/forms/new/", nora)
    make_form_by_clicking(page)
    first = page.locator("[data-row]").first
    page.locator("[data-row]").nth(1).locator("[data-up]").click()
    assert names_on_screen(page)[:2] == ["First name", "Email"]
    page.locator("[data-row]").nth(3).locator("[data-remove]").click()
    assert "City" not in names_on_screen(page)
    page.locator("[data-undo]:visible").click()
    page.locator("[data-row]").nth(3).locator("[data-remove]").click()
    grip = page.locator("[data-row]").nth(2).locator("[data-grip]")
    grip.drag_to(first, target_position={"x": 40, "y": 4})
    frame = page.frame_locator("[data-preview]")
    expect(frame.locator("label", has_text="Kind of roof")).to_be_visible()
    assert faults_of(page) == []
    shown = names_on_screen(page)
    page.click("button:has-text('Create form')")
    page.wait_for_url("**/forms/*/")

    form = Form.objects.get()
    assert [field["label"] for field in form.fields] == shown
    by_name = {field["name"]: field for field in form.fields}
    assert set(by_name) == {"email", "first_name", "last_name", "kind_of_roof"}
    assert by_name["email"]["required"]
    assert by_name["email"]["lead"] == "email"
    assert [o["value"] for o in by_name["kind_of_roof"]["options"]] == [
        "Flat",
        "Pitched",
    ]
    page.click("[data-go-live]")
    page.wait_for_selector("text=Stop")
    assert Form.objects.get().state == "live"
    assert page.faults == []


def test_a_wrong_field_says_so_at_its_row(visit, nora):
    page = visit("/forms/new/", nora)
    page.fill("input[name=name]", "Ask")
    page.select_option("[data-add]", "own")
    row = page.locator("[data-row]").first
    row.locator("[name$=-label]").fill("Size")
    row.locator("[name$=-kind]").select_option("radio")
    page.click("button:has-text('Create form')")
    expect(row.locator(".err")).to_have_text("A choice needs at least one option.")
    expect(row.locator("[name$=-options]")).to_be_visible()


def test_a_stranger_on_a_phone_becomes_a_lead(visit, nora, live_server):
    form = form_go_live(form_save(Form(), name="Ask", fields=FIELDS, owner=nora))
    page = visit("/pages/new/", nora)
    page.fill("input[name=title]", "Solar für Schulen")
    assert page.input_value("input[name=slug]") == "solar-fur-schulen"
    page.select_option("select[name=form]", str(form.pk))
    page.click("[data-canvas]")
    page.keyboard.type("Roofs that pay")
    page.click("button:has-text('Title')")
    page.keyboard.press("Enter")
    page.click("button[data-block=p]")
    page.keyboard.type("We plan and build.")
    page.click("button:has-text('Form here')")
    frame = page.frame_locator("[data-preview]")
    expect(frame.locator("h1")).to_have_text("Roofs that pay")
    assert faults_of(page) == []
    page.click("button:has-text('Create page')")
    page.wait_for_url("**/pages/*/")
    page.click("[data-go-live]")
    page.wait_for_selector("text=Stop")
    assert Page.objects.get().content.count("data-form") == 1
    assert page.faults == []

    phone = visit("/p/solar-fur-schulen/", size="narrow")
    assert faults_of(phone) == []
    phone.fill("[name=email]", "Joris@DeLinde.example")
    phone.fill("[name=first_name]", "Joris")
    phone.fill("[name=last_name]", "de Wit")
    phone.click("button:has-text('Send')")
    phone.wait_for_selector("text=Thank you")
    assert faults_of(phone) == []
    submissions_match_pending()

    leads = visit("/leads/?view=all", nora)
    expect(leads.locator("body")).to_contain_text("Joris de Wit")
    assert Lead.objects.get().topic == "Solar für Schulen"


def test_a_failed_submission_is_mended(visit, nora):
    form = form_go_live(form_save(Form(), name="Ask", fields=FIELDS, owner=nora))
    submission_store(form_id=form.pk, values={"first_name": "Femke"})
    submissions_match_pending()
    page = visit("/submissions/", nora)
    assert faults_of(page) == []
    page.click("text=Femke")
    page.wait_for_selector("text=has no email")
    assert faults_of(page) == []
    page.fill("[name=email]", "femke@opmaat.example")
    page.click("button:has-text('Retry'):not(:has-text('new'))")
    page.wait_for_selector("text=Pending")
    submissions_match_pending()
    page.reload()
    expect(page.locator(".mk-told")).to_contain_text("Created contact, created lead")
    assert Submission.objects.get().state == "success"
    assert page.faults == []


@pytest.mark.parametrize(("size", "theme"), [("narrow", "dark"), ("wide", "dark")])
def test_editors_have_no_fault_in_other_lights(visit, nora, size, theme):
    form = form_go_live(form_save(Form(), name="Ask", fields=FIELDS, owner=nora))
    for path in (f"/forms/{form.pk}/", "/pages/new/", f"/f/{form.pk}/"):
        user = None if path.startswith("/f/") else nora
        assert faults_of(visit(path, user, size, theme)) == [], path
