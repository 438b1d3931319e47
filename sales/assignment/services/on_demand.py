"""Giving chosen leads by the rules, as far as somebody may assign them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.db import transaction

from core.access.models import User
from core.base.errors import Invalid
from crm.models import Lead
from sales.assignment.models import Given
from sales.assignment.services.assign import MOMENT, leads_assign
from sales.assignment.services.plan import Gift

MOST = 10_000


@dataclass(frozen=True)
class Answer:
    """What became of one lead."""

    lead_id: int
    done: bool
    code: str = ""
    detail: str = ""
    owner_id: int | None = None
    team_id: int | None = None
    rule_id: int | None = None


@transaction.atomic
def chosen_assign(
    *, lead_ids: Iterable[int], user: User | None, take_away: bool = False
) -> list[Answer]:
    """Give chosen leads by the rules that are on; an answer for each, by id.

    Leads that the user may not assign, closed ones, and, unless `take_away`, those of
    salespeople stay as they are and say so. Locks and entries as `leads_assign`.
    """
    ids = sorted(set(lead_ids))
    if len(ids) > MOST:
        raise Invalid("too_many", f"Choose at most {MOST:,} leads.", attr="leads")
    rows = Lead.objects.all()
    if user is not None:
        rows = rows.visible_to(user, "assign")
    allowed = set(rows.filter(pk__in=ids).values_list("pk", flat=True))
    done = leads_assign(
        lead_ids=allowed, moment=MOMENT.ON_DEMAND, user=user, take_away=take_away
    )
    given = {gift.lead.pk: gift for gift in done.gifts}
    closed = set(
        Lead.objects.closed().filter(pk__in=done.left).values_list("pk", flat=True)
    )
    owned = set(
        Lead.objects.filter(pk__in=done.left)
        .exclude(owner=None)
        .values_list("pk", flat=True)
    )
    return [
        _given(given[pk]) if pk in given else _left(pk, pk in allowed, closed, owned)
        for pk in ids
    ]


def _given(gift: Gift) -> Answer:
    code, detail = "", ""
    if gift.outcome != Given.Outcome.RULE:
        code, detail = str(gift.outcome), f"No rule had somebody: {gift.facts['why']}."
    return Answer(
        gift.lead.pk,
        gift.outcome != Given.Outcome.NOBODY,
        code,
        detail,
        gift.owner_id,
        gift.team_id,
        gift.rule.pk if gift.rule else None,
    )


def _left(pk: int, allowed: bool, closed: set[int], owned: set[int]) -> Answer:
    if not allowed:
        return Answer(pk, False, "not_found", "You may not assign this lead.")
    if pk in closed:
        return Answer(pk, False, "lead_closed", "This lead is closed.")
    if pk in owned:
        return Answer(pk, False, "has_owner", "A salesperson has this lead.")
    return Answer(pk, False, "no_rules", "No rules are on for this lead.")
