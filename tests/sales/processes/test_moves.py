"""Every path through both processes lands in the stage that the rules name."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from core.base.errors import Denied, Invalid, Refused
from core.journal.models import Entry
from core.journal.services import acting
from crm.models import Lead, Process, StageStay
from crm.processes.reading import standing
from crm.services.lead_lifecycle import (
    lead_mark_sales_ready,
    lead_reactivate,
    lead_return_to_marketing,
    lead_take_over,
)
from crm.services.lead_scoring import (
    leads_become_sales_ready,
    leads_start_qualification,
)
from crm.services.processes import process_definitions, process_save
from sales.processes.moves import process_move
from sales.processes.steps import process_steps
from sales.services.lead_qualify import lead_qualify
from sales.services.opportunities import opportunity_create
from tests.factories import LeadFactory

pytestmark = pytest.mark.django_db

INQUIRY = "inquiry"
AUTOMATED = "automated_marketing_qualification"
TELE_ACCEPT = "teleprospecting_acceptance"
TELE_QUALIFY = "teleprospecting_qualification"
ACCEPTANCE = "sales_acceptance"
QUALIFY = "qualify"


def move(record, name, user=None, **options):
    entity = record._meta.model_name
    return process_move(
        entity=entity, record_id=record.pk, user=user, move=name, **options
    )


def steps(record, user=None, stage=None, **values):
    entity = record._meta.model_name
    return process_steps(
        entity=entity, record_id=record.pk, user=user, values=values, stage=stage
    )


def place(record):
    record.refresh_from_db()
    if record._meta.model_name == "lead":
        return record.process, record.stage
    return record.process, record.process_stage


def scored(lead):
    leads_start_qualification(lead_ids=[lead.pk])


def over_the_threshold(lead):
    leads_become_sales_ready(scores={lead.pk: 90})


def by_hand(lead):
    lead_mark_sales_ready(lead_id=lead.pk, user=None)


# Each path: what happens, and where the lead stands after each.
NEXT = [
    ("next", ("marketing", AUTOMATED)),
    ("next", ("marketing", TELE_ACCEPT)),
    ("next", ("marketing", TELE_QUALIFY)),
    ("next", ("sales", ACCEPTANCE)),
    ("next", ("sales", QUALIFY)),
]
PATHS = {
    "stage by stage": NEXT,
    "by scores": [
        (scored, ("marketing", AUTOMATED)),
        (over_the_threshold, ("sales", ACCEPTANCE)),
        ({"accepted": True}, ("sales", QUALIFY)),
    ],
    "scores skip automated qualification": [
        (over_the_threshold, ("sales", ACCEPTANCE)),
    ],
    "marked by hand": [(by_hand, ("sales", ACCEPTANCE)), ("next", ("sales", QUALIFY))],
    "sales ready ticked while waiting": [
        (scored, ("marketing", AUTOMATED)),
        ({"sales_ready": True}, ("sales", ACCEPTANCE)),
    ],
    "teleprospecting": [
        (scored, ("marketing", AUTOMATED)),
        ({"tele_ready": True}, ("marketing", TELE_ACCEPT)),
        ({"accepted": True}, ("marketing", TELE_QUALIFY)),
        ({"sales_ready": True}, ("sales", ACCEPTANCE)),
        ({"accepted": True}, ("sales", QUALIFY)),
    ],
    "scores overtake the call": [
        (scored, ("marketing", AUTOMATED)),
        ({"tele_ready": True}, ("marketing", TELE_ACCEPT)),
        (over_the_threshold, ("sales", ACCEPTANCE)),
    ],
    "a late first score moves nobody back": [
        ("next", ("marketing", AUTOMATED)),
        ("next", ("marketing", TELE_ACCEPT)),
        (scored, ("marketing", TELE_ACCEPT)),
    ],
    "and back again": [
        ("next", ("marketing", AUTOMATED)),
        ("next", ("marketing", TELE_ACCEPT)),
        ("back", ("marketing", AUTOMATED)),
        ("back", ("marketing", INQUIRY)),
    ],
}


@pytest.mark.parametrize("path", PATHS.values(), ids=PATHS)
def test_every_path_lands_in_the_stage_that_the_rules_name(path):
    lead = LeadFactory()
    for act, expected in path:
        if isinstance(act, str):
            move(lead, act)
        elif isinstance(act, dict):
            steps(lead, **act)
        else:
            act(lead)
        assert place(lead) == expected
    at = standing("lead", lead, process_definitions())
    assert at.age == sum((s.left_at - s.entered_at for s in at.stays), at.here)


@pytest.mark.parametrize(
    "stage", [AUTOMATED, TELE_ACCEPT, TELE_QUALIFY, ACCEPTANCE], ids=str
)
def test_any_stage_can_be_entered_by_hand(stage, cast):
    lead = LeadFactory()
    with acting(cast.ann, via="browser"):
        move(lead, "enter", cast.ann, stage=stage)
    handed = stage == ACCEPTANCE
    assert place(lead) == ("sales" if handed else "marketing", stage)
    assert lead.sales_ready is handed
    told = Entry.objects.filter(name="lead.stage_entered", subject_id=lead.pk)
    assert told.count() == 1
    changes = Entry.objects.filter(name="lead.updated", subject_id=lead.pk)
    assert any("stage" in entry.data["changes"] for entry in changes)


def test_the_sales_process_goes_on_with_the_opportunity_to_its_end(cast):
    lead = LeadFactory(owner=cast.ben, team=cast.benelux, company_name="")
    lead_take_over(lead_id=lead.pk, user=cast.admin)
    assert place(lead) == ("sales", QUALIFY)
    with pytest.raises(Refused) as caught:
        move(lead, "next")
    assert caught.value.code == "qualify_to_continue"
    result = lead_qualify(lead_id=lead.pk, user=None)
    opportunity = result.opportunity_record
    lead.refresh_from_db()
    assert (lead.process_state, lead.stage) == ("crossed", QUALIFY)
    assert place(opportunity) == ("sales", "develop")
    for stage in ("propose", "close"):
        move(opportunity, "next")
        assert place(opportunity) == ("sales", stage)
    with pytest.raises(Refused) as caught:
        move(opportunity, "next")
    assert caught.value.code == "last_stage"
    move(opportunity, "finish")
    opportunity.refresh_from_db()
    assert opportunity.process_state == "finished"
    with pytest.raises(Refused) as caught:
        move(opportunity, "back")
    assert caught.value.code == "process_over"


def test_without_an_opportunity_the_flow_does_not_move():
    lead = LeadFactory(company_name="")
    lead_qualify(lead_id=lead.pk, user=None, create_opportunity=False)
    lead.refresh_from_db()
    assert (lead.stage, lead.process_state) == (INQUIRY, "active")


def test_a_reactivated_lead_is_under_way_again():
    lead = LeadFactory(company_name="")
    lead_qualify(lead_id=lead.pk, user=None)
    lead_reactivate(lead_id=lead.pk, user=None)
    lead.refresh_from_db()
    assert (lead.process_state, lead.process_ended_at) == ("active", None)


def test_a_closed_lead_stays_where_it_is():
    lead = LeadFactory(company_name="")
    lead_qualify(lead_id=lead.pk, user=None)
    for name, options in (
        ("next", {}),
        ("abandon", {}),
        ("switch", {"process": "sales"}),
    ):
        with pytest.raises(Refused) as caught:
            move(lead, name, **options)
        assert caught.value.code == "lead_closed"
    with pytest.raises(Refused):
        steps(lead, contact=None)


def test_a_salespersons_own_lead_is_never_moved_by_scores(cast):
    lead = LeadFactory(entered_by_sales=True, process="sales", stage=QUALIFY)
    scored(lead)
    over_the_threshold(lead)
    assert place(lead) == ("sales", QUALIFY)
    assert not lead.sales_ready
    by_hand(lead)
    assert place(lead) == ("sales", QUALIFY)


def test_a_returned_lead_waits_in_automated_qualification_and_is_held():
    lead = LeadFactory()
    over_the_threshold(lead)
    lead_return_to_marketing(lead_id=lead.pk, user=None, reason="Too early")
    assert place(lead) == ("marketing", AUTOMATED)
    over_the_threshold(lead)
    assert place(lead) == ("marketing", AUTOMATED)


def test_each_process_keeps_its_place():
    lead = LeadFactory()
    move(lead, "enter", stage=TELE_ACCEPT)
    move(lead, "switch", process="sales")
    assert place(lead) == ("sales", QUALIFY)
    move(lead, "switch", process="marketing")
    assert place(lead) == ("marketing", TELE_ACCEPT)
    by_hand(lead)
    move(lead, "switch", process="marketing")
    assert place(lead) == ("marketing", ACCEPTANCE)
    move(lead, "switch", process="sales")
    assert place(lead) == ("sales", QUALIFY)


def test_required_steps_hold_next_but_not_set_active():
    process_save(
        process=Process.objects.get(key="marketing"),
        values={"stages": _with_required(INQUIRY, "contact")},
    )
    lead = LeadFactory()
    with pytest.raises(Refused) as caught:
        move(lead, "next")
    assert caught.value.code == "steps_missing"
    assert caught.value.extra == {"missing": ["contact"]}
    move(lead, "enter", stage=AUTOMATED)
    assert place(lead) == ("marketing", AUTOMATED)


def _with_required(stage, step):
    stages = Process.objects.get(key="marketing").stages
    for each in stages:
        for one in each["steps"]:
            one["required"] = (each["key"], one["key"]) == (stage, step)
    return stages


def test_ticks_of_a_stage_are_kept_with_the_record(cast):
    row = opportunity_create(user=None, values={"name": "Pilot"})
    steps(row, stakeholders=True, need="Faster picking")
    row.refresh_from_db()
    assert row.need == "Faster picking"
    assert row.process_ticks == {"develop.stakeholders": True}
    with pytest.raises(Invalid) as caught:
        steps(row, competitors="yes")
    assert caught.value.attr == "competitors"
    with pytest.raises(Invalid):
        steps(row, unknown=True)


def test_sales_ready_cannot_be_unticked():
    lead = LeadFactory()
    by_hand(lead)
    move(lead, "switch", process="marketing")
    with pytest.raises(Refused) as caught:
        steps(lead, stage=AUTOMATED, sales_ready=False)
    assert caught.value.code == "sales_ready_stays"


def test_an_abandoned_process_can_be_resumed_where_it_ended():
    lead = LeadFactory()
    move(lead, "next")
    move(lead, "abandon", reason="Bought elsewhere")
    lead.refresh_from_db()
    assert (lead.state, lead.process_state) == ("open", "abandoned")
    with pytest.raises(Refused):
        move(lead, "next")
    move(lead, "resume")
    assert place(lead) == ("marketing", AUTOMATED)


def test_whoever_saw_another_stage_moves_nothing():
    lead = LeadFactory()
    move(lead, "next", from_stage=INQUIRY)
    with pytest.raises(Refused) as caught:
        move(lead, "next", from_stage=INQUIRY)
    assert caught.value.code == "stage_moved"
    assert place(lead) == ("marketing", AUTOMATED)


RIGHTS = {
    "administrator": True,
    "marketing_manager": True,
    "marketer": True,
    "sales_manager": True,
    "salesperson": True,
    "integration": True,
    "read_only": False,
}


@pytest.mark.parametrize("role", RIGHTS)
def test_who_may_move_a_lead_of_their_own_team(role, cast):
    lead = LeadFactory(owner=cast.ben, team=cast.benelux)
    user = cast.by_role()[role]
    if RIGHTS[role]:
        move(lead, "next", user)
        assert place(lead) == ("marketing", AUTOMATED)
    else:
        with pytest.raises(Denied):
            move(lead, "next", user)


def test_a_colleagues_lead_is_not_moved_by_a_salesperson(cast):
    lead = LeadFactory(owner=cast.sales_manager, team=cast.benelux)
    with pytest.raises(Denied):
        move(lead, "next", cast.ben)
    hidden = LeadFactory(owner=cast.carl, team=cast.nordics)
    with pytest.raises(Lead.DoesNotExist):
        move(hidden, "next", cast.ben)


def test_the_time_in_stages_adds_up_whoever_moves():
    start = timezone.now() - timedelta(days=40)
    lead = LeadFactory()
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE crm_lead SET created_at = %s, stage_since = %s WHERE id = %s",
            [start, start, lead.pk],
        )
    Lead.objects.filter(pk=lead.pk).update(stage=AUTOMATED)
    scored(lead)
    over_the_threshold(lead)
    move(lead, "next")
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE crm_lead SET stage = 'sales_acceptance' WHERE id = %s", [lead.pk]
        )
    lead.refresh_from_db()
    at = standing("lead", lead, process_definitions())
    times = [shown.spent for shown in at.shown]
    total = at.spent("marketing", INQUIRY) + at.spent("marketing", AUTOMATED)
    assert total + sum(times, timedelta()) == at.age
    assert at.age == at.until - start
    stays = list(StageStay.objects.filter(record_id=lead.pk).order_by("pk"))
    assert stays[0].entered_at == start
    assert [s.left_at for s in stays[:-1]] == [s.entered_at for s in stays[1:]]
    assert stays[-1].left_at == lead.stage_since
