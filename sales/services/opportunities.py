"""Opportunities from their making to won, lost, and open again.

Every service locks the row, checks rights (user None is the system), and refuses what
the state does not allow. Open `acting(user, via)` around them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from core.access.models import User
from core.access.rights import may, rights_of
from core.base.errors import Denied, Invalid, Refused, Stale
from core.base.text import text_problem
from core.journal.services import record
from crm.models import Activity
from crm.services.activities import activity_happened
from crm.services.records import record_create, record_update
from crm.services.status_reasons import reason_in_state, reason_label
from sales.kinds import must_be_open, open_one_of, second_open
from sales.models import Competitor, Opportunity
from sales.services.money import rate_on
from sales.services.pipelines import stage_of


@transaction.atomic
def opportunity_create(*, user: User | None, values: Mapping[str, Any]) -> Opportunity:
    """Make an open opportunity, by default in the organisation's currency and pipeline.

    Takes the fields of the record kind, look-ups as objects or ids. The caller owns
    it unless an owner is given; the probability follows the stage unless given. The
    amount is converted at today's rate.
    Raises Denied, Invalid with every wrong field, and Refused where the lead has an
    open opportunity already.
    """
    if user is not None and not rights_of(user).has("opportunity", "create"):
        raise Denied
    with _one_open_per_lead():
        made: Opportunity = record_create(
            entity="opportunity", values=values, user=user
        )
    made.refresh_from_db()
    return made


@transaction.atomic
def opportunity_update(
    *,
    opportunity_id: int,
    user: User | None,
    values: Mapping[str, Any],
    expected_version: int | None = None,
) -> Opportunity:
    """Change fields of an open opportunity; a new stage brings its probability."""
    row = opportunity_lock(opportunity_id, user, "update", expected_version)
    with _one_open_per_lead():
        return record_update(record=row, values=values, user=user)


@transaction.atomic
def opportunity_win(
    *,
    opportunity_id: int,
    user: User | None,
    actual_value: Decimal | None = None,
    closed_at: datetime | None = None,
    note: str = "",
    expected_version: int | None = None,
) -> Opportunity:
    """Close as won, for the estimated value where no actual one is given.

    Converted at the rate of the day it closed on. Writes a completed activity of the
    kind "Opportunity close"; journals opportunity.won.
    """
    row = opportunity_lock(opportunity_id, user, "close", expected_version)
    must_be_open(row)
    _close(
        row,
        user,
        state=Opportunity.State.WON,
        reason=reason_in_state("won", None, "opportunity"),
        actual_value=row.estimated_value if actual_value is None else actual_value,
        closed_at=closed_at,
        note=note,
        probability=100,
    )
    _log_close(row, user, f"for {money_text(row)}" if row.actual_value else "")
    _tell("opportunity.won", row, {"note": note})
    return row


@transaction.atomic
def opportunity_lose(
    *,
    opportunity_id: int,
    user: User | None,
    status_reason: str | None = None,
    competitor: str = "",
    closed_at: datetime | None = None,
    note: str = "",
    expected_version: int | None = None,
) -> Opportunity:
    """Close as lost: canceled, or out-sold by a competitor.

    A competitor nobody knows yet is made, and named on the opportunity. Journals
    opportunity.lost. Invalid where the reason belongs to another state.
    """
    row = opportunity_lock(opportunity_id, user, "close", expected_version)
    must_be_open(row)
    rival = _rival(row, competitor)
    competitor = rival.name if rival else ""
    _close(
        row,
        user,
        state=Opportunity.State.LOST,
        reason=reason_in_state("lost", status_reason, "opportunity"),
        competitor=competitor,
        closed_at=closed_at,
        note=note,
        probability=0,
    )
    reason = reason_label(row.status_reason, "opportunity")
    _log_close(row, user, f"to {competitor}: {reason}" if competitor else reason)
    told = {
        "note": note,
        "competitor": competitor,
        "status_reason": row.status_reason,
        "reason_label": reason,
    }
    _tell("opportunity.lost", row, told)
    return row


@transaction.atomic
def opportunity_reopen(
    *, opportunity_id: int, user: User | None, expected_version: int | None = None
) -> Opportunity:
    """Open a closed opportunity again, at its stage; journals opportunity.reopened.

    Refused where it is open, or where its lead has another open one by now.
    """
    row = opportunity_lock(opportunity_id, user, "reopen", expected_version)
    if not row.is_closed:
        raise Refused("opportunity_open", "This opportunity is open already.")
    before = row.state
    values = {
        "state": Opportunity.State.OPEN,
        "status_reason": reason_in_state("open", None, "opportunity"),
        "actual_value": None,
        "closed_at": None,
        "closed_by": None,
        "close_note": "",
        "competitor": "",
        "probability": stage_of(row.pipeline_id or 0, row.stage).probability,
        "rate": rate_on(row.currency),
    }
    if open_one_of(row.originating_lead_id) is not None:
        raise second_open()
    opportunity_write(row, values)
    _tell("opportunity.reopened", row, {"was": before})
    return row


def opportunity_lock(
    pk: int, user: User | None, action: str, expected_version: int | None
) -> Opportunity:
    """Lock the row; Opportunity.DoesNotExist, Denied, Stale."""
    rows = Opportunity.objects.all()
    if user is not None:
        rows = rows.visible_to(user)
    row = rows.select_for_update(no_key=True, of=("self",)).get(pk=pk)
    if user is not None and not may(user, action, row, "opportunity"):
        raise Denied
    if expected_version is not None and row.version != expected_version:
        raise Stale("stale", "Somebody changed this opportunity since you read it.")
    return row


def _close(
    row: Opportunity,
    user: User | None,
    *,
    state: str,
    reason: str,
    closed_at: datetime | None,
    note: str,
    **values: Any,
) -> None:
    when = closed_at or timezone.now()
    if when > timezone.now():
        raise Invalid("in_future", "It cannot close in the future.", attr="closed_at")
    for attr, text in (("note", note), ("competitor", values.get("competitor", ""))):
        if problem := text_problem(text, max_length=20_000):
            raise Invalid("invalid", problem, attr=attr)
    closed = {
        "state": state,
        "status_reason": reason,
        "closed_at": when,
        "closed_by": user,
        "close_note": note,
        "rate": rate_on(row.currency, timezone.localdate(when)),
    }
    opportunity_write(row, closed | values)


def opportunity_write(
    row: Opportunity, values: dict[str, Any], *, convert: bool = False
) -> None:
    """Write these columns of a locked opportunity; Invalid with every wrong one.

    `convert` brings today's rate with them.
    """
    if convert:
        values = values | {"rate": rate_on(row.currency)}
    for name, value in values.items():
        setattr(row, name, value)
    try:
        row.full_clean(exclude=_untouched(row, values))
    except ValidationError as error:
        raise Invalid.of(error) from error
    with _one_open_per_lead():
        row.save(update_fields=list(values))
    row.refresh_from_db(fields=["version", "updated_at"])


def _rival(row: Opportunity, name: str) -> Competitor | None:
    """The competitor of this name, in the spelling that is known; linked with it."""
    name = name.strip()
    if not name:
        return None
    if problem := text_problem(name, max_length=200):
        raise Invalid("invalid", problem, attr="competitor")
    found = Competitor.objects.filter(name__lower=name.lower()).first()
    found = found or Competitor.objects.create(name=name)
    row.rivals.get_or_create(competitor=found)
    return found


def money_text(row: Opportunity) -> str:
    """What was paid, in words."""
    return f"{row.currency} {row.actual_value:,}"


def _log_close(row: Opportunity, user: User | None, outcome: str) -> None:
    """The closing as a completed activity of the opportunity."""
    said = row.get_state_display()
    activity_happened(
        kind=Activity.Kind.OPPORTUNITY_CLOSE,
        regarding_type="opportunity",
        record=row,
        user=user,
        subject=f"{said}: {row.name}"[:300],
        description=row.close_note,
        outcome=f"{said} {outcome}".strip()[:300],
        at=row.closed_at or timezone.now(),
    )


def _untouched(row: Opportunity, values: dict[str, Any]) -> set[str]:
    return {f.name for f in row._meta.fields if f.name not in values}


@contextmanager
def _one_open_per_lead() -> Iterator[None]:
    """The refusal behind the unique constraint, also when two writers race."""
    try:
        with transaction.atomic():
            yield
    except IntegrityError as error:
        if "opportunity_one_open_per_lead" in str(error):
            raise second_open() from error
        raise


def _tell(name: str, row: Opportunity, data: dict[str, Any]) -> None:
    value = None if row.value is None else str(row.value)
    record(
        name,
        subject=("opportunity", row.pk),
        contact_id=row.contact_id,
        lead_id=row.originating_lead_id,
        account_id=row.account_id,
        data=data | {"name": row.name, "value": value, "currency": row.currency},
    )
