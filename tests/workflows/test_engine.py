"""Triggers, branches, waits; every effect once."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from core.base.errors import Invalid, Refused
from core.journal.models import Entry
from core.journal.services import record
from crm.models import Activity, Contact, Lead
from segments.models import Membership
from segments.services.lifecycle import segment_create, segment_delete
from segments.services.membership import members_change
from segments.usage import usage_of
from tests.factories import ContactFactory, LeadFactory
from tests.workflows.conftest import settle, step, time_passes
from workflows.models import Run
from workflows.services.definition import (
    workflow_activate,
    workflow_create,
    workflow_deactivate,
    workflow_update,
)
from workflows.steps import records

pytestmark = pytest.mark.django_db
HOT = step("set_field", field="rating", value="hot")
ACTIVITY = {
    "type": "create_activity",
    "params": {"kind": "task", "subject": "Call", "due_in_days": 2},
}
ROME = {"field": "city", "op": "eq", "value": "Rome"}


def rating(lead):
    return Lead.objects.get(pk=lead.pk).rating


class TestTriggers:
    def test_created(self, active):
        active(HOT, on_created=True)
        lead = LeadFactory()
        settle()
        assert rating(lead) == "hot"

    def test_changed_only_by_the_named_fields(self, active):
        active(HOT, on_changed=["city"])
        lead = LeadFactory()
        Lead.objects.filter(pk=lead.pk).update(job_title="Chef")
        settle()
        assert rating(lead) == ""
        Lead.objects.filter(pk=lead.pk).update(city="Rome")
        settle()
        assert rating(lead) == "hot"

    def test_event(self, active):
        active(HOT, on_events=["form.submitted"])
        lead = LeadFactory()
        record("form.submitted", lead_id=lead.pk)
        settle()
        assert rating(lead) == "hot"

    def test_inactive_workflow_does_nothing(self, active):
        workflow = active(HOT, on_created=True)
        workflow_deactivate(workflow_id=workflow.pk)
        lead = LeadFactory()
        settle()
        assert rating(lead) == ""

    def test_record_before_activation_is_left_alone(self, active):
        lead = LeadFactory()
        active(HOT, on_created=True)
        settle()
        assert rating(lead) == ""

    def test_condition_that_does_not_hold_is_skipped_and_says_so(self, active):
        active(HOT, on_created=True, condition=ROME)
        lead = LeadFactory(city="Oslo")
        settle()
        run = Run.objects.get(subject_id=lead.pk)
        assert (rating(lead), run.state) == ("", "skipped")
        assert "does not hold" in run.log[0]["detail"]


class TestSteps:
    def test_assign_and_activity(self, active, cast):
        active(
            step("assign", user=cast.ben.pk),
            ACTIVITY,
            on_created=True,
        )
        lead = LeadFactory()
        settle()
        lead.refresh_from_db()
        activity = Activity.objects.get(lead=lead)
        assert (lead.owner, lead.team, activity.owner) == (
            cast.ben,
            cast.benelux,
            cast.ben,
        )
        assert (activity.due_at - timezone.now()).days in (1, 2)

    def test_marketing_only_is_set_and_cleared_through_a_lead(self, active):
        active(step("set_marketing_only", marketing_only=False), on_created=True)
        contact = ContactFactory(marketing_only=True)
        lead, orphan = LeadFactory(parent_contact=contact), LeadFactory()
        settle()
        assert not Contact.objects.get(pk=contact.pk).marketing_only
        assert Run.objects.get(subject_id=orphan.pk).log[0]["result"] == "skipped"
        assert Run.objects.get(subject_id=lead.pk).log[0]["result"] == "done"

    def test_add_to_static_segment(self, active, cast):
        segment = segment_create(user=cast.ann, name="Picked", kind="static")
        active(step("add_to_segment", segment=segment.pk), on_created=True)
        contact = ContactFactory()
        LeadFactory(parent_contact=contact)
        settle()
        row = Membership.objects.get(segment=segment)
        assert row.contact_id == contact.pk

    def test_refusal_of_one_record_is_its_outcome_and_stops_nobody_else(self, active):
        active(HOT, on_created=True)
        closed = LeadFactory(state="disqualified", status_reason="lost")
        lead = LeadFactory()
        settle()
        assert rating(lead) == "hot"
        assert Run.objects.get(subject_id=closed.pk).log[0]["result"] == "skipped"


class TestFlow:
    def branch(self, then, other):
        return {
            "type": "branch",
            "params": {"condition": ROME},
            "then": then,
            "else": other,
        }

    @pytest.mark.parametrize(("town", "found"), [("Rome", "hot"), ("Oslo", "cold")])
    def test_branch_takes_one_way_and_goes_on_after(self, active, town, found):
        cold = step("set_field", field="rating", value="cold")
        after = step("set_field", field="job_title", value="Chef")
        active(self.branch([HOT], [cold]), after, on_created=True)
        lead = LeadFactory(city=town)
        settle()
        run = Run.objects.get(subject_id=lead.pk)
        assert rating(lead) == found
        assert (run.state, len(run.log)) == ("completed", 3)

    def test_wait_holds_until_its_time(self, active):
        active(step("wait", **{"for": {"days": 3}}), HOT, on_created=True)
        lead = LeadFactory()
        settle()
        run = Run.objects.get(subject_id=lead.pk)
        assert (run.state, rating(lead)) == ("waiting", "")
        time_passes()
        assert rating(lead) == "hot"

    def test_run_keeps_the_version_it_began_with(self, active):
        workflow = active(step("wait", **{"for": {"days": 3}}), HOT, on_created=True)
        lead = LeadFactory()
        settle()
        workflow_update(
            workflow_id=workflow.pk,
            steps=[step("set_field", field="rating", value="cold")],
        )
        time_passes()
        assert rating(lead) == "hot"

    def test_deactivating_stops_what_waits(self, active):
        workflow = active(step("wait", **{"for": {"days": 3}}), HOT, on_created=True)
        lead = LeadFactory()
        settle()
        workflow_deactivate(workflow_id=workflow.pk)
        time_passes()
        assert Run.objects.get(subject_id=lead.pk).state == "stopped"
        assert rating(lead) == ""

    def test_stop_ends_the_run(self, active):
        active(self.branch([{"type": "stop"}], []), HOT, on_created=True)
        lead = LeadFactory(city="Rome")
        settle()
        assert (rating(lead), Run.objects.get(subject_id=lead.pk).state) == (
            "",
            "completed",
        )


class TestOnce:
    def test_own_effects_do_not_start_it_again(self, active):
        active(
            step("set_field", field="job_title", value="Chef"),
            on_created=True,
            on_changed=["job_title"],
        )
        lead = LeadFactory()
        settle()
        assert Run.objects.filter(subject_id=lead.pk).count() == 1

    def test_two_workflows_that_trigger_each_other_end(self, active):
        for before, after in (("A", "B"), ("B", "A")):
            active(
                step("set_field", field="job_title", value=after),
                on_changed=["job_title"],
                condition={"field": "job_title", "op": "eq", "value": before},
            )
        lead = LeadFactory()
        Lead.objects.filter(pk=lead.pk).update(job_title="A")
        settle()
        assert 2 <= Run.objects.filter(subject_id=lead.pk).count() <= 20

    def test_effects_name_the_workflow_and_their_cause(self, active):
        workflow = active(HOT, on_created=True)
        lead = LeadFactory()
        settle()
        made = Entry.objects.get(name="lead.created", subject_id=lead.pk)
        effect = Entry.objects.get(name="lead.updated", subject_id=lead.pk)
        assert effect.via == f"workflow:{workflow.pk}"
        assert (effect.cause_id, effect.depth) == (made.pk, 1)

    def test_many_at_once_take_as_many_statements_as_one(self, active):
        active(step("set_marketing_only", marketing_only=False), on_created=True)
        counts = []
        for number in (2, 20):
            for _ in range(number):
                LeadFactory(parent_contact=ContactFactory(marketing_only=True))
            with CaptureQueriesContext(connection) as queries:
                settle()
            counts.append(len(queries))
        assert not Contact.objects.filter(marketing_only=True).exists()
        assert Run.objects.filter(state="completed").count() == 22
        assert counts[0] == counts[1]


class TestRefused:
    @pytest.mark.parametrize(
        ("steps", "attr"),
        [
            ([], "steps"),
            ([step("fly")], "steps.0.type"),
            ([step("set_field", field="shoe", value=1)], "steps.0.params.field"),
            ([step("set_field", field="rating")], "steps.0.params.value"),
            ([step("assign")], "steps.0.params.user"),
            ([step("assign", user=1, colour="red")], "steps.0.params.colour"),
        ],
    )
    def test_what_could_never_work_is_not_activated(self, active, steps, attr):
        with pytest.raises(Invalid) as caught:
            active(*steps, on_created=True)
        assert caught.value.attr == attr

    @pytest.mark.parametrize(
        ("steps", "attr"),
        [
            ("no list", "steps"),
            ([1], "steps[0]"),
            (
                [{"type": "wait", "params": {"for": {"years": 1}}}],
                "steps[0].params.for",
            ),
            ([{"type": "stop", "colour": 1}], "steps[0].colour"),
        ],
    )
    def test_what_is_no_tree_of_steps_is_not_saved(self, cast, steps, attr):
        with pytest.raises(Invalid) as caught:
            workflow_create(user=cast.admin, name="W", entity="lead", steps=steps)
        assert caught.value.attr == attr

    def test_broken_condition_names_its_place(self, active):
        with pytest.raises(Invalid) as caught:
            active(HOT, condition={"and": [{"field": "shoe", "op": "blank"}]})
        assert caught.value.attr == "condition.and[0].field"

    def test_activating_and_deactivating_twice(self, active, cast):
        workflow = active(HOT, on_created=True)
        with pytest.raises(Refused):
            workflow_activate(workflow_id=workflow.pk)
        workflow_deactivate(workflow_id=workflow.pk)
        with pytest.raises(Refused):
            workflow_deactivate(workflow_id=workflow.pk)


def test_failing_step_is_tried_one_by_one_and_given_up(active, monkeypatch):
    active(HOT, on_created=True)
    good, bad = LeadFactory(), LeadFactory()
    real = records.record_update

    def update(*, record, **more):
        if record.pk == bad.pk:
            raise RuntimeError("broken")
        return real(record=record, **more)

    monkeypatch.setattr(records, "record_update", update)
    for _ in range(6):
        time_passes()
    assert rating(good) == "hot"
    run = Run.objects.get(subject_id=bad.pk)
    assert (run.state, run.error, run.attempts) == ("failed", "broken", 5)


class TestSegments:
    def test_entering_one_of_the_segments_starts_it(self, active, cast):
        ours = segment_create(user=cast.ann, name="Ours", kind="static")
        other = segment_create(user=cast.ann, name="Other", kind="static")
        out = segment_create(user=cast.ann, name="Out", kind="static")
        people = [ContactFactory() for _ in range(2)]
        members_change(segment_id=out.pk, add=[person.pk for person in people])
        active(
            step("remove_from_segment", segment=out.pk),
            entity="contact",
            on_events=["segment.entered"],
            on_segments=[ours.pk],
        )
        members_change(segment_id=ours.pk, add=[people[0].pk])
        members_change(segment_id=other.pk, add=[people[1].pk])
        settle()
        left = Membership.objects.filter(segment=out).values_list("contact", flat=True)
        assert list(left) == [people[1].pk]

    def test_leads_enter_no_segments(self, active, cast):
        segment = segment_create(user=cast.ann, name="Ours", kind="static")
        with pytest.raises(Invalid) as caught:
            active(
                step("add_to_segment", segment=segment.pk),
                on_events=["segment.left"],
            )
        assert caught.value.attr == "on_events"

    def test_a_segment_that_a_workflow_names_is_not_deleted(self, active, cast):
        segment = segment_create(user=cast.ann, name="Ours", kind="static")
        active(step("add_to_segment", segment=segment.pk), name="Fills it")
        with pytest.raises(Refused, match=r"Fills it \(workflow\)"):
            segment_delete(segment_id=segment.pk)
        (use,) = usage_of(segment.pk, cast.ann)
        assert (use.name, use.live) == ("Fills it", True)
