"""The back office: forms, pages, submissions, suggestions."""

from __future__ import annotations

import re

import pytest

from crm.models import Contact
from marketing.models import Form, Page, Submission, Suggestion
from tests.factories import ContactFactory
from tests.marketing.conftest import FIELDS

pytestmark = pytest.mark.django_db
ADA = {"email": "ada@example.com", "first_name": "Ada"}


@pytest.fixture
def ann(client, cast):
    client.force_login(cast.ann, backend="django.contrib.auth.backends.ModelBackend")
    return client


def filled(html):
    """What a browser would send from the first form of a page."""
    data = {}
    for tag in re.findall(r"<input[^>]*>", html):
        name = re.search(r'name="([^"]+)"', tag)
        value = re.search(r'value="([^"]*)"', tag)
        if name and ("checkbox" not in tag or " checked" in tag):
            data[name[1]] = value[1] if value else "on" * ("checkbox" in tag)
    for name, body in re.findall(
        r'<select[^>]*name="([^"]+)"[^>]*>(.*?)</select>', html, re.S
    ):
        chosen = re.search(r'<option value="([^"]*)" selected', body)
        data[name] = chosen[1] if chosen else ""
    for name, body in re.findall(
        r'<textarea[^>]*name="([^"]+)"[^>]*>(.*?)</textarea>', html, re.S
    ):
        data[name] = body.strip()
    data.pop("csrfmiddlewaretoken", None)
    return data


@pytest.mark.parametrize("path", ["/forms/", "/pages/", "/submissions/"])
def test_lists_open_with_their_rows(ann, make_page, send, path):
    page = make_page()
    send(page.form, page, first_name="Grace")
    response = ann.get(path)

    assert response.status_code == 200
    assert re.search("Ask us|Solar for schools|Grace", response.text)
    assert ann.get(f"{path}?part=counts").status_code == 200


def test_a_form_is_made_and_its_fields_reordered(ann):
    data = filled(ann.get("/forms/new/").text)
    data |= {
        "name": "Contact us",
        "rows-TOTAL_FORMS": "2",
        "rows-0-name": "email",
        "rows-0-label": "Email",
        "rows-0-kind": "email",
        "rows-0-required": "on",
        "rows-0-contact": "email",
        "rows-0-lead": "email",
        "rows-0-ORDER": "2",
        "rows-1-label": "Size",
        "rows-1-kind": "select",
        "rows-1-options": "S | Small\nLarge",
        "rows-1-ORDER": "1",
    }
    response = ann.post("/forms/new/", data)
    assert response.status_code == 302, response.text

    form = Form.objects.get()
    assert [f["name"] for f in form.fields] == ["size", "email"]
    options = [(o["value"], o["label"]) for o in form.fields[0]["options"]]
    assert options == [("S", "Small"), ("Large", "Large")]
    assert ann.post(f"/forms/{form.pk}/go-live/").status_code == 302
    assert Form.objects.get().state == "live"


def test_saving_a_form_unchanged_changes_nothing(ann, make_form):
    form = make_form()
    data = filled(ann.get(f"/forms/{form.pk}/").text)
    response = ann.post(f"/forms/{form.pk}/", data)

    assert response.status_code == 302, response.text
    again = Form.objects.get()
    assert again.fields == form.fields
    assert again.version == form.version


def test_a_field_is_removed_and_a_wrong_one_is_told(ann, make_form):
    form = make_form(live=False)
    data = filled(ann.get(f"/forms/{form.pk}/").text)
    ann.post(f"/forms/{form.pk}/", {**data, "rows-1-DELETE": "on"})
    assert len(Form.objects.get().fields) == len(FIELDS) - 1

    data = filled(ann.get(f"/forms/{form.pk}/").text)
    wrong = ann.post(f"/forms/{form.pk}/", {**data, "rows-0-name": "A b"})
    assert wrong.status_code == 422
    assert "starts with a letter" in wrong.text


def test_what_the_service_refuses_stands_at_its_row(ann, make_form):
    form = make_form(live=False)
    data = filled(ann.get(f"/forms/{form.pk}/").text)
    twice = ann.post(f"/forms/{form.pk}/", {**data, "rows-2-name": "email"})

    assert twice.status_code == 422
    rows = twice.text.split("data-row>")
    assert ["Two fields are called" in row for row in rows[:5]] == [
        False, False, False, True, False
    ]  # fmt: skip


def test_drafts_are_shown_as_they_stand_and_harmless(ann, client, cast, make_form):
    form = make_form(live=False)
    data = filled(ann.get(f"/forms/{form.pk}/").text)
    draft = ann.post(
        "/forms/preview/",
        {
            **data,
            "rows-0-label": "Your mail",
            "rows-1-name": "?",
            "rows-2-DELETE": "on",
        },
    )
    assert "Your mail" in draft.text
    assert "First name" not in draft.text
    assert "Last name" not in draft.text
    assert "script-src" not in draft["Content-Security-Policy"]

    page = {"title": "Roofs", "form": form.pk, "content": "<p>Hi</p><script>1</script>"}
    draft = ann.post("/pages/preview/", page)
    assert "<p>Hi</p>" in draft.text
    assert "<script" not in draft.text
    assert "First name" in draft.text

    client.force_login(cast.ben, backend="django.contrib.auth.backends.ModelBackend")
    assert client.post("/pages/preview/", page).status_code == 403


def test_forms_and_pages_are_found_by_the_search(ann, make_page):
    make_page(title="Solar for schools")
    found = ann.get("/search/?q=solar").text + ann.get("/search/?q=ask").text
    assert "/pages/" in found
    assert "/forms/" in found


def test_a_page_is_made_previewed_and_published(ann, make_form):
    form = make_form()
    data = filled(ann.get("/pages/new/").text)
    data |= {
        "title": "Roofs",
        "slug": "roofs",
        "form": form.pk,
        "content": "<p>Hi</p><script>alert(1)</script>",
    }
    response = ann.post("/pages/new/", data)
    assert response.status_code == 302, response.text
    page = Page.objects.get()
    assert page.content == "<p>Hi</p>"

    preview = ann.get(f"/pages/{page.pk}/preview/")
    assert "inert" in preview.text
    assert ann.post(f"/pages/{page.pk}/go-live/").status_code == 302
    assert ann.get("/p/roofs/").status_code == 200


def test_a_failed_submission_is_edited_and_tried_again(ann, make_form, send):
    failed = send(make_form(), first_name="Ada")
    page = ann.get(f"/submissions/{failed.pk}/")
    assert "has no email" in page.text
    wrong = ann.post(f"/submissions/{failed.pk}/", {"email": "x", "as_new": "0"})
    assert wrong.status_code == 422
    assert "Enter an email address" in wrong.text

    ann.post(f"/submissions/{failed.pk}/", {**ADA, "as_new": "0"})
    assert Submission.objects.get().state == "pending"


def test_many_are_tried_again_at_once(ann, make_form, send):
    form = make_form()
    rows = [send(form, first_name=name) for name in ("Ada", "Eve")]
    ids = [row.pk for row in rows]
    answer = ann.post("/submissions/", {"action": "retry", "ids": ids})

    assert answer.status_code == 204
    assert set(Submission.objects.values_list("state", flat=True)) == {"pending"}


def test_a_suggestion_stands_on_the_page_and_is_accepted(client, cast, make_form, send):
    contact = ContactFactory(email="ada@example.com", city="Turin", owner=cast.ben)
    send(make_form(mode="only_contacts"), email="ada@example.com", city="London")
    client.force_login(cast.ben, backend="django.contrib.auth.backends.ModelBackend")
    shown = client.get(f"/contacts/{contact.pk}/").text
    assert "Suggested changes" in shown
    assert "City: London" in shown

    pk = Suggestion.objects.get().pk
    assert client.post(f"/suggestions/{pk}/accept/").status_code == 302
    assert Contact.objects.get().city == "London"


def test_a_submission_is_told_on_the_timeline(ann, make_page, send):
    page = make_page()
    row = send(page.form, page, **ADA)

    assert "Ask us" in ann.get(f"/contacts/{row.contact_id}/").text


@pytest.mark.parametrize("who", ["reader", "ben"])
def test_who_may_not_change_them_may_not(client, cast, make_page, send, who):
    page = make_page()
    row = send(page.form, page, first_name="Ada")
    client.force_login(
        getattr(cast, who), backend="django.contrib.auth.backends.ModelBackend"
    )
    for path in (
        f"/forms/{page.form_id}/stop/",
        f"/pages/{page.pk}/stop/",
        f"/submissions/{row.pk}/",
    ):
        assert client.post(path).status_code in (403, 404)
    assert Form.objects.get().state == "live"


def test_strangers_sign_in_first(client, make_page):
    page = make_page()
    for path in ("/forms/", f"/pages/{page.pk}/preview/", "/submissions/"):
        assert client.get(path).status_code == 302
