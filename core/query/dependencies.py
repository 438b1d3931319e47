"""What a query reads: so that a change is tried against few queries, and few rows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db.models import QuerySet

from core.query.behaviour import pinned_names
from core.query.context import Context
from core.query.dates import Window, day_start
from core.query.operators import RELATIVE
from core.query.registry import QueryEntity, Relation
from core.query.sql import among, member
from core.query.tree import (
    And,
    Block,
    Clause,
    Combine,
    Cond,
    Not,
    Or,
    Query,
    Related,
    SegmentRef,
    all_conditions,
    walk_sets,
)


@dataclass(frozen=True)
class Dependencies:
    """What a query reads.

    `fields` maps each entity to the columns read, as the journal names them; rows of
    these entities that come or go matter too. `events` maps each entity of events to
    the names read, or None for any. `segments` are the segments it refers to.
    `uses_time` says that the answer changes as time passes, `time_unit` how finely:
    "day" (at midnight of the time zone), "hour" or "minute".
    """

    fields: dict[str, frozenset[str]]
    events: dict[str, frozenset[str] | None]
    segments: frozenset[int]
    uses_time: bool
    time_unit: str | None

    @property
    def interaction_names(self) -> frozenset[str] | None:
        """The kinds of interactions read: none at all, these, or (None) any."""
        return self.events.get("interaction", frozenset())

    def reads(self, entity: str, columns: Iterable[str] | None = None) -> bool:
        """Whether a change of these columns matters; None for a row come or gone."""
        if entity not in self.fields:
            return False
        return columns is None or not self.fields[entity].isdisjoint(columns)

    def reads_event(self, entity: str, name: str) -> bool:
        """Whether an event of this name matters."""
        if entity not in self.events:
            return False
        names = self.events[entity]
        return names is None or name in names


def dependencies(query: Query) -> Dependencies:
    """What the query reads; no database is asked."""
    fields: dict[str, set[str]] = defaultdict(set)
    for item in walk_sets(query.root):
        fields[item.end.key].update()
        if isinstance(item, Block):
            fields[item.entity.key].update()
            for step in item.steps:
                _link(fields, step.relation, step.source, step.target)
    for cond in all_conditions(query):
        if isinstance(cond, Clause):
            fields[cond.entity.key].update(cond.field.reads)
        elif isinstance(cond, Related):
            _link(fields, cond.relation, cond.entity, cond.target)
    unit = _time_unit(query)
    return Dependencies(
        fields={key: frozenset(columns) for key, columns in fields.items()},
        events=_events(query),
        segments=frozenset(
            item.segment_id
            for item in walk_sets(query.root)
            if isinstance(item, SegmentRef)
        ),
        uses_time=unit is not None,
        time_unit=unit,
    )


def _link(
    fields: dict[str, set[str]],
    relation: Relation,
    source: QueryEntity,
    target: QueryEntity,
) -> None:
    holder = target if relation.column_on_target else source
    fields[holder.key].add(relation.column)
    fields[source.key].update()
    fields[target.key].update()


def _events(query: Query) -> dict[str, frozenset[str] | None]:
    found: dict[str, frozenset[str] | None] = {}
    for entity, cond in _reads_of_rows(query):
        if not entity.events:
            continue
        names = pinned_names(cond, entity)
        known = found.get(entity.key, frozenset())
        found[entity.key] = None if names is None or known is None else known | names
    return found


def _reads_of_rows(query: Query) -> Iterator[tuple[QueryEntity, Cond | None]]:
    """Every place where rows of an entity are read, with the condition on them."""
    for item in walk_sets(query.root):
        if isinstance(item, Block):
            yield item.entity, item.where
            if item.steps:
                yield from ((step.target, None) for step in item.steps[:-1])
                yield item.end, item.then
    for cond in all_conditions(query):
        if isinstance(cond, Related):
            yield cond.target, cond.where


_UNITS = ("minute", "hour", "day")


def _time_unit(query: Query) -> str | None:
    found = {
        _unit_of(cond)
        for cond in all_conditions(query)
        if isinstance(cond, Clause) and cond.op in RELATIVE
    }
    return next((unit for unit in _UNITS if unit in found), None)


def _unit_of(clause: Clause) -> str:
    """How finely a relative clause moves: windows on moments move all the time."""
    if not isinstance(clause.value, Window):
        return "day"
    if clause.value.unit in ("minutes", "hours"):
        return "minute"
    return "day" if clause.field.kind == "date" else "hour"


def next_change(query: Query, context: Context) -> datetime | None:
    """When time alone should next be allowed to change the answer; None for never."""
    unit = _time_unit(query)
    if unit is None:
        return None
    midnight = day_start(context.today + timedelta(days=1), context)
    if unit == "day":
        return midnight
    now = context.now.astimezone(UTC).replace(second=0, microsecond=0)
    step = timedelta(minutes=1) if unit == "minute" else timedelta(hours=1)
    return min(now + step, midnight)


@dataclass(frozen=True)
class Hop:
    """One step from a row of the end entity towards what it depends on."""

    near: str
    far: str
    entity: QueryEntity


def affected_ids(query: Query, entity: str, ids: Iterable[int]) -> set[int]:
    """The rows of the end entity whose answer may depend on these rows now.

    Links that a change has just cut are not seen: the journal's old values tell them.
    """
    wanted = list(ids)
    found: set[int] = set()
    for chain in set(_chains(query)):
        if (chain[-1].entity if chain else query.end).key != entity:
            continue
        if not chain:
            found.update(wanted)
        else:
            found.update(_along(query.end, chain, wanted).values_list("pk", flat=True))
    return found


def _along(
    end: QueryEntity, chain: tuple[Hop, ...], ids: list[int]
) -> QuerySet[Any, Any]:
    rows = chain[-1].entity.queryset().filter(among("pk", ids))
    nearer = [end, *(hop.entity for hop in chain[:-1])]
    for hop, source in zip(reversed(chain), reversed(nearer), strict=True):
        rows = source.queryset().filter(member(hop.near, rows.values(hop.far)))
    return rows


def _chains(query: Query) -> Iterator[tuple[Hop, ...]]:
    yield ()
    for item in walk_sets(query.root):
        if isinstance(item, Combine | SegmentRef):
            continue
        chain: tuple[Hop, ...] = ()
        if item.steps:
            yield from _chains_in(item.then, chain)
        for step in reversed(item.steps):
            back = Hop(step.relation.remote, step.relation.local, step.source)
            chain = (*chain, back)
            yield chain
        yield from _chains_in(item.where, chain)


def _chains_in(cond: Cond | None, chain: tuple[Hop, ...]) -> Iterator[tuple[Hop, ...]]:
    if isinstance(cond, And | Or):
        for item in cond.items:
            yield from _chains_in(item, chain)
    elif isinstance(cond, Not):
        yield from _chains_in(cond.item, chain)
    elif isinstance(cond, Related):
        hop = Hop(cond.relation.local, cond.relation.remote, cond.target)
        longer = (*chain, hop)
        yield longer
        yield from _chains_in(cond.where, longer)
