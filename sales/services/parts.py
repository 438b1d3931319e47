"""Lines, competitors and stakeholders of opportunities.

Every service locks the opportunity first, so that its amount is always the sum of its
lines where it follows them. `user` None is the system. Whoever may change an
opportunity may change what hangs on it; lines only while it is open.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, TypeVar

from django.db import transaction
from django.db.models import Model

from core.access.models import User
from core.base.errors import Invalid
from core.base.text import text_problem
from crm.services.values import choice_clean
from sales.kinds import lines_total, must_be_open
from sales.models import (
    Competitor,
    Opportunity,
    OpportunityCompetitor,
    OpportunityLine,
    Stakeholder,
)
from sales.rules import from_base
from sales.services.checks import check_version, checked
from sales.services.opportunities import opportunity_lock, opportunity_write

P = TypeVar("P", bound=Model)
LINE_FIELDS = ("product", "description", "quantity", "price", "discount", "position")
STAKE_FIELDS = ("contact", "account", "role", "note")


@transaction.atomic
def line_add(
    *, opportunity_id: int, user: User | None, values: Mapping[str, Any]
) -> OpportunityLine:
    """Put a line on an open opportunity, whose amount is the sum of its lines then.

    Without a price it is the product's, in the currency of the opportunity. Raises
    Opportunity.DoesNotExist, Denied, Refused where it is closed, Invalid by field.
    """
    row = _open(opportunity_id, user)
    line = OpportunityLine(opportunity=row, position=row.lines.count())
    _fill(line, values, LINE_FIELDS)
    if values.get("price") is None:
        line.price = _list_price(line, row)
    checked(line).save()
    _follow_lines(row, user, switch_on=row.lines.count() == 1)
    return _fresh(line)


@transaction.atomic
def line_update(
    *,
    line: OpportunityLine,
    user: User | None,
    values: Mapping[str, Any],
    expected_version: int | None = None,
) -> OpportunityLine:
    """Change a line of an open opportunity; its amount follows."""
    row = _open(line.opportunity_id, user)
    check_version(line, expected_version)
    line = OpportunityLine.objects.get(pk=line.pk)
    _fill(line, values, LINE_FIELDS)
    checked(line).save()
    _follow_lines(row, user)
    return _fresh(line)


@transaction.atomic
def line_delete(*, line: OpportunityLine, user: User | None) -> None:
    """Take a line off an open opportunity; its amount follows."""
    row = _open(line.opportunity_id, user)
    line.delete()
    _follow_lines(row, user)


def _open(opportunity_id: int, user: User | None) -> Opportunity:
    row = opportunity_lock(opportunity_id, user, "update", None)
    must_be_open(row)
    return row


def _fill(row: Model, values: Mapping[str, Any], fields: tuple[str, ...]) -> None:
    for name in fields:
        if name in values and not (name == "price" and values[name] is None):
            value = values[name]
            if isinstance(value, str) and (problem := text_problem(value)):
                raise Invalid("invalid", problem, attr=name)
            setattr(row, name, value.strip() if isinstance(value, str) else value)


def _list_price(line: OpportunityLine, row: Opportunity) -> Decimal:
    price = line.product.price if line.product else None
    if price is None:
        raise Invalid("required", "Give a price.", attr="price")
    return from_base(price, row.rate)


def _follow_lines(
    row: Opportunity, user: User | None, *, switch_on: bool = False
) -> None:
    """The amount becomes the sum of the lines where it follows them."""
    values: dict[str, Any] = {}
    if switch_on and not row.amount_from_lines:
        row.amount_from_lines = values["amount_from_lines"] = True
    if row.amount_from_lines:
        values["estimated_value"] = lines_total(row)
    changed = {n: v for n, v in values.items() if n != "estimated_value"}
    if values.get("estimated_value") != row.estimated_value or changed:
        opportunity_write(row, values, convert=True)


def _fresh(row: P) -> P:
    row.refresh_from_db()
    return row


# -- Competitors ---------------------------------------------------------------------


@transaction.atomic
def competitor_save(
    *,
    competitor: Competitor,
    values: Mapping[str, Any],
    expected_version: int | None = None,
) -> Competitor:
    """Make or change a competitor; Invalid by field, Stale."""
    check_version(competitor, expected_version)
    names = ("name", "website", "strengths", "weaknesses", "active")
    _fill(competitor, values, names)
    checked(competitor).save()
    return _fresh(competitor)


@transaction.atomic
def competitor_delete(*, competitor: Competitor) -> None:
    """Delete a competitor; opportunities lost to it keep its name."""
    competitor.delete()


@transaction.atomic
def rival_add(
    *, opportunity_id: int, user: User | None, competitor: Competitor, note: str = ""
) -> OpportunityCompetitor:
    """Name a competitor on an opportunity, open or closed."""
    row = opportunity_lock(opportunity_id, user, "update", None)
    rival = OpportunityCompetitor(opportunity=row, competitor=competitor)
    _fill(rival, {"note": note}, ("note",))
    checked(rival).save()
    return _fresh(rival)


@transaction.atomic
def rival_update(
    *, rival: OpportunityCompetitor, user: User | None, note: str
) -> OpportunityCompetitor:
    """Change what is noted about a competitor on an opportunity."""
    opportunity_lock(rival.opportunity_id, user, "update", None)
    _fill(rival, {"note": note}, ("note",))
    checked(rival).save()
    return _fresh(rival)


@transaction.atomic
def rival_remove(*, rival: OpportunityCompetitor, user: User | None) -> None:
    """Take a competitor off an opportunity."""
    opportunity_lock(rival.opportunity_id, user, "update", None)
    rival.delete()


# -- Stakeholders --------------------------------------------------------------------


@transaction.atomic
def stakeholder_add(
    *, opportunity_id: int, user: User | None, values: Mapping[str, Any]
) -> Stakeholder:
    """Give a contact or an account a role in an opportunity, open or closed."""
    row = opportunity_lock(opportunity_id, user, "update", None)
    return _stake(Stakeholder(opportunity=row), values)


@transaction.atomic
def stakeholder_update(
    *,
    stakeholder: Stakeholder,
    user: User | None,
    values: Mapping[str, Any],
    expected_version: int | None = None,
) -> Stakeholder:
    """Change the role or the note of a stakeholder."""
    opportunity_lock(stakeholder.opportunity_id, user, "update", None)
    check_version(stakeholder, expected_version)
    return _stake(stakeholder, values)


def _stake(row: Stakeholder, values: Mapping[str, Any]) -> Stakeholder:
    _fill(row, values, STAKE_FIELDS)
    if row.role:
        row.role = choice_clean("buying_role", row.role, "role")
    if (row.contact_id is None) == (row.account_id is None):
        text = "Name a contact or an account, one of both."
        raise Invalid("required", text, attr="contact")
    checked(row).save()
    return _fresh(row)


@transaction.atomic
def stakeholder_remove(*, stakeholder: Stakeholder, user: User | None) -> None:
    """Take somebody's part in an opportunity away; the person stays."""
    opportunity_lock(stakeholder.opportunity_id, user, "update", None)
    stakeholder.delete()
