"""The public doors: pages, forms, and everything strangers send."""

from __future__ import annotations

import json
import re

import pytest
from django.urls import reverse

from core.api.services import token_create
from core.journal.models import Entry
from crm.models import Contact, Lead
from marketing.models import Submission, Visitor
from marketing.rules.tokens import sign_shown
from marketing.services.forms import form_stop, page_stop
from marketing.services.submissions import submissions_match_pending
from marketing.visitors import COOKIE
from tests.factories import ContactFactory
from tests.marketing.conftest import FIELDS

pytestmark = pytest.mark.django_db
ADA = {"email": "ada@example.com", "first_name": "Ada", "last_name": "Lovelace"}


def post_json(client, form, data, **headers):
    return client.post(
        f"/f/{form.pk}/",
        data if isinstance(data, bytes | str) else json.dumps(data),
        content_type="application/json",
        headers=headers,
    )


def token_in(response):
    return re.search(r'name="token" value="([^"]+)"', response.text)[1]


class TestPage:
    def test_a_live_page_shows_its_content_and_its_form_in_place(
        self, client, make_page
    ):
        page = make_page()
        response = client.get(f"/p/{page.slug}/")
        html = response.text

        assert response.status_code == 200
        assert (
            html.index("Solar for schools</h1>")
            < html.index("<form")
            < html.index("After")
        )
        assert f'action="/f/{page.form_id}/"' in html
        assert "<script" not in html

    def test_it_has_a_strict_policy_and_sets_no_cookie(self, client, make_page):
        response = client.get(f"/p/{make_page().slug}/")
        policy = response["Content-Security-Policy"]

        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert "script-src" not in policy
        assert not response.cookies
        assert "Cookie" not in response.get("Vary", "")

    def test_drafts_and_stopped_ones_do_not_exist(self, client, make_page, make_form):
        draft = make_page(live=False)
        stopped = page_stop(make_page())
        formless = make_page(form=make_form())
        form_stop(formless.form)

        for page in (draft, stopped, formless):
            assert client.get(f"/p/{page.slug}/").status_code == 404

    def test_campaign_and_referrer_travel_with_the_form(self, client, make_page):
        page = make_page()
        response = client.get(
            f"/p/{page.slug}/?utm_source=news<b>&utm_campaign=spring",
            headers={"referer": "https://search.example/?q=solar"},
        )

        assert 'name="utm_source" value="news&lt;b&gt;"' in response.text
        assert 'value="https://search.example/?q=solar"' in response.text

    def test_it_costs_the_same_queries_with_one_field_or_many(
        self, client, make_page, make_form, django_assert_num_queries
    ):
        for fields in (FIELDS[:1], FIELDS):
            page = make_page(form=make_form(fields=fields))
            with django_assert_num_queries(2):
                client.get(f"/p/{page.slug}/")


class TestSubmit:
    def test_a_person_sends_it_and_a_lead_appears(self, client, make_page):
        page = make_page()
        shown = client.get(f"/p/{page.slug}/?utm_source=news")
        response = client.post(
            f"/f/{page.form_id}/",
            {**ADA, "token": token_in(shown), "utm_source": "news", "homepage": ""},
        )
        assert response.status_code == 303
        assert response["Location"] == f"/p/{page.slug}/thanks/"
        assert "Thank you" in client.get(response["Location"]).text
        assert Submission.objects.get().state == "pending"
        assert not Lead.objects.exists()

        assert submissions_match_pending() == 1
        lead = Lead.objects.get()
        assert (lead.source_type, lead.source_id) == ("page", page.pk)
        assert lead.utm_source == "news"

    def test_the_request_writes_one_row_and_nothing_else(
        self, client, make_form, django_assert_num_queries
    ):
        form = make_form()
        client.get(f"/f/{form.pk}/")
        with django_assert_num_queries(1):
            post_json(client, form, ADA)

    def test_json_is_answered_with_json(self, client, make_page):
        page = make_page()
        response = post_json(client, page.form, {"page": page.slug, "values": ADA})

        assert response.status_code == 201
        assert response.json()["status"] == "accepted"
        assert Submission.objects.get().page == page
        assert Submission.objects.get().values == ADA

    def test_it_stands_at_the_field_and_what_was_typed_stays(self, client, make_page):
        page = make_page()
        response = client.post(
            f"/f/{page.form_id}/",
            {
                "email": "not an address",
                "first_name": 'A"da<',
                "token": sign_shown(page.form_id, page.pk),
            },
        )
        assert response.status_code == 400
        assert "Please correct the fields" in response.text
        assert "Enter an email address" in response.text
        assert 'aria-describedby="field-email-error"' in response.text
        assert 'value="A&quot;da&lt;"' in response.text
        assert "Solar for schools</h1>" in response.text
        assert not Submission.objects.exists()

    @pytest.mark.parametrize(
        ("values", "attr", "code"),
        [
            ({}, "email", "required"),
            ({"email": "nobody"}, "email", "invalid"),
            ({"email": "a\x00@example.com"}, "email", "invalid"),
            ({**ADA, "first_name": "A\x00da"}, "first_name", "invalid"),
            ({**ADA, "first_name": "\ud800"}, "first_name", "invalid"),
            ({**ADA, "first_name": "x" * 100_000}, "first_name", "invalid"),
            ({**ADA, "first_name": ["Ada"]}, "first_name", "invalid"),
            ({**ADA, "first_name": {"a": 1}}, "first_name", "invalid"),
            ({**ADA, "industry": "Alchemy"}, "industry", "invalid"),
            ({**ADA, "no_mail": "perhaps"}, "no_mail", "invalid"),
            ({**ADA, "phone": "call me"}, "phone", "invalid"),
            ({**ADA, "owner": 1}, "owner", "unknown_field"),
        ],
    )
    def test_bad_input_names_the_field(self, client, make_form, values, attr, code):
        response = post_json(client, make_form(), values)

        assert response.status_code == 400
        assert response.json()["type"] == "validation_error"
        assert [(e["attr"], e["code"]) for e in response.json()["errors"]] == [
            (attr, code)
        ]
        assert not Submission.objects.exists()

    @pytest.mark.parametrize(
        "body", [b"", b"{", b"[]", b'"x"', b"[" * 100_000, b"\xff\xfe", b'{"values":1}']
    )
    def test_a_body_that_is_no_object_is_refused(self, client, make_form, body):
        assert post_json(client, make_form(), body).status_code == 400

    @pytest.mark.parametrize("value", ["A\x00da", "x" * 100_000])
    def test_bad_text_in_a_plain_form_is_refused_at_the_field(
        self, client, make_form, value
    ):
        form = make_form()
        response = client.post(f"/f/{form.pk}/", {**ADA, "first_name": value})

        assert response.status_code == 400
        assert 'id="field-first_name-error"' in response.text

    def test_bad_context_never_loses_a_submission(self, client, make_form):
        form = make_form()
        sent = {**ADA, "utm_source": "a\x00b", "referrer": "x" * 9000, "token": "no"}
        assert client.post(f"/f/{form.pk}/", sent).status_code == 303

        submission = Submission.objects.get()
        assert submission.utm == {}
        assert len(submission.referrer) == 2000

    def test_a_draft_or_a_missing_form_takes_nothing(self, client, make_form):
        draft = make_form(live=False)

        assert post_json(client, draft, ADA).status_code == 404
        assert client.post(f"/f/{draft.pk}/", ADA).status_code == 404
        assert client.get("/f/999999999999999999999999/").status_code == 404

    @pytest.mark.parametrize("method", ["put", "patch", "delete"])
    def test_other_methods_are_refused(self, client, make_form, method):
        assert getattr(client, method)(f"/f/{make_form().pk}/").status_code == 405

    def test_a_token_of_another_form_or_a_tampered_one_says_nothing(
        self, client, make_page, make_form
    ):
        page, other = make_page(), make_form()
        token = sign_shown(page.form_id, page.pk)
        client.post(f"/f/{other.pk}/", {**ADA, "token": token})
        client.post(f"/f/{page.form_id}/", {**ADA, "token": token + "x"})

        assert [s.page for s in Submission.objects.all()] == [None, None]

    def test_the_trap_holds_robots_back(self, client, make_form):
        form = make_form()
        response = client.post(f"/f/{form.pk}/", {**ADA, "homepage": "spam.example"})

        assert response.status_code == 303
        assert Submission.objects.get().state == "spam"
        assert submissions_match_pending() == 0
        assert not Contact.objects.exists()

    def test_a_form_filled_in_too_fast_is_held_back(self, client, make_form):
        form = make_form(min_seconds=3)
        client.post(f"/f/{form.pk}/", {**ADA, "token": sign_shown(form.pk)})

        assert Submission.objects.get().state == "spam"

    def test_a_flood_is_told_to_wait_and_keeps_what_it_typed(self, client, make_form):
        form = make_form(limit_per_minute=2)
        for _ in range(2):
            assert client.post(f"/f/{form.pk}/", ADA).status_code == 303
        response = client.post(f"/f/{form.pk}/", ADA)

        assert response.status_code == 429
        assert response["Retry-After"] == "60"
        assert "Too many messages" in response.text
        assert 'value="Lovelace"' in response.text
        assert post_json(client, form, ADA).status_code == 429
        assert Submission.objects.count() == 2


class TestWait:
    def test_an_api_client_learns_the_outcome(self, client, make_form, cast):
        _, token = token_create(user=cast.integration)
        answer = post_json(
            client,
            make_form(),
            {**ADA, "wait": True},
            authorization=f"Token {token}",
        )

        assert answer.status_code == 201
        body = answer.json()
        assert body["state"] == "success"
        assert body["matched"] == "Created contact, created lead"
        assert body["contact"] == Contact.objects.get().pk
        assert body["lead"] == Lead.objects.get().pk

    @pytest.mark.parametrize("header", [None, "Token wrong", "Token"])
    def test_a_stranger_learns_nothing(self, client, make_form, header):
        headers = {"authorization": header} if header else {}
        answer = post_json(client, make_form(), {**ADA, "wait": True}, **headers)

        assert answer.status_code == 403
        assert not Submission.objects.exists()

    def test_a_session_does_not_do(self, client, make_form, cast):
        client.force_login(cast.ann)

        assert post_json(client, make_form(), {**ADA, "wait": True}).status_code == 403

    def test_known_and_unknown_addresses_get_the_same_answer(self, client, make_form):
        ContactFactory(email="ada@example.com")
        form = make_form()
        known = post_json(client, form, ADA)
        unknown = post_json(client, form, {**ADA, "email": "eve@example.com"})

        assert known.content == unknown.content


class TestRedirect:
    def test_the_visitor_goes_where_the_form_says(self, client, make_form):
        form = make_form(redirect_path="/p/thanks/?a=1")
        assert client.post(f"/f/{form.pk}/", ADA)["Location"] == "/p/thanks/?a=1"

    def test_a_host_that_is_no_longer_allowed_is_not_used(
        self, client, make_form, settings
    ):
        settings.REDIRECT_HOSTS = ["shop.example"]
        form = make_form(redirect_path="https://shop.example/thanks")
        assert client.post(f"/f/{form.pk}/", ADA)["Location"].startswith("https://shop")

        settings.REDIRECT_HOSTS = []
        response = client.post(f"/f/{form.pk}/", ADA)
        assert response["Location"] == f"/f/{form.pk}/thanks/"

    def test_nothing_in_the_request_changes_it(self, client, make_form):
        form = make_form()
        for name in ("redirect", "return", "next", "redirect_path"):
            response = client.post(
                f"/f/{form.pk}/?{name}=https://evil.example",
                {**ADA, name: "https://evil.example"},
            )
            assert response["Location"] == f"/f/{form.pk}/thanks/"


class TestRemembered:
    def test_only_who_asks_gets_a_cookie(self, client, make_page, make_form):
        page = make_page(form=make_form(remember_me=True))
        sent = {**ADA, "token": sign_shown(page.form_id, page.pk)}
        assert not client.post(f"/f/{page.form_id}/", sent).cookies

        response = client.post(f"/f/{page.form_id}/", {**sent, "remember_me": "on"})
        cookie = response.cookies[COOKIE]
        assert cookie["httponly"]
        assert cookie["samesite"] == "Lax"

    def test_visits_of_a_known_visitor_are_told_in_the_timeline(
        self, client, make_page, make_form
    ):
        page = make_page(form=make_form(remember_me=True, prefill=True))
        sent = {**ADA, "token": sign_shown(page.form_id, page.pk), "remember_me": "on"}
        client.post(f"/f/{page.form_id}/", sent)
        client.get(f"/p/{page.slug}/")
        assert not Entry.objects.filter(name="page.visited").exists()
        submissions_match_pending()
        response = client.get(f"/p/{page.slug}/")

        names = Entry.objects.filter(contact_id=Contact.objects.get().pk)
        assert {"page.visited", "form.visited"} <= set(
            names.values_list("name", flat=True)
        )
        assert 'value="Lovelace"' in response.text

    def test_typing_somebodys_address_shows_nothing_of_them(
        self, client, make_page, make_form
    ):
        ContactFactory(email="ada@example.com", phone="+44 20 5550", city="London")
        page = make_page(form=make_form(remember_me=True, prefill=True))
        sent = {
            "email": "ada@example.com",
            "token": sign_shown(page.form_id, page.pk),
            "remember_me": "on",
        }
        client.post(f"/f/{page.form_id}/", sent)
        submissions_match_pending()
        assert Visitor.objects.get().contact is not None

        html = client.get(f"/p/{page.slug}/").text
        assert "London" not in html
        assert "5550" not in html

    def test_a_forged_cookie_is_nobody(self, client, make_page):
        visitor = Visitor.objects.create(contact=ContactFactory())
        client.cookies[COOKIE] = str(visitor.pk)
        client.get(f"/p/{make_page().slug}/")

        assert not Entry.objects.filter(name="page.visited").exists()


def test_the_addresses_have_names():
    assert reverse("public-page", args=["solar"]) == "/p/solar/"
    assert reverse("public-form", args=[7]) == "/f/7/"
