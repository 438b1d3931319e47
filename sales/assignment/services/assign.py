"""Giving leads by the rules: planned, written and explained set-based.

One run at a time: the advisory lock is taken before any row, so that turns and loads
are what the run before left. Then the leads are locked in the order of their ids.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.db import connection, transaction
from django.db.models import Q
from django.utils import timezone

from core.access.models import User
from core.base.copying import copy_rows
from core.journal.services import NewEntry, record_many
from crm.models import Lead
from sales.assignment.models import AssignmentRule, Given, RuleSet, RuleVersion
from sales.assignment.services.conditions import (
    condition_query,
    condition_sentence,
    facts_of,
    facts_read,
    here_and_now,
)
from sales.assignment.services.people import sellers
from sales.assignment.services.plan import Gift, LeadRow, Plan, Planner
from sales.assignment.services.words import target_sentence

_LOCK_CLASS = 0x4841  # "HA": apart from every other advisory lock of the database
MOMENT = Given.Moment

_WRITE = """
UPDATE crm_lead l SET owner_id = v.owner, team_id = v.team
FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[]) AS v(id, owner, team)
WHERE l.id = v.id AND (l.owner_id, l.team_id) IS DISTINCT FROM (v.owner, v.team)
"""


@dataclass
class Assigned:
    """What a run did: the gifts, and the leads it left as they were."""

    gifts: list[Gift] = field(default_factory=list)
    left: list[int] = field(default_factory=list)

    def count(self, outcome: str) -> int:
        return sum(gift.outcome == outcome for gift in self.gifts)


def assignable(moment: str, *, take_away: bool = False) -> Q:
    """The open leads that a run at this moment may give to somebody.

    At creation those that nobody has. Later also those of people outside sales, such
    as the marketer who entered them. Never one that a salesperson entered, took over
    or has, unless somebody asks for it (`take_away`).
    """
    is_open = Q(state=Lead.State.OPEN)
    if take_away:
        return is_open
    if moment == MOMENT.CREATED:
        return is_open & Q(owner=None)
    free = Q(owner=None) | ~Q(owner__in=sellers().values("pk"))
    return is_open & free & Q(entered_by_sales=False, sales_accepted=False)


@transaction.atomic
def leads_assign(
    *,
    lead_ids: Iterable[int],
    moment: str,
    user: User | None = None,
    take_away: bool = False,
) -> Assigned:
    """Give these leads by the rules; each gets an explanation.

    Automatic moments use the active sets that listen to them, `on_demand` every active
    set. Takes the lock of assignment, then the leads' rows. Journals lead.assigned, or
    lead.unassigned where no rule had somebody. Some twenty statements, however many
    leads there are.
    """
    ids = sorted(set(lead_ids))
    one_run_at_a_time()
    rows = Lead.objects.filter(assignable(moment, take_away=take_away), pk__in=ids)
    leads = _read(rows.select_for_update(no_key=True, of=("self",)))
    plan = _planned(leads, _sets(moment))
    _write(plan)
    _explain(plan, moment, user)
    chosen = {gift.lead.pk for gift in plan.gifts}
    return Assigned(plan.gifts, [pk for pk in ids if pk not in chosen])


def leads_plan(
    *, leads: Any, sets: Iterable[RuleSet], take_away: bool = False
) -> list[Gift]:
    """Who would get which of these leads on demand; nothing is written or locked."""
    rows = leads.filter(assignable(MOMENT.ON_DEMAND, take_away=take_away))
    plan = _planned(_read(rows), sets)
    return plan.gifts


def one_run_at_a_time() -> None:
    """Hold the lock of assignment until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, 0)", [_LOCK_CLASS])


def _sets(moment: str) -> list[RuleSet]:
    rows = RuleSet.objects.active().prefetch_related("rules")
    if moment == MOMENT.CREATED:
        rows = rows.filter(on_created=True)
    elif moment == MOMENT.SALES_READY:
        rows = rows.filter(on_sales_ready=True)
    return list(rows)


def _read(rows: Any) -> list[LeadRow]:
    columns = ("pk", "owner_id", "team_id", "parent_contact_id", "parent_account_id")
    return [LeadRow(*row) for row in rows.order_by("pk").values_list(*columns)]


def _planned(leads: list[LeadRow], sets: Iterable[RuleSet]) -> Plan:
    if not leads:
        return Plan()
    plan = Planner(sets, now=timezone.now()).run(leads, here_and_now())
    _add_facts(plan.gifts)
    return plan


def _add_facts(gifts: list[Gift]) -> None:
    """What the lead said to the condition of its rule, kept as it was then."""
    read = {
        gift.rule.pk: facts_read(condition_query(gift.rule.condition))
        for gift in {gift.rule.pk: gift for gift in gifts if gift.rule}.values()
        if gift.rule
    }
    wanted = {gift.lead.pk: read[gift.rule.pk] for gift in gifts if gift.rule}
    found = facts_of(wanted)
    for gift in gifts:
        if said := found.get(gift.lead.pk):
            gift.facts["read"] = said


def _write(plan: Plan) -> None:
    """One UPDATE for the leads, one for the turns, one for what is broken."""
    gifts = plan.gifts
    with connection.cursor() as cursor:
        cursor.execute(
            _WRITE,
            [
                [gift.lead.pk for gift in gifts],
                [gift.owner_id for gift in gifts],
                [gift.team_id for gift in gifts],
            ],
        )
    moved = AssignmentRule.objects.in_bulk([*plan.turns, *plan.broken])
    for pk, rule in moved.items():
        rule.last_user_id = plan.turns.get(pk, rule.last_user_id)
        rule.problem = plan.broken.get(pk, "")
    if moved:
        AssignmentRule.objects.bulk_update(moved.values(), ["last_user_id", "problem"])


def _versions(gifts: Iterable[Gift]) -> dict[int, int]:
    """The version of each rule that was used; made where it is used first."""
    rules = {gift.rule.pk: gift.rule for gift in gifts if gift.rule}
    RuleVersion.objects.bulk_create(
        [
            RuleVersion(
                rule=rule,
                number=rule.version,
                name=rule.name,
                condition=rule.condition,
                sentence=condition_sentence(rule.condition),
                target=target_sentence(rule),
            )
            for rule in rules.values()
        ],
        ignore_conflicts=True,
    )
    rows = RuleVersion.objects.filter(rule__in=rules)
    found = rows.values_list("rule_id", "number", "pk")
    return {
        rule_id: pk
        for rule_id, number, pk in found
        if rule_id in rules and rules[rule_id].version == number
    }


_COLUMNS = (
    "lead_id",
    "rule_set_id",
    "version_id",
    "place",
    "outcome",
    "moment",
    "owner_id",
    "team_id",
    "previous_owner_id",
    "facts",
    "asked_by_id",
)


def _explain(plan: Plan, moment: str, user: User | None) -> None:
    """Keep why for each lead, and tell the journal."""
    if not plan.gifts:
        return
    versions = _versions(plan.gifts)
    asked_by = user.pk if user else None
    copy_rows(
        Given._meta.db_table,
        _COLUMNS,
        (
            (
                gift.lead.pk,
                gift.rule_set.pk,
                versions[gift.rule.pk] if gift.rule else None,
                gift.place,
                str(gift.outcome),
                str(moment),
                gift.owner_id,
                gift.team_id,
                gift.lead.owner_id,
                gift.facts,
                asked_by,
            )
            for gift in plan.gifts
        ),
    )
    record_many([_entry(gift, moment) for gift in plan.gifts])


def _entry(gift: Gift, moment: str) -> NewEntry:
    """lead.assigned, or lead.unassigned where no rule had somebody."""
    fits = gift.outcome == Given.Outcome.RULE
    return NewEntry(
        name="lead.assigned" if fits else "lead.unassigned",
        subject=("lead", gift.lead.pk),
        lead_id=gift.lead.pk,
        contact_id=gift.lead.contact_id,
        account_id=gift.lead.account_id,
        source=("assignment_rule_set", gift.rule_set.pk),
        data={
            "owner": [gift.lead.owner_id, gift.owner_id],
            "team": [gift.lead.team_id, gift.team_id],
            "rule": gift.rule.pk if gift.rule else None,
            "name": gift.rule.name if gift.rule else "",
            "place": gift.place,
            "moment": str(moment),
            "why": gift.facts.get("why", ""),
        },
    )
