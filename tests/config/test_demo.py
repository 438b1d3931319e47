"""The demonstration: what the first evening must show, made once, and quickly found."""

from __future__ import annotations

import re
from collections import Counter
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client, TestCase
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from config.demo.load import load
from config.demo.world import World
from core.access.models import Team, User
from core.embedded.demo import PASSWORD, USERS
from core.journal.models import Entry
from core.journal.pump import pump_to_rest
from crm.models import Account, Activity, Campaign, Contact, Lead, Note, Product
from marketing.models import Page, Submission
from marketing.services.matching import submission_match
from marketing.services.submissions import submission_retry
from sales.models import Opportunity
from scoring.models import LeadScore, ScoringModel
from segments.models import Segment
from segments.services.lifecycle import segment_create, segment_delete
from segments.services.sweep import refresh_next_due
from tests.factories import ContactFactory
from workflows.models import Workflow
from workflows.services.on_demand import workflow_dry_run
from workflows.shipped import ORPHANED_LEADS


class TestDemonstration(TestCase):
    """Loaded once; each test sees it as it was loaded."""

    @classmethod
    def setUpTestData(cls):
        load()

    def test_everybody_may_sign_in(self):
        for username in USERS:
            assert User.objects.get(username=username).check_password(PASSWORD)
        below = Team.objects.filter(parent__name="Europe")
        assert {team.name for team in below} == {"Benelux", "Nordics"}

    def test_there_is_enough_of_everything(self):
        assert Contact.objects.count() >= 300
        assert Contact.objects.marketing_only().count() >= 90
        assert 75 <= Account.objects.count() <= 110
        assert Lead.objects.count() >= 300
        assert 5 <= Product.objects.count() <= 8
        assert Campaign.objects.count() == 5
        assert Note.objects.count() > 50
        states = set(Lead.objects.values_list("state", flat=True))
        assert states == {"open", "qualified", "disqualified"}
        assert Lead.objects.open().orphaned().count() >= 30
        sold = set(Opportunity.objects.values_list("state", flat=True))
        assert sold == {"open", "won", "lost"}
        assert Opportunity.objects.count() >= 55

    def test_nothing_happened_in_the_future_and_not_all_today(self):
        now = timezone.now()
        assert not Lead.objects.filter(created_at__gt=now).exists()
        assert not Entry.objects.filter(occurred_at__gt=now).exists()
        made = Entry.objects.filter(name="lead.created").order_by("occurred_at")
        assert (now - made[0].occurred_at).days > 100
        for lead in Lead.objects.closed():
            assert lead.created_at <= lead.closed_at

    def test_about_eight_in_a_hundred_are_sales_ready(self):
        model = ScoringModel.objects.get(name="Warehouse model")
        assert model.is_live
        scored = LeadScore.objects.filter(model=model).count()
        ready = Lead.objects.sales_ready().count()
        assert 0.05 * scored <= ready <= 0.13 * scored
        for row in LeadScore.objects.filter(model=model):
            assert row.score == sum(row.breakdown.values())

    def test_segments_are_live_and_right(self):
        assert Segment.objects.live().count() == 8
        for segment in Segment.objects.live():
            assert segment.member_count == segment.memberships.count() > 0
        guests = Segment.objects.get(name="Contoso Ltd Conference")
        leads = Lead.objects.filter(topic="Contoso Ltd Conference")
        assert guests.member_count == leads.values("parent_contact").distinct().count()

    def test_at_rest_nothing_moves(self):
        before = dict(Segment.objects.values_list("pk", "member_count"))
        pump_to_rest()
        while refresh_next_due():
            pass
        assert dict(Segment.objects.values_list("pk", "member_count")) == before

    def test_failed_submissions_can_be_mended(self):
        failed = list(Submission.objects.filter(state="failed"))
        assert len(failed) == 2
        row, user = failed[0], User.objects.get(username="marketer")
        values = row.values | {"industry": "Logistics"}
        submission_retry(user=user, submission=row, values=values)
        done = submission_match(submission_id=row.pk, wait=True)
        assert done is not None
        assert done.state == Submission.State.SUCCESS

    def test_the_workflow_waits_for_somebody(self):
        workflow = Workflow.objects.get(key=ORPHANED_LEADS)
        assert workflow.state == "inactive"
        assert workflow_dry_run(workflow=workflow).count >= 30

    def test_the_landing_page_is_public(self):
        page = Page.objects.get(slug="warehouse-day")
        assert Client().get(page.get_absolute_url()).status_code == 200

    def test_one_contact_has_a_life(self):
        contact = Contact.objects.get(email__startswith="m.vandenberg")
        states = sorted(contact.leads.values_list("state", flat=True))
        assert states == ["open", "qualified"]
        assert contact.leads.values("product").distinct().count() == 2
        assert contact.opportunities.filter(state="won").exists()
        assert contact.do_not_bulk_email
        assert not contact.do_not_email
        names = set(Entry.objects.of_contact(contact.pk).values_list("name", flat=True))
        assert {"website.visited", "form.submitted", "score.changed"} <= names
        assert Activity.objects.filter(contact=contact, kind="phone_call").exists()
        child = Contact.objects.get(is_child=True)
        assert child.guardian is not None
        assert child.guardian.last_name == child.last_name

    def test_a_second_run_changes_nothing(self):
        before = Entry.objects.count(), Lead.objects.count()
        said = StringIO()
        call_command("demo", stdout=said)
        assert "already" in said.getvalue()
        assert before == (Entry.objects.count(), Lead.objects.count())

    def test_homes_take_the_same_queries_for_one_row_or_many(self):
        for username in ("marketer", "seller1"):
            client = Client()
            client.force_login(User.objects.get(username=username))
            client.get("/")
            with CaptureQueriesContext(connection) as many:
                assert client.get("/").status_code == 200
            _keep_one(Activity.objects.pending().filter(owner__username=username))
            _keep_one(Lead.objects.sales_ready().filter(owner__username="seller1"))
            with CaptureQueriesContext(connection) as one:
                assert client.get("/").status_code == 200
            assert len(one) == len(many), _more(many, one)
            assert len(many) < 50


def _more(many, one):
    """The statements of one run that the other has not, to be read on failure."""
    shapes = [
        Counter(re.sub(r"[\d']+", "", q["sql"]) for q in run) for run in (many, one)
    ]
    return [*(shapes[0] - shapes[1]), "but", *(shapes[1] - shapes[0])]


def _keep_one(rows):
    rows.exclude(pk=rows.order_by("pk")[0].pk).delete()


def test_chance_repeats():
    first, second = World(), World()
    people = [[w.person("Sweden") for _ in range(20)] for w in (first, second)]
    assert people[0] == people[1]


def test_a_database_in_use_is_left_alone(db):
    ContactFactory()
    with pytest.raises(CommandError, match="Nothing was loaded"):
        call_command("demo")
    assert not User.objects.filter(username__in=USERS).exists()


def test_a_database_that_was_in_use_keeps_its_history(db):
    """Dates are turned back by kind of record: nobody else's may be among them."""
    segment = segment_create(user=None, name="Ours")
    segment_delete(segment_id=segment.pk)
    told = Entry.objects.filter(subject_type="segment").values_list("pk", "occurred_at")
    before = list(told)
    assert before
    with pytest.raises(CommandError, match="Nothing was loaded"):
        call_command("demo")
    assert list(told.all()) == before
