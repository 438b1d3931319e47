"""Opportunities: made, changed, won, lost, reopened, and who may."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from core.base.errors import Denied, Invalid, Refused, Stale
from core.journal.models import Entry
from core.journal.services import acting
from sales.models import Opportunity
from sales.services.opportunities import (
    opportunity_create,
    opportunity_lose,
    opportunity_reopen,
    opportunity_update,
    opportunity_win,
)
from tests.factories import AccountFactory, LeadFactory
from tests.sales.factories import OpportunityFactory

pytestmark = pytest.mark.django_db


def do(service, user, **values):
    with acting(user, via="api"):
        return service(user=user, **values)


def mine(cast, **values):
    return OpportunityFactory(owner=cast.ben, team=cast.benelux, **values)


def test_made_by_hand_it_belongs_to_the_caller_and_starts_at_qualify(cast):
    account = AccountFactory()
    made = do(
        opportunity_create,
        cast.ben,
        values={
            "name": "Terminals",
            "account": account.pk,
            "estimated_value": Decimal("0.10"),
        },
    )
    made.refresh_from_db()
    assert (made.owner, made.team) == (cast.ben, cast.benelux)
    assert (made.stage, made.probability) == ("qualify", 20)
    assert (made.state, made.status_reason) == ("open", "in_progress")
    assert made.estimated_value == Decimal("0.10")
    assert made.customer == account


def test_a_new_stage_brings_its_probability(cast):
    row = mine(cast)
    done = do(
        opportunity_update, cast.ben, opportunity_id=row.pk, values={"stage": "propose"}
    )
    assert (done.stage, done.probability) == ("propose", 60)
    assert done.stage_since is not None
    done = do(
        opportunity_update,
        cast.ben,
        opportunity_id=row.pk,
        values={"stage": "close", "probability": 95},
    )
    assert done.probability == 95


def test_won_for_the_estimate_or_for_what_was_agreed(cast):
    first = mine(cast, estimated_value=Decimal("100.10"))
    done = do(opportunity_win, cast.ben, opportunity_id=first.pk)
    assert done.actual_value == Decimal("100.10")
    second = mine(cast, estimated_value=Decimal("100"))
    done = do(
        opportunity_win, cast.ben, opportunity_id=second.pk, actual_value=Decimal("0")
    )
    assert done.actual_value == Decimal("0")
    assert (done.state, done.status_reason, done.probability) == ("won", "won", 100)
    entry = Entry.objects.filter(name="opportunity.won").latest("id")
    assert entry.data["value"] == "0"
    assert entry.actor_id == cast.ben.pk


@pytest.mark.parametrize(
    ("reason", "stored"), [(None, "canceled"), ("out_sold", "out_sold")]
)
def test_lost_with_a_reason(cast, reason, stored):
    row = mine(cast)
    done = do(
        opportunity_lose,
        cast.ben,
        opportunity_id=row.pk,
        status_reason=reason,
        competitor="Zebra",
        note="Cheaper",
    )
    assert (done.state, done.status_reason) == ("lost", stored)
    assert (done.competitor, done.close_note, done.probability) == (
        "Zebra",
        "Cheaper",
        0,
    )


def test_a_closed_one_is_read_only_until_reopened(cast):
    row = mine(cast, estimated_value=Decimal("5"))
    do(opportunity_win, cast.ben, opportunity_id=row.pk)
    for service, options in (
        (opportunity_win, {}),
        (opportunity_lose, {}),
        (opportunity_update, {"values": {"need": "More"}}),
    ):
        with pytest.raises(Refused) as caught:
            do(service, cast.ben, opportunity_id=row.pk, **options)
        assert caught.value.code == "opportunity_closed"
    done = do(opportunity_reopen, cast.ben, opportunity_id=row.pk)
    assert (done.state, done.status_reason) == ("open", "in_progress")
    assert (done.actual_value, done.closed_at, done.closed_by) == (None, None, None)
    with pytest.raises(Refused):
        do(opportunity_reopen, cast.ben, opportunity_id=row.pk)


def test_one_open_opportunity_per_originating_lead(cast):
    lead = LeadFactory()
    first = mine(cast, originating_lead=lead)
    do(opportunity_lose, cast.ben, opportunity_id=first.pk)
    mine(cast, originating_lead=lead)
    with pytest.raises(Refused) as caught:
        do(opportunity_reopen, cast.ben, opportunity_id=first.pk)
    assert caught.value.code == "opportunity_open"
    with pytest.raises(Refused):
        do(
            opportunity_create,
            cast.ben,
            values={"name": "x", "originating_lead": lead.pk},
        )
    with pytest.raises(IntegrityError), transaction.atomic():
        mine(cast, originating_lead=lead)


@pytest.mark.parametrize(
    ("values", "attr"),
    [
        ({"name": "x" * 301}, "name"),
        ({"name": ""}, "name"),
        ({"name": "a\x00b"}, "name"),
        ({"custom": {"a": "\ud800"}}, "custom.a"),
        ({"probability": 101}, "probability"),
        ({"stage": "hope"}, "stage"),
        ({"status_reason": "won"}, "status_reason"),
        ({"estimated_value": Decimal("-1")}, "estimated_value"),
        ({"estimated_value": Decimal("1.001")}, "estimated_value"),
        ({"account": 999_999}, "account"),
        ({"state": "won"}, "state"),
        ({"currency": "USD"}, "currency"),
    ],
)
def test_wrong_values_name_their_field(cast, values, attr):
    row = mine(cast)
    with pytest.raises(Invalid) as caught:
        do(opportunity_update, cast.ben, opportunity_id=row.pk, values=values)
    assert caught.value.attr == attr
    row.refresh_from_db()
    assert row.version == 1


def test_closing_lies_not_in_the_future(cast):
    row = mine(cast)
    with pytest.raises(Invalid) as caught:
        do(
            opportunity_win,
            cast.ben,
            opportunity_id=row.pk,
            closed_at=timezone.now() + timedelta(days=1),
        )
    assert caught.value.attr == "closed_at"


def test_a_version_that_moved_on(cast):
    row = mine(cast)
    do(opportunity_update, cast.ben, opportunity_id=row.pk, values={"need": "More"})
    with pytest.raises(Stale):
        do(opportunity_win, cast.ben, opportunity_id=row.pk, expected_version=1)


@pytest.mark.parametrize(
    ("role", "sees", "changes"),
    [
        ("administrator", True, True),
        ("sales_manager", True, True),
        ("salesperson", True, True),
        ("integration", True, True),
        ("marketing_manager", True, False),
        ("marketer", True, False),
        ("read_only", True, False),
    ],
)
def test_by_role(cast, role, sees, changes):
    row, user = mine(cast), cast.by_role()[role]
    assert Opportunity.objects.visible_to(user).filter(pk=row.pk).exists() is sees
    for service, options in (
        (opportunity_update, {"values": {"need": "More"}}),
        (opportunity_win, {}),
        (opportunity_reopen, {}),
    ):
        if changes:
            do(service, user, opportunity_id=row.pk, **options)
        else:
            with pytest.raises(Denied):
                do(service, user, opportunity_id=row.pk, **options)


def test_a_salesperson_of_another_team_sees_nothing_but_owns_nothing_either(cast):
    row = mine(cast)
    with pytest.raises(Opportunity.DoesNotExist):
        do(opportunity_win, cast.carl, opportunity_id=row.pk)
    teammate = OpportunityFactory(owner=cast.sales_manager, team=cast.benelux)
    with pytest.raises(Denied):
        do(opportunity_win, cast.ben, opportunity_id=teammate.pk)


def test_whoever_sees_an_opportunity_sees_its_customer(cast):
    row = mine(cast, account=AccountFactory())
    assert row.account in type(row.account).objects.visible_to(cast.ben)
