"""A query once validated: typed nodes, each with the path at which it stands."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from core.query.registry import Field, QueryEntity, Relation


@dataclass(frozen=True)
class Clause:
    """`field op value`, with the value checked and converted.

    `implied` marks a clause that the entity adds because the tree did not name it.
    """

    path: str
    entity: QueryEntity
    field: Field
    op: str
    value: Any = None
    implied: bool = False


@dataclass(frozen=True)
class And:
    path: str
    items: tuple[Cond, ...]


@dataclass(frozen=True)
class Or:
    path: str
    items: tuple[Cond, ...]


@dataclass(frozen=True)
class Not:
    path: str
    item: Cond


@dataclass(frozen=True)
class Count:
    """How many related rows there must be."""

    op: str
    value: Any

    def allows(self, number: int) -> bool:
        """Whether this number of rows satisfies the count."""
        value: Any = self.value
        if self.op in ("in", "not_in"):
            return (number in value) == (self.op == "in")
        if self.op == "between":
            return bool(value[0] <= number <= value[1])
        answers = {
            "eq": number == value,
            "ne": number != value,
            "gt": number > value,
            "gte": number >= value,
            "lt": number < value,
            "lte": number <= value,
        }
        return bool(answers[self.op])


@dataclass(frozen=True)
class Related:
    """There is a related row for which `where` holds, or so many of them.

    `where` already holds the conditions that apply unless a tree names their field;
    `left_out` names those.
    """

    path: str
    entity: QueryEntity
    relation: Relation
    target: QueryEntity
    where: Cond | None
    count: Count | None
    left_out: tuple[str, ...] = ()


Cond = Clause | And | Or | Not | Related


@dataclass(frozen=True)
class Step:
    """One walk from an entity over a relation to the next.

    `where` holds what the target implies, for rows that are only passed through.
    """

    relation: Relation
    source: QueryEntity
    target: QueryEntity
    where: Cond | None = None


@dataclass(frozen=True)
class Block:
    path: str
    entity: QueryEntity
    where: Cond | None
    steps: tuple[Step, ...]
    then: Cond | None
    end: QueryEntity
    left_out: tuple[str, ...] = ()


@dataclass(frozen=True)
class Combine:
    """A union, an intersection, or a first set except the others."""

    path: str
    kind: str
    items: tuple[Set, ...]
    end: QueryEntity


@dataclass(frozen=True)
class SegmentRef:
    path: str
    segment_id: int
    name: str
    end: QueryEntity


Set = Block | Combine | SegmentRef


@dataclass(frozen=True)
class Query:
    """A validated tree; `tree` is the JSON it was made from."""

    root: Set
    tree: Any

    @property
    def end(self) -> QueryEntity:
        """The entity whose rows this query finds."""
        return self.root.end


def walk_sets(item: Set) -> Iterator[Set]:
    """This set and every set in it."""
    yield item
    if isinstance(item, Combine):
        for inner in item.items:
            yield from walk_sets(inner)


def walk_conditions(cond: Cond | None) -> Iterator[Cond]:
    """This condition and every condition in it, related ones included."""
    if cond is None:
        return
    yield cond
    if isinstance(cond, And | Or):
        for inner in cond.items:
            yield from walk_conditions(inner)
    elif isinstance(cond, Not):
        yield from walk_conditions(cond.item)
    elif isinstance(cond, Related):
        yield from walk_conditions(cond.where)


def all_conditions(query: Query) -> Iterator[Cond]:
    """Every condition anywhere in the query."""
    for item in walk_sets(query.root):
        if isinstance(item, Block):
            yield from walk_conditions(item.where)
            yield from walk_conditions(item.then)
