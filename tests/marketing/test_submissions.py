"""Retry, the worker's turns, suggestions, forms and pages as services."""

from __future__ import annotations

import pytest

from config.celery import app
from core.base.errors import Invalid, Refused
from core.journal.models import Entry
from core.journal.services import acting
from crm.models import Contact, CustomField, Lead
from marketing.models import Form, Page, Submission, Suggestion
from marketing.services.forms import (
    form_go_live,
    form_save,
    page_go_live,
    page_save,
    page_stop,
)
from marketing.services.submissions import (
    MATCH,
    submission_retry,
    submissions_match_pending,
    submissions_retry,
)
from marketing.services.suggestions import suggestion_accept, suggestion_reject
from marketing.tasks import match_submissions, sweep_submissions
from tests.factories import ContactFactory, LeadFactory
from tests.marketing.conftest import FIELDS

pytestmark = pytest.mark.django_db
ADA = {"email": "ada@example.com", "first_name": "Ada"}


class TestTasks:
    def test_beat_and_bell_know_them_by_name(self):
        app.loader.import_default_modules()
        for name in (MATCH, *(e["task"] for e in app.conf.beat_schedule.values())):
            if name.startswith("marketing."):
                assert name in app.tasks

    def test_each_matches_what_waits_and_nothing_twice(self, make_form, send):
        form = make_form()
        for n in range(3):
            send(form, match=False, email=f"p{n}@example.com")

        assert match_submissions.run() == 3
        assert match_submissions.run() == 0
        assert sweep_submissions.run() == 0
        assert Lead.objects.count() == 3

    def test_a_failing_one_does_not_hold_up_the_rest(self, make_form, send):
        form = make_form()
        bad = send(form, match=False, first_name="Nobody")
        good = send(form, match=False, **ADA)
        submissions_match_pending()

        bad.refresh_from_db()
        good.refresh_from_db()
        assert (bad.state, good.state) == ("failed", "success")

    def test_a_turn_ends_after_its_time(self, make_form, send):
        form = make_form()
        for n in range(3):
            send(form, match=False, email=f"p{n}@example.com")

        assert submissions_match_pending(seconds=-1, batch=1) == 1
        assert submissions_match_pending() == 2


class TestRetry:
    def test_with_the_missing_value_it_succeeds_at_its_own_time(
        self, make_form, send, cast
    ):
        failed = send(make_form(), first_name="Ada")
        submission_retry(user=cast.ann, submission=failed, values=ADA)
        submissions_match_pending()

        row = Submission.objects.get()
        assert (row.state, row.attempts, row.reason) == ("success", 2, "")
        assert row.received_at == failed.received_at
        entry = Entry.objects.get(name="form.submitted")
        assert entry.occurred_at == failed.received_at

    def test_as_a_new_one_it_is_of_now_and_remembers_the_first(
        self, make_form, send, cast
    ):
        failed = send(make_form(), first_name="Ada")
        new = submission_retry(
            user=cast.ann, submission=failed, values=ADA, as_new=True
        )
        submissions_match_pending()

        failed.refresh_from_db()
        new.refresh_from_db()
        assert (failed.state, new.state) == ("failed", "success")
        assert new.retry_of == failed

    def test_edited_answers_are_checked_like_a_visitors(self, make_form, send, cast):
        failed = send(make_form(), first_name="Ada")
        for values, attr in (
            ({"email": "nobody"}, "email"),
            ({}, "email"),
            ({**ADA, "owner": "1"}, "owner"),
        ):
            with pytest.raises(Invalid) as caught:
                submission_retry(user=cast.ann, submission=failed, values=values)
            assert caught.value.attr == attr
        failed.refresh_from_db()
        assert failed.state == "failed"

    def test_a_matched_one_runs_again_only_as_a_new_one(self, make_form, send, cast):
        done = send(make_form(), **ADA)
        with pytest.raises(Refused):
            submission_retry(user=cast.ann, submission=done)
        submission_retry(user=cast.ann, submission=done, as_new=True)

        assert submissions_match_pending() == 1
        assert Lead.objects.count() == 1

    def test_many_at_once_leave_out_what_succeeded(self, make_form, send, cast):
        form = make_form()
        send(form, **ADA)
        send(form, first_name="Nobody")
        spam = send(form, match=False, email="eve@example.com")
        Submission.objects.filter(pk=spam.pk).update(state="spam")

        rows = Submission.objects.all()
        assert submissions_retry(user=cast.ann, submissions=rows) == 2


class TestSuggestions:
    @pytest.fixture
    def suggested(self, make_form, send):
        contact = ContactFactory(email="ada@example.com", city="Turin")
        send(make_form(mode="only_contacts"), email="ada@example.com", city="London")
        return contact, Suggestion.objects.get()

    def test_accepted_it_stands_on_the_record_in_the_persons_name(
        self, suggested, cast
    ):
        contact, suggestion = suggested
        done = suggestion_accept(user=cast.ben, suggestion=suggestion, via="browser")

        contact.refresh_from_db()
        assert contact.city == "London"
        assert (done.state, done.decided_by) == ("accepted", cast.ben)
        entry = Entry.objects.filter(name="contact.updated").latest("id")
        assert entry.actor_id == cast.ben.pk
        assert entry.data["changes"] == {"city": ["Turin", "London"]}

    def test_rejected_the_record_stays(self, suggested, cast):
        contact, suggestion = suggested
        suggestion_reject(user=cast.ben, suggestion=suggestion, via="browser")

        contact.refresh_from_db()
        assert contact.city == "Turin"

    @pytest.mark.parametrize("again", [suggestion_accept, suggestion_reject])
    def test_it_is_decided_once(self, suggested, cast, again):
        _, suggestion = suggested
        suggestion_reject(user=cast.ben, suggestion=suggestion, via="browser")
        with pytest.raises(Refused):
            again(user=cast.ben, suggestion=suggestion, via="browser")

    def test_a_value_that_changed_meanwhile_is_not_overwritten(self, suggested, cast):
        contact, suggestion = suggested
        Contact.objects.filter(pk=contact.pk).update(city="Milan")
        with pytest.raises(Refused):
            suggestion_accept(user=cast.ben, suggestion=suggestion, via="browser")

    def test_a_closed_lead_takes_none(self, make_form, send, cast):
        lead = LeadFactory(email="ada@example.com", owner=cast.ben, city="Turin")
        send(make_form(), email="ada@example.com", city="London")
        suggestion = Suggestion.objects.get(lead=lead)
        Lead.objects.filter(pk=lead.pk).update(state="disqualified")
        with pytest.raises(Refused):
            suggestion_accept(user=cast.ben, suggestion=suggestion, via="browser")

    def test_whoever_sees_the_record_sees_the_suggestion(self, make_form, send, cast):
        LeadFactory(
            email="ada@example.com", owner=cast.ben, team=cast.benelux, city="A"
        )
        send(make_form(mode="only_leads"), email="ada@example.com", city="B")

        assert Suggestion.objects.visible_to(cast.ben).count() == 1
        assert Suggestion.objects.visible_to(cast.carl).count() == 0
        assert Suggestion.objects.visible_to(cast.nobody).count() == 0


class TestForms:
    def test_changes_are_in_the_audit_history(self, make_form, cast):
        form = make_form()
        with acting(cast.ann, via="browser"):
            form_save(form, name="Ask us anything")

        entry = Entry.objects.filter(name="form.updated").latest("id")
        assert entry.data["changes"]["name"] == ["Ask us", "Ask us anything"]
        assert entry.actor_id == cast.ann.pk

    def test_the_version_moves(self, make_form):
        form = make_form()
        before = form.version
        assert form_save(form, submit_label="Go").version == before + 1

    def test_one_that_could_only_fail_does_not_go_live(self, make_form):
        optional = [{**FIELDS[0], "required": False}]
        for fields in ([], FIELDS[1:], optional):
            with pytest.raises(Invalid) as caught:
                form_go_live(make_form(live=False, fields=fields))
            assert caught.value.attr == "fields"

    def test_a_live_one_cannot_be_edited_into_failing(self, make_form):
        with pytest.raises(Invalid):
            form_save(make_form(), fields=FIELDS[1:])

    def test_the_contact_strategy_wants_a_contact_field(self, make_form):
        only_lead = [{**FIELDS[0], "contact": ""}]
        with pytest.raises(Invalid):
            form_go_live(make_form(live=False, fields=only_lead))
        make_form(fields=only_lead, mode="only_leads")

    @pytest.mark.parametrize(
        ("data", "attr"),
        [
            ({"name": ""}, "name"),
            ({"name": "x" * 100_000}, "name"),
            ({"name": "a\x00"}, "name"),
            ({"mode": "everything"}, "mode"),
            ({"redirect_path": "//evil.example"}, "redirect_path"),
            ({"state": "live"}, "state"),
            (
                {"fields": [{**FIELDS[1], "contact": "custom.nope"}]},
                "fields[0].contact",
            ),
        ],
    )
    def test_bad_data_names_its_field(self, make_form, data, attr):
        form = make_form(live=False)
        with pytest.raises(Invalid) as caught:
            form_save(form, **data)
        assert caught.value.attr == attr

    def test_a_strategy_finds_what_it_is_for(self, make_form, strategy):
        with pytest.raises(Invalid) as caught:
            make_form(live=False, contact_strategy=strategy("lead", "email"))
        assert caught.value.attr == "contact_strategy"

    def test_custom_fields_are_filled(self, make_form, send):
        CustomField.objects.create(
            entity="lead", key="roof", label="Roof", kind="number"
        )
        area = {"name": "roof", "label": "Roof", "lead": "custom.roof"}
        form = make_form(fields=[*FIELDS, area])
        good = send(form, **ADA, roof="40")
        bad = send(form, **ADA, roof="large")

        assert Lead.objects.get(pk=good.lead_id).custom == {"roof": 40}
        assert bad.state == "failed"


class TestPages:
    def test_its_html_is_cleaned_when_it_is_saved(self, make_page):
        page = make_page(content="<p onclick=x>Hi</p><script>alert(1)</script>")
        assert page.content == "<p>Hi</p>"

    def test_html_written_past_the_service_is_cleaned_when_shown(
        self, client, make_page
    ):
        page = make_page()
        Page.objects.filter(pk=page.pk).update(content="<img src=x onerror=alert(1)>")
        assert "onerror" not in client.get(f"/p/{page.slug}/").text

    def test_it_goes_live_only_with_a_live_form(self, make_form, make_page, cast):
        with pytest.raises(Refused):
            make_page(form=make_form(live=False))
        page = page_save(Page(), title="Roofs", slug="roofs", owner=cast.ann)
        with pytest.raises(Refused):
            page_go_live(page)

    def test_stopped_it_keeps_its_submissions(self, make_page, send):
        page = make_page()
        send(page.form, page, **ADA)
        page_stop(page)

        assert page.submissions.count() == 1

    def test_an_address_is_taken_once(self, make_page):
        page = make_page()
        with pytest.raises(Invalid) as caught:
            make_page(slug=page.slug)
        assert caught.value.attr == "slug"

    @pytest.mark.parametrize("text", ["<script>alert(1)</script>", '"><img src=x>'])
    def test_plain_texts_are_escaped_where_they_are_shown(
        self, client, make_form, make_page, text
    ):
        fields = [{**FIELDS[0], "label": text, "placeholder": text, "default": text}]
        form = make_form(fields=fields, name=text, submit_label=text, success_text=text)
        page = make_page(form=form, title=text, description=text)

        for address in ("", "thanks/"):
            assert text not in client.get(f"/p/{page.slug}/{address}").text


class TestRights:
    def test_roles_see_forms_pages_and_submissions(self, make_page, send, cast):
        page = make_page()
        send(page.form, page, **ADA)
        for model in (Form, Page, Submission):
            seen = {
                role: model.objects.visible_to(user).exists()
                for role, user in cast.by_role().items()
            }
            assert seen["marketer"]
            assert seen["marketing_manager"]
            assert seen["administrator"]
            assert not model.objects.visible_to(cast.nobody).exists()

    def test_a_marketer_changes_the_teams_own(self, make_form, cast):
        make_form()
        make_form(owner=cast.ben, team=cast.benelux)

        assert Form.objects.visible_to(cast.ann, "update").count() == 1
        assert Form.objects.visible_to(cast.marketing_manager, "update").count() == 2
        assert Form.objects.visible_to(cast.reader, "update").count() == 0
