"""How many rows satisfy each node of a tree, told from slices of the tables.

One statement an entity: every condition that stands alone is read once for every row
of the slice, groups are worked out from those answers. So the whole tree costs about
as much as its conditions on a few thousand rows, however many there are.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.db.models import Model, QuerySet

from core.query.compile import Compiler, Scope
from core.query.context import Context
from core.query.errors import QueryTimeout
from core.query.guard import evaluating
from core.query.marks import (
    annotated,
    conditions_of,
    negated_field,
    stands_for_none,
)
from core.query.registry import QueryEntity
from core.query.slices import Slice, draw
from core.query.sql import among, every
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
    Set,
)
from core.query.values import blank

Answers = tuple[Any, ...]
Holds = Callable[[Answers], bool]
Marks = dict[str, dict[str, int]]


@dataclass(frozen=True)
class Estimate:
    """What a slice says of a query: which of its rows are found, and the whole.

    `found` has, for each id of the slice that the query finds, the columns asked for;
    `marks` what is told of each node so far.
    """

    slice: Slice
    found: dict[int, Answers]
    marks: Marks
    look_inside: Callable[[int], None]

    @property
    def count(self) -> int:
        return self.slice.about(len(self.found))

    @property
    def margin(self) -> int:
        return self.slice.margin(len(self.found))


def estimate(query: Query, context: Context, *columns: str) -> Estimate:
    """Ask the query of a slice of its end entity, in one statement beside the draw.

    Run it inside `evaluating`. After that, outside of it, `look_inside(milliseconds)`
    of the answer estimates the conditions on other entities too, each from a slice of
    its own, as far as that time allows.
    """
    return _Estimator(context).whole(query, columns)


def marked(query: Query, marks: Mapping[str, dict[str, int]]) -> Any:
    """The tree with `rows` and `margin` on every node that was estimated."""
    return annotated(query.tree, "", dict(marks))


class _Estimator:
    def __init__(self, context: Context) -> None:
        self.compiler = Compiler(context)
        self.slices: dict[type[Model], Slice] = {}
        self.marks: Marks = {}

    def slice(self, model: type[Model]) -> Slice:
        if model not in self.slices:
            self.slices[model] = draw(model)
        return self.slices[model]

    def whole(self, query: Query, columns: tuple[str, ...]) -> Estimate:
        drawn = self.slice(query.end.model)
        level = _Level(self.compiler, query.end, drawn)
        holds = level.set(query.root)
        answers = level.read(self.compiler.source(query.end), columns)
        self.marks |= level.told(list(answers.values()))
        wide = len(level.columns)
        found = {pk: row[wide:] for pk, row in answers.items() if holds(row)}
        return Estimate(drawn, found, self.marks, partial(self.inside, level.inside))

    def inside(self, waiting: list[_Inside], milliseconds: int) -> None:
        """Conditions on other entities; those for which time runs out get no number."""
        try:
            with evaluating(milliseconds):
                while waiting:
                    part = waiting.pop(0)
                    drawn = self.slice(part.entity.model)
                    level = _Level(self.compiler, part.entity, drawn)
                    waiting += self.read(level, part)
        except QueryTimeout:
            return

    def read(self, level: _Level, part: _Inside) -> list[_Inside]:
        level.cond(part.where)
        implied = conditions_of(part.where)[1]
        allowed = every([self.compiler.cond(item, level.scope) for item in implied])
        answers = level.read(part.rows.filter(allowed), ())
        self.marks |= level.told(list(answers.values()))
        return level.inside


@dataclass(frozen=True)
class _Inside:
    """Conditions on the rows of another entity, and which of its rows to ask."""

    entity: QueryEntity
    where: Cond
    rows: QuerySet[Any]


class _Level:
    """The conditions on the rows of one entity's slice."""

    def __init__(self, compiler: Compiler, entity: QueryEntity, drawn: Slice) -> None:
        self.compiler = compiler
        self.slice = drawn
        self.scope = Scope(entity, drawn.ids)
        self.columns: list[Any] = []
        self.nodes: dict[str, Holds] = {}
        self.empty: dict[str, Holds] = {}
        self.inside: list[_Inside] = []

    # What is asked

    def set(self, item: Set) -> Holds:
        if isinstance(item, Combine):
            holds = _combined(item.kind, [self.set(inner) for inner in item.items])
        elif isinstance(item, SegmentRef):
            holds = self.leaf(self.compiler.set(item, self.scope.only_ids))
        else:
            holds = self.block(item)
        self.nodes[item.path] = holds
        return holds

    def block(self, block: Block) -> Holds:
        if not block.steps:
            return self.cond(block.where) if block.where else _always
        self.before(block)
        walk = self.leaf(self.compiler.walk(block, self.scope.only_ids, False))
        if block.then is None:
            return walk
        return _combined("and", [walk, self.cond(block.then)])

    def before(self, block: Block) -> None:
        """What a walk asks of the rows it starts from."""
        if block.where is not None:
            rows = self.compiler.source(block.entity)
            self.inside.append(_Inside(block.entity, block.where, rows))

    def cond(self, cond: Cond) -> Holds:
        holds = self.answer(cond)
        if not stands_for_none(cond):
            self.nodes[cond.path] = holds
        field = negated_field(cond)
        if field is not None:
            self.empty[cond.path] = self.leaf(blank(field))
        return holds

    def answer(self, cond: Cond) -> Holds:
        if isinstance(cond, Clause) and cond.implied:
            return _always
        if isinstance(cond, Not):
            inner = self.cond(cond.item)
            return lambda row: not inner(row)
        if isinstance(cond, And | Or):
            kind = "and" if isinstance(cond, And) else "or"
            return _combined(kind, [self.cond(item) for item in cond.items])
        if isinstance(cond, Related) and cond.where is not None:
            rows = self.compiler.bounded(cond)
            self.inside.append(_Inside(cond.target, cond.where, rows))
        return self.leaf(self.compiler.cond(cond, self.scope))

    def leaf(self, condition: Any) -> Holds:
        number = len(self.columns)
        self.columns.append(condition)
        return lambda row: bool(row[number])

    # What is answered

    def read(self, rows: QuerySet[Any], more: tuple[str, ...]) -> dict[int, Answers]:
        """The answers of every row of the slice, by id; one statement."""
        names = [f"n{number}" for number in range(len(self.columns))]
        asked = rows.filter(among("pk", self.slice.ids)).annotate(
            **dict(zip(names, self.columns, strict=True))
        )
        return {pk: rest for pk, *rest in asked.values_list("pk", *names, *more)}

    def told(self, answers: list[Answers]) -> Marks:
        """What they say of the whole, for every node; equal answers are read once."""
        wide = len(self.columns)
        patterns = Counter(tuple(row[:wide]) for row in answers)
        return {path: self.mark(path, patterns) for path in self.nodes}

    def mark(self, path: str, patterns: Counter[Answers]) -> dict[str, int]:
        rows = _sum(patterns, self.nodes[path])
        told = {"rows": self.slice.about(rows), "margin": self.slice.margin(rows)}
        if path in self.empty:
            told["empty"] = self.slice.about(_sum(patterns, self.empty[path]))
        return told


def _sum(patterns: Counter[Answers], holds: Holds) -> int:
    return sum(number for row, number in patterns.items() if holds(row))


def _always(_row: Answers) -> bool:
    return True


def _combined(kind: str, parts: list[Holds]) -> Holds:
    if kind in ("or", "union"):
        return lambda row: any(part(row) for part in parts)
    if kind == "except":
        first, *rest = parts
        return lambda row: first(row) and not any(part(row) for part in rest)
    return lambda row: all(part(row) for part in parts)
