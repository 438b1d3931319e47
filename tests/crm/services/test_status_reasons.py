"""Reasons of states: shipped ones, added ones, defaults, retirement."""

from __future__ import annotations

import pytest

from core.base.errors import Invalid, Refused
from core.journal.models import Entry
from core.journal.services import acting
from crm.models import StatusReason
from crm.services.lead_lifecycle import lead_disqualify
from crm.services.status_reasons import (
    Reasons,
    reason_in_state,
    reason_label,
    status_reason_delete,
    status_reason_save,
)
from tests.factories import LeadFactory

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("reason", "state"),
    [
        ("new", "open"),
        ("contacted", "open"),
        ("qualified", "qualified"),
        ("lost", "disqualified"),
        ("cannot_contact", "disqualified"),
        ("no_longer_interested", "disqualified"),
        ("canceled", "disqualified"),
    ],
)
def test_every_reason_of_a_lead_belongs_to_one_state(reason, state):
    assert Reasons("lead").state_of(reason) == state
    assert reason_in_state(state, reason) == reason


@pytest.mark.parametrize(
    ("state", "reason"),
    [("disqualified", "new"), ("qualified", "lost"), ("open", "happy")],
)
def test_a_reason_of_another_state_is_refused_at_its_field(state, reason):
    with pytest.raises(Invalid) as caught:
        reason_in_state(state, reason)
    assert caught.value.attr == "status_reason"


@pytest.mark.parametrize(
    ("state", "default"),
    [("open", "new"), ("qualified", "qualified"), ("disqualified", "lost")],
)
def test_a_state_without_a_reason_takes_its_default(state, default):
    assert reason_in_state(state, None) == default


@pytest.mark.parametrize(
    ("state", "reason", "expected"),
    [("open", None, "in_progress"), ("lost", "out_sold", "out_sold")],
)
def test_reasons_of_opportunities(state, reason, expected):
    reasons = Reasons("opportunity")
    assert reasons.in_state(state, reason) == expected
    with pytest.raises(Invalid):
        reasons.in_state(state, "cannot_contact")


@pytest.fixture
def budget():
    """A reason that an administrator added."""
    return status_reason_save(
        row=StatusReason(),
        values={
            "entity": "lead",
            "state": "disqualified",
            "value": "no_budget",
            "label": "No budget",
        },
    )


def test_an_added_reason_closes_a_lead_and_is_told_by_its_name(budget, cast):
    lead = LeadFactory(owner=cast.ben)
    with acting(cast.ben, via="api"):
        lead_disqualify(lead_id=lead.pk, user=cast.ben, status_reason="no_budget")
    lead.refresh_from_db()
    assert (lead.state, lead.status_reason) == ("disqualified", "no_budget")
    told = Entry.objects.get(name="lead.disqualified", subject_id=lead.pk)
    assert told.data["reason_label"] == "No budget"


def test_a_retired_reason_cannot_be_chosen_and_stays_where_it_is(budget, cast):
    lead = LeadFactory(owner=cast.ben)
    lead_disqualify(lead_id=lead.pk, user=cast.ben, status_reason="no_budget")
    status_reason_save(row=budget, values={"active": False})
    with pytest.raises(Invalid):
        reason_in_state("disqualified", "no_budget")
    assert reason_label("no_budget") == "No budget"
    with pytest.raises(Refused) as caught:
        status_reason_delete(row=budget)
    assert caught.value.code == "in_use"


def test_a_new_default_replaces_the_old_one(budget):
    status_reason_save(row=budget, values={"is_default": True})
    assert reason_in_state("disqualified", None) == "no_budget"
    rows = StatusReason.objects.filter(entity="lead", state="disqualified")
    assert rows.filter(is_default=True).count() == 1
    with pytest.raises(Refused) as caught:
        status_reason_save(row=budget, values={"active": False})
    assert caught.value.code == "default_needed"


@pytest.mark.parametrize(
    ("values", "attr"),
    [
        ({"state": "won"}, "state"),
        ({"value": "canceled"}, None),
        ({"value": "No spaces!"}, "value"),
        ({"label": ""}, "label"),
    ],
)
def test_a_wrong_reason_is_refused_at_its_field(values, attr):
    base = {"entity": "lead", "state": "open", "value": "paused", "label": "Paused"}
    with pytest.raises(Invalid) as caught:
        status_reason_save(row=StatusReason(), values=base | values)
    found = caught.value.extra.get("errors") or [{"attr": caught.value.attr}]
    assert attr in {each["attr"] for each in found}


def test_shipped_reasons_stay_and_keep_their_key():
    lost = StatusReason.objects.get(entity="lead", value="canceled")
    with pytest.raises(Refused):
        status_reason_delete(row=lost)
    with pytest.raises(Refused):
        status_reason_save(row=lost, values={"value": "other"})
    assert status_reason_save(row=lost, values={"label": "Dropped"}).label == "Dropped"
