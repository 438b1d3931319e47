"""Planning a run: which lead goes to whom, by which rule. Nothing is written here."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Q

from core.access.models import Team, User
from core.base.errors import Invalid
from core.query.language import Context, Query, evaluating
from sales.assignment.models import AssignmentRule, Given, RuleSet
from sales.assignment.rules import ByLoad, InTurn, Seat, Taker, can_take
from sales.assignment.services.conditions import condition_query, first_matches
from sales.assignment.services.people import seats_of

_To = AssignmentRule.To
_POOLS = (_To.ROUND_ROBIN, _To.LOAD)


@dataclass(slots=True)
class LeadRow:
    """What planning knows of a lead."""

    pk: int
    owner_id: int | None
    team_id: int | None
    contact_id: int | None = None
    account_id: int | None = None


@dataclass(slots=True)
class Gift:
    """Who gets a lead, and why."""

    lead: LeadRow
    rule_set: RuleSet
    outcome: str
    rule: AssignmentRule | None = None
    place: int | None = None
    owner_id: int | None = None
    team_id: int | None = None
    facts: dict[str, Any] = field(default_factory=dict)


@dataclass
class LiveSet:
    """A rule set as a run uses it: its rules that are on, with what they ask."""

    row: RuleSet
    rules: list[tuple[int, AssignmentRule, Query]] = field(default_factory=list)


@dataclass
class Plan:
    """What a run would do: a gift a lead, and whose turn each rule has come to."""

    gifts: list[Gift] = field(default_factory=list)
    turns: dict[int, int] = field(default_factory=dict)
    broken: dict[int, str] = field(default_factory=dict)
    left: list[int] = field(default_factory=list)


def nearest_set(
    team_id: int | None, by_team: Mapping[int, int], parents: Mapping[int, int | None]
) -> int | None:
    """The set of a team, or of the nearest team above it that has one."""
    while team_id is not None:
        if team_id in by_team:
            return by_team[team_id]
        team_id = parents.get(team_id)
    return None


class Planner:
    """One run over some leads: every set is gone through once."""

    def __init__(self, sets: Iterable[RuleSet], *, now: dt.datetime) -> None:
        self.now = now
        self.plan = Plan()
        self.sets = {row.pk: self._live(row) for row in sets}
        self.by_team = {row.team_id: pk for pk, row in self._rows() if row.team_id}
        self.main = next((pk for pk, row in self._rows() if row.team_id is None), None)
        self.parents = dict(Team.objects.values_list("pk", "parent_id"))
        self.members = self._members()
        self.seats = seats_of(self._candidates(), now=now)
        self.takers: dict[int, tuple[Taker, int]] = {}

    def _rows(self) -> list[tuple[int, RuleSet]]:
        return [(pk, live.row) for pk, live in self.sets.items()]

    def _live(self, row: RuleSet) -> LiveSet:
        """The rules that are on; one that is broken is passed over and named."""
        live = LiveSet(row)
        ordered = sorted(row.rules.all(), key=lambda rule: (rule.position, rule.pk))
        for place, rule in enumerate(ordered, 1):
            if not rule.active:
                continue
            try:
                live.rules.append((place, rule, condition_query(rule.condition)))
            except Invalid as error:
                self.plan.broken[rule.pk] = error.detail
        return live

    # Who could get something

    def _pool_teams(self) -> set[int]:
        return {
            rule.team_id
            for live in self.sets.values()
            for _, rule, _ in live.rules
            if rule.to in _POOLS and rule.team_id and not rule.people
        }

    def _members(self) -> dict[int, list[int]]:
        """The salespeople of the teams that rules give to in turn, in their order."""
        found: dict[int, list[int]] = defaultdict(list)
        rows = User.objects.filter(
            Q(team__in=self._pool_teams()), is_active=True, roles__area="sales"
        )
        for pk, team_id in rows.order_by("pk").distinct().values_list("pk", "team_id"):
            if team_id is not None:
                found[team_id].append(pk)
        return found

    def pool(self, rule: AssignmentRule) -> list[int]:
        """The people of a rule, in their order."""
        if rule.to == _To.USER:
            return [rule.user_id] if rule.user_id else []
        if rule.people:
            return list(rule.people)
        return self.members.get(rule.team_id or 0, [])

    def _candidates(self) -> set[int]:
        found = {
            pk
            for live in self.sets.values()
            for _, rule, _ in live.rules
            for pk in self.pool(rule)
        }
        owners = (live.row.fallback_owner_id for live in self.sets.values())
        return found | {pk for pk in owners if pk}

    # Which rules a lead goes through

    def set_of(self, team_id: int | None) -> int | None:
        """The set of a lead's team, or of the nearest one above; the main one else."""
        found = nearest_set(team_id, self.by_team, self.parents)
        return self.main if found is None else found

    def run(self, leads: Sequence[LeadRow], context: Context) -> Plan:
        """Give every lead that some set is responsible for."""
        self._take_back(leads)
        waiting: dict[int, list[tuple[LeadRow, list[str]]]] = defaultdict(list)
        for lead in leads:
            # A lead that has an owner is dealt anew: by the rules of its team too.
            found = self.set_of(lead.team_id)
            if found is None:
                self.plan.left.append(lead.pk)
            else:
                waiting[found].append((lead, []))
        # The organisation's set first: it hands leads on to the sets of teams.
        done: set[int] = set()
        while todo := [pk for pk in waiting if pk not in done]:
            chosen = self.main if self.main in todo else min(todo)
            assert chosen is not None, "something waits"
            done.add(chosen)
            self._go_through(self.sets[chosen], waiting[chosen], waiting, done, context)
        return self.plan

    def _take_back(self, leads: Sequence[LeadRow]) -> None:
        """What is dealt anew does not count as anybody's load."""
        for lead in leads:
            seat = self.seats.get(lead.owner_id or 0)
            if seat is not None:
                seat.load -= 1

    def _go_through(
        self,
        live: LiveSet,
        leads: list[tuple[LeadRow, list[str]]],
        waiting: dict[int, list[tuple[LeadRow, list[str]]]],
        done: set[int],
        context: Context,
    ) -> None:
        with evaluating():
            found = first_matches(
                [query for _, _, query in live.rules],
                [lead.pk for lead, _ in leads],
                context,
            )
        for lead, through in leads:
            place = found.get(lead.pk)
            if place is None:
                self._fall_back(live.row, lead, None, None, through, "no rule fits")
                continue
            number, rule, _ = live.rules[place]
            onward = self._onward(rule, done)
            if onward is not None:
                waiting[onward].append((lead, [*through, f"{number}. {rule.name}"]))
            else:
                self._give(live.row, lead, rule, number, through)

    def _onward(self, rule: AssignmentRule, done: set[int]) -> int | None:
        """The set of the team that a rule gives to, where it was not gone through."""
        if rule.to != _To.TEAM or rule.team_id is None:
            return None
        found = self.set_of(rule.team_id)
        return found if found not in done and found != self.main else None

    # Who gets a lead

    def _give(
        self,
        rule_set: RuleSet,
        lead: LeadRow,
        rule: AssignmentRule,
        place: int,
        through: list[str],
    ) -> None:
        if rule.to == _To.TEAM:
            if rule.team_id is None:
                self._fall_back(
                    rule_set, lead, rule, place, through, "its team is gone"
                )
                return
            gift = Gift(lead, rule_set, Given.Outcome.RULE, rule, place)
            gift.team_id = rule.team_id
            self._keep(gift, through)
            return
        taker, people = self._taker(rule)
        seat = taker.next()
        if seat is None:
            self._fall_back(
                rule_set, lead, rule, place, through, "nobody could take it"
            )
            return
        gift = Gift(lead, rule_set, Given.Outcome.RULE, rule, place)
        gift.facts = {"load": seat.load, "people": people}
        if seat.capacity is not None:
            gift.facts["capacity"] = seat.capacity
        self._hand(gift, seat)
        self.plan.turns[rule.pk] = seat.user_id
        self._keep(gift, through)

    def _hand(self, gift: Gift, seat: Seat) -> None:
        seat.load += 1
        gift.owner_id = seat.user_id
        inside = gift.rule_set.team_id if gift.rule_set.partner else None
        gift.team_id = seat.team_id or inside

    def _taker(self, rule: AssignmentRule) -> tuple[Taker, int]:
        """Who gives out the leads of a rule, and among how many people."""
        if rule.pk not in self.takers:
            seats = [self.seats[pk] for pk in self.pool(rule) if pk in self.seats]
            within = rule.available_within
            able = [
                seat for seat in seats if can_take(seat, within=within, now=self.now)
            ]
            kind = ByLoad if rule.to == _To.LOAD else InTurn
            last, room = rule.last_user_id, rule.uses_capacity
            taker: Taker = kind(able, last=last, uses_capacity=room)
            self.takers[rule.pk] = (taker, len(able))
        return self.takers[rule.pk]

    def _fall_back(
        self,
        rule_set: RuleSet,
        lead: LeadRow,
        rule: AssignmentRule | None,
        place: int | None,
        through: list[str],
        why: str,
    ) -> None:
        """The fallback owner of the set, of the organisation's, or nobody."""
        gift = Gift(lead, rule_set, Given.Outcome.NOBODY, rule, place)
        gift.facts = {"why": why}
        # What was handed on to a team, or lies with one, stays with it.
        gift.team_id = rule_set.team_id or lead.team_id
        seat = self._fallback_seat(rule_set)
        if seat is not None:
            gift.outcome = Given.Outcome.FALLBACK
            self._hand(gift, seat)
        self._keep(gift, through)

    def _fallback_seat(self, rule_set: RuleSet) -> Seat | None:
        owners = [rule_set.fallback_owner_id]
        if not rule_set.partner and self.main is not None:
            owners.append(self.sets[self.main].row.fallback_owner_id)
        return next((self.seats[pk] for pk in owners if pk and pk in self.seats), None)

    def _keep(self, gift: Gift, through: list[str]) -> None:
        if through:
            gift.facts["through"] = through
        self.plan.gifts.append(gift)
