"""A validated query as set-based SQL.

Negation is pushed down to the clauses and relations, so that a negated relation is an
anti-join. Counts of events are grouped in one scan; siblings of one And group with the
same window share it. Nothing is correlated row by row.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Count as CountRows
from django.db.models import F, QuerySet, Subquery

from core.access.querysets import among_visible
from core.query.alternatives import alternatives
from core.query.behaviour import conjuncts, flat, is_plain, pinned_names, window_start
from core.query.bounds import Bounds
from core.query.clauses import clause_condition, span_condition
from core.query.context import Context
from core.query.dates import Span
from core.query.registry import QueryEntity, Relation, segment_source
from core.query.sql import (
    FALSE,
    TRUE,
    Param,
    Sql,
    among,
    every,
    member,
    some,
)
from core.query.tree import (
    And,
    Block,
    Clause,
    Combine,
    Cond,
    Count,
    Not,
    Or,
    Query,
    Related,
    SegmentRef,
    Set,
)


@dataclass(frozen=True)
class Scope:
    """The rows a condition is asked of: an entity, and a restriction if there is one.

    `narrow` is a condition on the rows themselves that holds wherever the answer
    matters; grouped counts are restricted by it.
    """

    entity: QueryEntity
    only_ids: Sequence[int] | None = None
    narrow: Any = None

    def keys(self, relation: Relation) -> Any | None:
        """A condition on the related rows: they belong to the rows asked of."""
        if self.only_ids is not None and relation.local == "pk":
            return among(relation.remote, self.only_ids)
        if self.only_ids is None and self.narrow is None:
            return None
        rows = self.entity.queryset()
        if self.only_ids is not None:
            rows = rows.filter(among("pk", self.only_ids))
        if self.narrow is not None:
            rows = rows.filter(self.narrow)
        return Sql(
            "{} IN {}", F(relation.remote), Subquery(rows.values(relation.local))
        )


class Compiler:
    """Compiles one query for one moment and time zone."""

    def __init__(self, context: Context) -> None:
        self.context = context

    def source(
        self, entity: QueryEntity, names: Iterable[str] | None = None
    ) -> QuerySet[Any]:
        """The rows of an entity that may be looked at: those that who asks may see."""
        rows = entity.queryset(names)
        if self.context.user is None:
            return rows
        visible: QuerySet[Any] = among_visible(rows, self.context.user)
        return visible

    # Sets, as ids

    def found(self, item: Set) -> QuerySet[Any, Any]:
        """The ids of the set, each once, as a queryset of one column.

        Where a clause yields the ids of the end entity by a foreign key, its rows are
        not joined at all.
        """
        direct = _direct(item, self)
        if direct is not None:
            return direct
        parts = alternatives(item)
        if len(parts) > 1:
            return self.union(parts)
        rows = self.source(item.end).filter(self.set(item, None))
        return rows.values_list("pk", flat=True)

    def union(self, parts: list[Set]) -> QuerySet[Any, Any]:
        """The ids of sets that are found each by itself."""
        first, *rest = (self.found(part) for part in parts)
        return first.union(*rest)

    # Sets, as conditions on the rows of the entity they end on

    def set(self, item: Set, only: Sequence[int] | None, negated: bool = False) -> Any:
        """Membership in the set, as a condition on its end entity."""
        parts = alternatives(item) if only is None else []
        if len(parts) > 1:
            return member("pk", self.union(parts), negated=negated)
        if isinstance(item, Combine):
            return self.combine(item, only, negated)
        if isinstance(item, SegmentRef):
            source = segment_source()
            assert source is not None, "validated against the registered source"
            return member("pk", source.members(item.segment_id), negated=negated)
        conditions = []
        if item.steps:
            conditions.append(self.walk(item, only, negated))
            cond = item.then
        else:
            cond = item.where
        if cond is not None:
            conditions.append(self.cond(cond, Scope(item.end, only), negated))
        if not conditions:
            return FALSE if negated else TRUE
        return some(conditions) if negated else every(conditions)

    def combine(self, item: Combine, only: Sequence[int] | None, negated: bool) -> Any:
        if item.kind == "except":
            first, *rest = item.items
            parts = [self.set(first, only, negated)]
            parts += [self.set(inner, only, not negated) for inner in rest]
            return some(parts) if negated else every(parts)
        parts = [self.set(inner, only, negated) for inner in item.items]
        return some(parts) if (item.kind == "union") != negated else every(parts)

    def walk(self, block: Block, only: Sequence[int] | None, negated: bool) -> Any:
        keys = self.walked_keys(block, only)
        return member(block.steps[-1].relation.remote, keys, negated=negated)

    def walked_keys(
        self, block: Block, only: Sequence[int] | None = None
    ) -> QuerySet[Any, Any]:
        """The values that the rows arrived at carry in the last remote column."""
        rows = self.rows(block.entity, block.where)
        for step, following in zip(block.steps, block.steps[1:], strict=False):
            keys = rows.values(step.relation.local)
            rows = self.rows(following.source, step.where).filter(
                member(step.relation.remote, keys)
            )
        last = block.steps[-1].relation
        if only is not None and last.remote == "pk":
            rows = rows.filter(among(last.local, only))
        return rows.values(last.local)

    def rows(self, entity: QueryEntity, where: Cond | None) -> QuerySet[Any]:
        """The rows of an entity for which a condition holds."""
        rows = self.source(entity, pinned_names(where, entity))
        if where is None:
            return rows
        return rows.filter(self.cond(where, Scope(entity)))

    # Conditions

    def cond(self, cond: Cond, scope: Scope, negated: bool = False) -> Any:
        """The condition on a row of the scope's entity, or its exact complement."""
        if isinstance(cond, Clause):
            return clause_condition(cond, self.context, negated)
        if isinstance(cond, Not):
            return self.cond(cond.item, scope, not negated)
        if isinstance(cond, Related):
            return self.related(cond, scope, negated)
        if isinstance(cond, And) != negated:
            return self.all_of(cond, scope, negated)
        return some([self.cond(item, scope, negated) for item in cond.items])

    def all_of(self, cond: And | Or, scope: Scope, negated: bool) -> Any:
        """All must hold: counts of events share scans and the siblings' ids."""
        parts = flat(cond, negated)
        fused = self.fuse(parts, scope)
        shared = {number for group in fused for number in group}
        narrow = self.siblings(parts)
        inner = Scope(scope.entity, scope.only_ids, narrow) if narrow else scope
        found = [
            self.cond(item, inner if isinstance(item, Related) else scope, sign)
            for number, (item, sign) in enumerate(parts)
            if number not in shared
        ]
        found += [
            self.fused([parts[number] for number in group], inner) for group in fused
        ]
        return every(found)

    def siblings(self, parts: list[tuple[Cond, bool]]) -> Any | None:
        """The plain clauses of the group: what else must hold of the row itself."""
        if not any(isinstance(item, Related) and item.count for item, _ in parts):
            return None
        plain = [
            clause_condition(item, self.context, sign)
            for item, sign in parts
            if isinstance(item, Clause)
        ]
        return every(plain) if plain else None

    # Relations

    def related(self, cond: Related, scope: Scope, negated: bool) -> Any:
        """Whether the number of related rows is allowed, by the cheapest shape."""
        bounds = Bounds(cond.count, negated)
        if bounds.always is not None:
            return TRUE if bounds.always else FALSE
        local = cond.relation.local
        if bounds.exists is not None:
            rows = self.rows(cond.target, cond.where)
            keys = self.restricted(rows, cond, scope).values(cond.relation.remote)
            return member(local, keys, negated=not bounds.exists)
        keys = self.grouped([(cond, negated)], scope, complement=bounds.zero)
        return member(local, keys, negated=bounds.zero)

    def restricted(
        self, rows: QuerySet[Any], cond: Related, scope: Scope
    ) -> QuerySet[Any]:
        """The rows of the ids asked for only; the planner does the rest."""
        if scope.only_ids is None or cond.relation.local != "pk":
            return rows
        return rows.filter(among(cond.relation.remote, scope.only_ids))

    def fuse(self, parts: list[tuple[Cond, bool]], scope: Scope) -> list[list[int]]:
        """Groups of conditions on the same events and window that share one scan."""
        groups: dict[Any, list[int]] = defaultdict(list)
        for number, (item, _) in enumerate(parts):
            if (
                isinstance(item, Related)
                and item.target.events
                and is_plain(item.where)
                and Bounds(item.count, False).always is None
            ):
                start = window_start(item.where, item.target, self.context)
                groups[item.relation, start].append(number)
        return [
            group
            for group in groups.values()
            if len(group) > 1 and not all(_admits_zero(parts[n]) for n in group)
        ]

    def fused(self, group: list[tuple[Cond, bool]], scope: Scope) -> Any:
        parts = [(item, sign) for item, sign in group if isinstance(item, Related)]
        keys = self.grouped(parts, scope, complement=False)
        return member(parts[0][0].relation.local, keys)

    def grouped(
        self, parts: list[tuple[Related, bool]], scope: Scope, *, complement: bool
    ) -> QuerySet[Any, Any]:
        """Keys whose numbers of rows are all allowed (or, complement, one is not)."""
        first = parts[0][0]
        remote = first.relation.remote
        if len(parts) == 1:
            rows = self.rows(first.target, first.where)
            counts = [CountRows(remote)]
        else:
            rows = self.shared_rows([item for item, _ in parts])
            counts = [CountRows(remote, filter=self.inner(item)) for item, _ in parts]
        keys = self.key_condition(first, scope)
        if keys is not None:
            rows = rows.filter(keys)
        names = {f"n{number}": count for number, count in enumerate(counts)}
        grouped = rows.values(remote).annotate(**names)
        for name, (item, sign) in zip(names, parts, strict=True):
            having = _count_condition(F(name), item.count, sign != complement)
            grouped = grouped.filter(having)
        keys_only: QuerySet[Any, Any] = grouped.values(remote)
        return keys_only

    def inner(self, item: Related) -> Any:
        """The condition on the related rows themselves."""
        if item.where is None:
            return TRUE
        return self.cond(item.where, Scope(item.target))

    def key_condition(self, item: Related, scope: Scope) -> Any | None:
        """Restrict a count to the ids asked for, and, unbounded, to the siblings'."""
        bounded = window_start(item.where, item.target, self.context) is not None
        if bounded or not item.target.events:
            scope = Scope(scope.entity, scope.only_ids)
        return scope.keys(item.relation)

    def shared_rows(self, items: list[Related]) -> QuerySet[Any]:
        """The rows that any of the counts reads, bounded by name and time."""
        rows, names = self.within_bounds(items)
        if names is None or not all(_is_bounds_only(item) for item in items):
            rows = rows.filter(some([self.inner(item) for item in items]))
        return rows

    def bounded(self, item: Related) -> QuerySet[Any]:
        """The related rows to count conditions among.

        Events are too many to count all of them for each condition: those of the
        names and the window that are asked for.
        """
        if not item.target.events:
            return self.source(item.target)
        return self.within_bounds([item])[0]

    def within_bounds(
        self, items: list[Related]
    ) -> tuple[QuerySet[Any], frozenset[str] | None]:
        """Events of the names, and since the beginning, that the items ask for."""
        target = items[0].target
        pinned = [pinned_names(item.where, target) for item in items]
        names = (
            None
            if None in pinned
            else frozenset(name for found in pinned if found for name in found)
        )
        rows = self.source(target, names)
        if names is not None:
            rows = rows.filter(**{f"{target.event_name}__in": sorted(names)})
        start = window_start(items[0].where, target, self.context)
        time = target.own_field(target.event_time)
        if start is not None and time is not None:
            rows = rows.filter(span_condition(time.expression(), Span(low=start)))
        return rows, names


def _is_bounds_only(item: Related) -> bool:
    """Name, window and defaults say it all: the filters of the counts suffice."""
    target = item.target
    bounds = {target.event_name, target.event_time, *item.left_out}
    return all(
        isinstance(part, Clause) and part.field.name in bounds
        for part in conjuncts(item.where)
    )


def _admits_zero(part: tuple[Cond, bool]) -> bool:
    item, sign = part
    assert isinstance(item, Related)
    return Bounds(item.count, sign).zero


_SIGNS = {"eq": "=", "ne": "<>", "gt": ">", "gte": ">=", "lt": "<", "lte": "<="}


def _count_condition(number: F, count: Count | None, negated: bool) -> Sql:
    op = count.op if count else "gte"
    value: Any = count.value if count else 1
    word = "NOT " if negated else ""
    if op == "between":
        low, high = map(Param, value)
        return Sql(f"({word}({{}} BETWEEN {{}} AND {{}}))", number, low, high)
    if op in ("in", "not_in"):
        sign = "= ANY" if op == "in" else "<> ALL"
        return Sql(f"({word}({{}} {sign}({{}})))", number, Param(list(value)))
    return Sql(f"({word}({{}} {_SIGNS[op]} {{}}))", number, Param(value))


def condition(
    query: Query, context: Context, only_ids: Sequence[int] | None = None
) -> Any:
    """The query as a condition on the rows of the entity it ends on."""
    return Compiler(context).set(query.root, only_ids)


def ids(
    query: Query, context: Context, only_ids: Sequence[int] | None = None
) -> QuerySet[Any, Any]:
    """The ids found, each once, as a queryset of one flat column."""
    compiler = Compiler(context)
    if only_ids is None:
        return compiler.found(query.root)
    rows = compiler.source(query.end).filter(among("pk", only_ids))
    found = rows.filter(compiler.set(query.root, only_ids))
    return found.values_list("pk", flat=True)


def _direct(root: Set, compiler: Compiler) -> QuerySet[Any, Any] | None:
    if not isinstance(root, Block):
        return None
    if root.steps:
        last = root.steps[-1].relation
        if root.then is not None or last.remote != "pk" or not last.enforced:
            return None
        return _distinct(compiler.walked_keys(root), last.local)
    cond = root.where
    if not isinstance(cond, Related) or not cond.relation.enforced:
        return None
    if cond.relation.local != "pk" or Bounds(cond.count, False).exists is not True:
        return None
    rows = compiler.rows(cond.target, cond.where)
    return _distinct(rows, cond.relation.remote)


def _distinct(rows: QuerySet[Any, Any], column: str) -> QuerySet[Any, Any]:
    present = rows.filter(**{f"{column}__isnull": False})
    return present.values_list(column, flat=True).distinct()
