"""Disqualify, reactivate, return to marketing, mark sales ready, take over."""

from __future__ import annotations

import pytest

from core.base.errors import Denied, Invalid, Refused, Stale
from core.journal.models import Entry
from core.journal.services import acting
from crm.models import Lead, Note
from crm.services.lead_lifecycle import (
    lead_disqualify,
    lead_mark_sales_ready,
    lead_reactivate,
    lead_return_to_marketing,
    lead_take_over,
)
from tests.factories import LeadFactory

pytestmark = pytest.mark.django_db


def do(service, lead, user, **options):
    with acting(user, via="api"):
        return service(lead_id=lead.pk, user=user, **options)


def mine(cast, **values):
    return LeadFactory(owner=cast.ben, team=cast.benelux, **values)


def told(name):
    return Entry.objects.get(name=name)


def test_disqualified_with_a_reason_and_a_note(cast):
    lead = mine(cast)
    do(lead_disqualify, lead, cast.ben, status_reason="canceled", note="Went abroad")
    lead.refresh_from_db()
    assert (lead.state, lead.status_reason) == ("disqualified", "canceled")
    assert lead.closed_by == cast.ben
    assert Note.objects.get(lead=lead).body == "Went abroad"
    assert told("lead.disqualified").data["status_reason"] == "canceled"


def test_disqualified_without_a_reason_is_lost(cast):
    assert do(lead_disqualify, mine(cast), cast.ben).status_reason == "lost"


@pytest.mark.parametrize("reason", ["new", "qualified", "nonsense"])
def test_a_reason_of_another_state_changes_nothing(cast, reason):
    lead = mine(cast)
    with pytest.raises(Invalid) as caught:
        do(lead_disqualify, lead, cast.ben, status_reason=reason)
    assert caught.value.attr == "status_reason"
    lead.refresh_from_db()
    assert lead.state == "open"


def test_a_note_that_cannot_be_stored_disqualifies_nothing(cast):
    lead = mine(cast)
    with pytest.raises(Invalid):
        do(lead_disqualify, lead, cast.ben, note="a\x00b")
    lead.refresh_from_db()
    assert lead.state == "open"


def test_reactivated_it_is_new_again(cast):
    lead = mine(cast)
    with pytest.raises(Refused):
        do(lead_reactivate, lead, cast.ben)
    do(lead_disqualify, lead, cast.ben)
    do(lead_reactivate, lead, cast.ben)
    lead.refresh_from_db()
    assert (lead.state, lead.status_reason) == ("open", "new")
    assert (lead.closed_at, lead.closed_by) == (None, None)
    assert told("lead.reactivated").data["status_reason"] == "lost"


@pytest.mark.parametrize(
    "service",
    [lead_disqualify, lead_return_to_marketing, lead_mark_sales_ready, lead_take_over],
)
def test_a_closed_lead_is_read_only(cast, service):
    lead = mine(cast)
    do(lead_disqualify, lead, cast.ben)
    with pytest.raises(Refused) as caught:
        do(service, lead, cast.ben)
    assert caught.value.code == "lead_closed"


def test_marked_sales_ready_it_enters_sales_acceptance(cast):
    lead = LeadFactory()
    do(lead_mark_sales_ready, lead, cast.ann)
    lead.refresh_from_db()
    assert lead.sales_ready
    assert (lead.stage, lead.process) == ("sales_acceptance", "sales")
    assert lead.sales_ready_at is not None
    assert lead.sales_ready_score is None
    with pytest.raises(Refused):
        do(lead_mark_sales_ready, lead, cast.ann)


def test_returned_to_marketing_it_is_held_and_goes_to_its_previous_owner(cast):
    lead = LeadFactory(owner=cast.ann, team=cast.marketing, status_reason="contacted")
    do(lead_mark_sales_ready, lead, None, score=92)
    Lead.objects.filter(pk=lead.pk).update(owner=cast.ben, team=cast.benelux)
    do(lead_return_to_marketing, lead, cast.ben, reason="Budget next year")
    lead.refresh_from_db()
    assert (lead.state, lead.status_reason) == ("open", "contacted")
    assert not lead.sales_ready
    assert (lead.sales_ready_at, lead.sales_ready_score) == (None, None)
    assert (lead.process, lead.stage) == (
        "marketing",
        "automated_marketing_qualification",
    )
    assert lead.returned_at is not None
    assert (lead.owner, lead.team) == (cast.ann, cast.marketing)
    assert Note.objects.get(lead=lead).body == "Budget next year"
    entry = told("lead.returned_to_marketing")
    assert entry.data == {
        "reason": "Budget next year",
        "owner": [cast.ben.pk, cast.ann.pk],
    }


def test_returned_to_whom_the_caller_names_or_to_nobody(cast):
    first, second = mine(cast), mine(cast)
    do(
        lead_return_to_marketing,
        first,
        cast.ben,
        owner_id=cast.marketing_manager.pk,
    )
    do(lead_return_to_marketing, second, cast.ben)
    first.refresh_from_db()
    second.refresh_from_db()
    assert first.owner == cast.marketing_manager
    assert (second.owner, second.team) == (None, None)
    with pytest.raises(Invalid) as caught:
        do(lead_return_to_marketing, mine(cast), cast.ben, owner_id=999_999)
    assert caught.value.attr == "owner"


def test_a_hold_ends_when_somebody_marks_it_sales_ready_again(cast):
    lead = LeadFactory()
    do(lead_return_to_marketing, lead, None)
    do(lead_mark_sales_ready, lead, cast.ann)
    lead.refresh_from_db()
    assert lead.returned_at is None


def test_taken_over_it_belongs_to_the_salesperson(cast):
    lead = LeadFactory()
    do(lead_take_over, lead, cast.ben)
    lead.refresh_from_db()
    assert (lead.owner, lead.team) == (cast.ben, cast.benelux)
    assert (lead.process, lead.stage) == ("sales", "qualify")
    assert told("lead.taken_over").data == {"owner": [None, cast.ben.pk]}
    with pytest.raises(Refused):
        do(lead_take_over, lead, cast.ben)


def test_a_lead_of_another_team_cannot_be_taken_over(cast):
    lead = mine(cast)
    with pytest.raises(Lead.DoesNotExist):
        do(lead_take_over, lead, cast.carl)
    with pytest.raises(Denied):
        do(lead_take_over, lead, cast.reader)


def test_a_version_that_moved_on(cast):
    lead = mine(cast)
    with pytest.raises(Stale):
        do(lead_disqualify, lead, cast.ben, expected_version=7)


DISQUALIFY = {
    "administrator": True,
    "marketing_manager": True,
    "marketer": True,
    "sales_manager": True,
    "salesperson": True,
    "integration": True,
    "read_only": False,
}
REACTIVATE = DISQUALIFY | {"marketer": False}


@pytest.mark.parametrize("role", DISQUALIFY)
def test_who_may_disqualify_and_reactivate(cast, role):
    user, lead = cast.by_role()[role], mine(cast)
    expected = [
        (lead_disqualify, DISQUALIFY[role]),
        (lead_reactivate, REACTIVATE[role]),
    ]
    for service, allowed in expected:
        if allowed:
            do(service, lead, user)
        else:
            with pytest.raises(Denied):
                do(service, lead, user)
        if service is lead_disqualify and not allowed:
            do(lead_disqualify, lead, None)
