"""Forms, pages, submissions and suggestions over the API."""

from __future__ import annotations

import pytest

from crm.models import Contact
from marketing.models import Form, Submission, Suggestion
from marketing.services.submissions import submissions_match_pending
from tests.factories import ContactFactory, LeadFactory
from tests.marketing.conftest import FIELDS

pytestmark = pytest.mark.django_db
API = "/api/v1"
ADA = {"email": "ada@example.com", "first_name": "Ada"}


def attrs(response):
    return {error["attr"] for error in response.json()["errors"]}


def test_a_form_and_its_page_go_live_and_take_a_lead(api, cast, client):
    ann = api(cast.ann)
    form = ann.post(f"{API}/forms/", {"name": "Ask us", "fields": FIELDS}).json()
    assert form["state"] == "draft"
    assert form["owner"] == cast.ann.pk
    body = {
        "title": "Solar",
        "slug": "solar",
        "form": form["id"],
        "content": "<p onclick=x>Hi</p>",
    }
    page = ann.post(f"{API}/pages/", body).json()
    assert page["content"] == "<p>Hi</p>"
    refused = ann.post(f"{API}/pages/{page['id']}/go-live/")
    assert (refused.status_code, refused.json()["errors"][0]["code"]) == (
        409,
        "form_not_live",
    )
    for address in (f"forms/{form['id']}", f"pages/{page['id']}"):
        answer = ann.post(f"{API}/{address}/go-live/")
        assert (answer.status_code, answer.json()["state"]) == (200, "live")

    assert client.get(page["address"]).status_code == 200
    client.post(form["address"], ADA)
    submissions_match_pending()
    (row,) = ann.get(f"{API}/submissions/?state=success").json()["results"]
    assert row["contact"] == Contact.objects.get().pk
    assert row["values"] == ADA


@pytest.mark.parametrize(
    ("data", "attr"),
    [
        ({}, "name"),
        ({"name": "x" * 100_000}, "name"),
        ({"name": "a\x00"}, "name"),
        ({"name": "A", "state": "live"}, "state"),
        ({"name": "A", "colour": "red"}, "colour"),
        ({"name": "A", "fields": [{"name": "a"}]}, "fields[0]"),
        ({"name": "A", "fields": {"a": 1}}, "fields"),
        ({"name": "A", "redirect_path": "//evil.example"}, "redirect_path"),
        ({"name": "A", "contact_strategy": 999_999}, "contact_strategy"),
    ],
)
def test_bad_forms_are_refused_by_name(api, cast, data, attr):
    answer = api(cast.ann).post(f"{API}/forms/", data)

    assert answer.status_code == 400
    assert attrs(answer) == {attr}
    assert not Form.objects.exists()


def test_a_lost_race_is_told(api, cast, make_form):
    form = make_form()
    ann = api(cast.ann)
    first = ann.patch(
        f"{API}/forms/{form.pk}/",
        {"name": "B"},
        headers={"If-Match": str(form.version)},
    )
    second = ann.patch(
        f"{API}/forms/{form.pk}/",
        {"name": "C"},
        headers={"If-Match": str(form.version)},
    )
    assert (first.status_code, second.status_code) == (200, 412)


def test_a_form_in_use_is_stopped_not_deleted(api, cast, make_page):
    page = make_page()
    ann = api(cast.ann)
    assert ann.delete(f"{API}/forms/{page.form_id}/").status_code == 409
    assert ann.post(f"{API}/forms/{page.form_id}/stop/").json()["state"] == "stopped"
    assert ann.delete(f"{API}/pages/{page.pk}/").status_code == 204
    assert ann.delete(f"{API}/forms/{page.form_id}/").status_code == 204


class TestRetry:
    def test_with_edited_values_it_succeeds(self, api, cast, make_form, send):
        failed = send(make_form(), first_name="Ada")
        answer = api(cast.ann).post(
            f"{API}/submissions/{failed.pk}/retry/", {"values": ADA}
        )
        assert answer.json()["state"] == "pending"
        submissions_match_pending()
        failed.refresh_from_db()
        assert failed.state == "success"

    def test_as_new_it_is_another_one(self, api, cast, make_form, send):
        failed = send(make_form(), first_name="Ada")
        answer = api(cast.ann).post(
            f"{API}/submissions/{failed.pk}/retry/", {"values": ADA, "as_new": True}
        )
        assert answer.json()["retry_of"] == failed.pk

    def test_wrong_values_and_matched_ones_are_refused(
        self, api, cast, make_form, send
    ):
        form = make_form()
        failed, done = send(form, first_name="Ada"), send(form, **ADA)
        ann = api(cast.ann)
        wrong = ann.post(
            f"{API}/submissions/{failed.pk}/retry/", {"values": {"email": "x"}}
        )
        assert (wrong.status_code, attrs(wrong)) == (400, {"email"})
        again = ann.post(f"{API}/submissions/{done.pk}/retry/")
        assert again.status_code == 409

    def test_the_readers_may_not(self, api, cast, make_form, send):
        failed = send(make_form(), first_name="Ada")
        url = f"{API}/submissions/{failed.pk}/retry/"
        assert api(cast.reader).post(url).status_code == 403
        assert api(cast.nobody).post(url).status_code in (403, 404)
        assert Submission.objects.get().state == "failed"


class TestSuggestions:
    @pytest.fixture
    def suggestion(self, make_form, send, cast):
        ContactFactory(email="ada@example.com", city="Turin", owner=cast.ben)
        send(make_form(mode="only_contacts"), email="ada@example.com", city="London")
        return Suggestion.objects.get()

    def test_the_owner_accepts(self, api, cast, suggestion):
        ben = api(cast.ben)
        (row,) = ben.get(f"{API}/suggestions/?state=pending").json()["results"]
        assert (row["field"], row["old"], row["new"]) == ("city", "Turin", "London")
        answer = ben.post(f"{API}/suggestions/{suggestion.pk}/accept/")
        assert answer.json()["state"] == "accepted"
        assert Contact.objects.get().city == "London"
        again = ben.post(f"{API}/suggestions/{suggestion.pk}/reject/")
        assert again.status_code == 409

    def test_who_may_not_change_the_record_may_not_decide(self, api, cast, suggestion):
        for user, expected in ((cast.carl, 403), (cast.reader, 403)):
            answer = api(user).post(f"{API}/suggestions/{suggestion.pk}/accept/")
            assert answer.status_code == expected

    def test_of_a_lead_that_is_not_seen_there_is_none(self, api, cast, make_form, send):
        LeadFactory(
            email="eve@example.com", owner=cast.ben, team=cast.benelux, city="A"
        )
        send(make_form(mode="only_leads"), email="eve@example.com", city="B")
        pk = Suggestion.objects.get().pk

        assert api(cast.carl).post(f"{API}/suggestions/{pk}/accept/").status_code == 404


@pytest.mark.parametrize("resource", ["forms", "pages", "submissions", "suggestions"])
def test_lists_cost_the_same_with_one_row_or_ten(
    api, cast, make_form, make_page, send, resource, django_assert_max_num_queries
):
    form = make_form(mode="only_contacts")
    ann = api(cast.admin)
    ann.get(f"{API}/{resource}/")

    def add():
        page = make_page(form=form)
        contact = ContactFactory(city="A")
        send(form, page, email=contact.email, city="B")

    add()
    with django_assert_max_num_queries(12) as few:
        assert len(ann.get(f"{API}/{resource}/").json()["results"]) >= 1
    for _ in range(9):
        add()
    with django_assert_max_num_queries(len(few)):
        ann.get(f"{API}/{resource}/")
