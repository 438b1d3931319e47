"""Who is told of what."""

from __future__ import annotations

import datetime as dt

import pytest
from django.utils import timezone

from core.jobs.models import Job
from core.journal.consumers import Batch
from core.journal.models import Entry
from core.journal.reading import entry_row
from core.journal.services import acting, record
from core.notifications import consumers
from core.notifications.models import Notification
from core.notifications.services import preferences_save
from core.notifications.showing import shown
from crm.models import Lead
from crm.services.activities import note_add, note_update
from crm.services.lead_lifecycle import lead_mark_sales_ready
from crm.services.mentions import mentioned_names, named
from crm.services.records import record_assign
from sales.assignment.models import RuleSet
from sales.assignment.services.assign import MOMENT, leads_assign
from sales.assignment.services.definition import rule_set_create
from tests.factories import LeadFactory

pytestmark = pytest.mark.django_db


def sentence(user):
    row = Notification.objects.filter(user=user).latest("pk")
    return shown([row], user)[0].sentence


def test_assigned_to_me_by_somebody_else(told, cast):
    lead = LeadFactory(topic="Forklifts", team=cast.benelux)
    with acting(cast.sales_manager, "test"):
        record_assign(record=lead, owner=cast.ben, user=cast.sales_manager)
    assert told(cast.ben) == ["lead_assigned"]
    assert (
        sentence(cast.ben) == f"Forklifts was assigned to you by {cast.sales_manager}"
    )
    assert told(cast.sales_manager) == []


def test_what_one_does_oneself_is_no_news(told, cast):
    with acting(cast.ben, "test"):
        LeadFactory(owner=cast.ben)
    assert told(cast.ben) == []


def test_lead_of_mine_becomes_sales_ready_and_its_score_jumps(told, cast):
    lead = LeadFactory(owner=cast.ben, team=cast.benelux)
    told(cast.ben)
    Notification.objects.all().delete()
    with acting(None, "test"):
        lead_mark_sales_ready(lead_id=lead.pk, user=None, score=104)
        for old, new in ((10, 40), (40, 50), (None, 90)):
            record(
                "score.changed",
                subject=("lead", lead.pk),
                lead_id=lead.pk,
                data={"old": old, "new": new},
            )
    assert told(cast.ben) == ["sales_ready", "score_jumped"]
    assert told(cast.ann) == []


def test_long_job_is_told_and_a_short_one_is_not(told, cast):
    now = timezone.now()
    for seconds, state in ((1, "completed"), (60, "completed"), (1, "failed")):
        job = Job.objects.create(
            kind="x", label="Import", created_by=cast.ben, state=state
        )
        begun = now - dt.timedelta(seconds=seconds)
        Job.objects.filter(pk=job.pk).update(created_at=begun, finished_at=now)
        with acting(cast.ben, "test"):
            record(f"job.{state}", subject=("job", job.pk))
    assert told(cast.ben) == ["job_finished", "job_finished"]
    assert sentence(cast.ben) == "Import failed"


def test_managers_are_told_where_no_rule_has_somebody(told, cast):
    made = rule_set_create(values={"name": "Nordics", "team": cast.nordics})
    RuleSet.objects.filter(pk=made.pk).update(active=True)
    lead = LeadFactory(team=cast.nordics)
    with acting(None, "test"):
        leads_assign(lead_ids=[lead.pk], moment=MOMENT.CREATED)
    assert told(cast.sales_manager) == ["lead_unassigned"]
    assert "no rule fits" in sentence(cast.sales_manager)
    assert told(cast.admin) == []


def test_much_of_a_kind_is_one_line_that_grows(told, cast):
    leads = [LeadFactory(team=cast.benelux) for _ in range(12)]
    told(cast.ben)
    for part in (leads[:7], leads[7:]):
        with acting(cast.sales_manager, "test"):
            ids = [lead.pk for lead in part]
            Lead.objects.filter(pk__in=ids).update(owner=cast.ben)
        told(cast.ben)
    rows = Notification.objects.filter(user=cast.ben).order_by("pk")
    assert [row.number for row in rows] == [7, 1, 1, 1, 1, 1]
    with acting(cast.sales_manager, "test"):
        Lead.objects.filter(pk__in=[lead.pk for lead in leads]).update(owner=None)
        Lead.objects.filter(pk__in=[lead.pk for lead in leads]).update(owner=cast.ben)
    told(cast.ben)
    assert [row.number for row in rows.all()] == [19, 1, 1, 1, 1, 1]
    first = shown([rows.all()[0]], cast.ben)[0]
    assert first.sentence == "19 leads were assigned to you"
    assert first.url.endswith("?view=mine")


def test_nobody_is_told_twice_of_an_entry(told, cast):
    with acting(cast.sales_manager, "test"):
        lead = LeadFactory(owner=cast.ben)
    assert told(cast.ben) == ["lead_assigned"]
    entry = Entry.objects.get(name="lead.created", subject_id=lead.pk)
    again = entry_row(entry.pk)
    consumers.handle(Batch("notifications", 0, [again]))
    assert told(cast.ben) == ["lead_assigned"]


def test_preferences_and_inactive_people(told, cast):
    off = {"in_app": False, "in_digest": False}
    preferences_save(user=cast.ben, kinds={"lead_assigned": off})
    digest_only = {"lead_assigned": {"in_app": False}}
    preferences_save(user=cast.carl, kinds=digest_only)
    cast.ann.is_active = False
    cast.ann.save()
    with acting(cast.sales_manager, "test"):
        for owner in (cast.ben, cast.carl, cast.ann):
            LeadFactory(owner=owner)
    assert told(cast.ben) == []
    assert told(cast.carl) == ["lead_assigned"]
    assert not Notification.objects.visible_to(cast.carl).shown().exists()
    assert told(cast.ann) == []


def test_what_one_sees_no_more_is_not_named(told, cast):
    lead = LeadFactory(topic="Secret", team=cast.nordics)
    with acting(cast.sales_manager, "test"):
        Lead.objects.filter(pk=lead.pk).update(owner=cast.ben)
    told(cast.ben)
    Lead.objects.filter(pk=lead.pk).update(owner=cast.carl)
    row = Notification.objects.get(user=cast.ben)
    line = shown([row], cast.ben)[0]
    assert "Secret" not in line.sentence
    assert line.url == ""


# Mentions -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "names"),
    [
        ("@ben please call", ["ben"]),
        ("Ask @ben, then @carl. Or @ben again", ["ben", "carl"]),
        ("Mail info@ben.example or a.b@carl", []),
        ("(@ann) and @jo.van-dijk@firm.example", ["ann", "jo.van-dijk@firm.example"]),
        ("@@ben @ ben", []),
        ("", []),
    ],
)
def test_who_is_mentioned(body, names):
    assert mentioned_names(body) == names


def note(cast, lead, body):
    with acting(cast.sales_manager, "test"):
        return note_add(
            regarding_type="lead",
            regarding_id=lead.pk,
            body=body,
            user=cast.sales_manager,
        )


def test_mentioned_colleague_who_may_see_it_is_told_and_the_other_is_not(told, cast):
    lead = LeadFactory(topic="Forklifts", owner=cast.ben, team=cast.benelux)
    told(cast.ben)
    Notification.objects.all().delete()
    made = note(cast, lead, "@ben and @carl and @nobody and @sales_manager: call them")
    assert sorted(made.not_told) == sorted([str(cast.carl), str(cast.nobody)])
    assert told(cast.ben) == ["mentioned"]
    assert sentence(cast.ben).startswith(
        f"{cast.sales_manager} mentioned you on Forklifts: @{cast.ben} and"
    )
    assert told(cast.carl) == []
    assert told(cast.nobody) == []


def test_an_edit_tells_only_those_who_are_new(told, cast):
    lead = LeadFactory(owner=cast.sales_manager, team=cast.benelux)
    made = note(cast, lead, "@ben look")
    with acting(cast.sales_manager, "test"):
        changed = note_update(
            note=made, body="@ben look, @ann too", user=cast.sales_manager
        )
    assert list(changed.not_told) == []
    assert told(cast.ben) == ["mentioned"]
    assert told(cast.ann) == ["mentioned"]


def test_names_stand_in_the_text(cast):
    said = named(["Ask @ben.", "Mail @nobody_at_all", "plain"])
    assert said == [f"Ask @{cast.ben}.", "Mail @nobody_at_all", "plain"]
