"""The tree given back with an answer on every node: why a record is in, or counts.

Both ask the same questions, node by node: `why` of the rows behind one record,
`counts` of all rows of each node's entity. All nodes of one level that read the row
itself are answered by one statement.
"""

from __future__ import annotations

from typing import Any

from django.db.models import Count as CountRows
from django.db.models import QuerySet

from core.query.behaviour import is_plain
from core.query.compile import Compiler, Scope
from core.query.context import Context
from core.query.operators import NEGATIVE
from core.query.registry import QueryEntity
from core.query.sql import every, member
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
    Set,
)
from core.query.values import blank

Marks = dict[str, dict[str, Any]]


def why(query: Query, pk: int, context: Context) -> Any:
    """The tree with `result` true or false on every node, for one record.

    Inside a relation, and before a walk, a node is true if it holds for at least one
    of the rows behind the record; `found` says for how many.
    """
    marker = _Marker(context, pk)
    marker.set(query.root, marker.compiler.source(query.end).filter(pk=pk))
    answers = {
        path: {"result": mark["count"] > 0, **_found(mark)}
        for path, mark in marker.marks.items()
    }
    return annotated(query.tree, "", answers)


def _found(mark: dict[str, Any]) -> dict[str, Any]:
    found = mark.get("found", mark["count"] if mark["nested"] else None)
    return {} if found is None else {"found": found}


def counts(query: Query, context: Context, *, whole: int | None = None) -> Any:
    """The tree with `rows` on every node: how many rows of its entity satisfy it.

    A negative condition also has `empty`: how many of those are there only because
    the field is empty. `whole` is the count of all together where it is known. Run it
    inside `evaluating` with a time limit.
    """
    marker = _Marker(context, None)
    if whole is not None:
        marker.known[query.root.path] = whole
    marker.set(query.root, marker.compiler.source(query.end))
    answers: Marks = {
        path: {"rows": mark["count"], **_empty(mark)}
        for path, mark in marker.marks.items()
    }
    return annotated(query.tree, "", answers)


def _empty(mark: dict[str, Any]) -> dict[str, Any]:
    return {"empty": mark["empty"]} if "empty" in mark else {}


class _Marker:
    def __init__(self, context: Context, pk: int | None) -> None:
        self.compiler = Compiler(context)
        self.pk = pk
        self.only = None if pk is None else [pk]
        self.marks: Marks = {}
        self.known: dict[str, int] = {}

    def set(self, item: Set, rows: QuerySet[Any, Any]) -> None:
        """Mark the set, and everything in it."""
        count = self.known.get(item.path)
        if count is None:
            count = rows.filter(self.compiler.set(item, self.only)).count()
        if isinstance(item, Combine):
            for inner in item.items:
                self.set(inner, rows)
        elif isinstance(item, Block):
            if item.where is not None and not item.steps:
                self.known.setdefault(item.where.path, count)
            self.block(item, rows)
        self.marks[item.path] = {"count": count, "nested": False}

    def block(self, block: Block, rows: QuerySet[Any, Any]) -> None:
        if not block.steps:
            self.level(block.where, block.entity, rows, nested=False)
            return
        self.level(block.then, block.end, rows, nested=False)
        passed = [None, *(step.where for step in block.steps[:-1])]
        for step, implied in zip(reversed(block.steps), reversed(passed), strict=True):
            behind = self.compiler.rows(step.source, implied)
            if self.pk is not None:
                keys = rows.values(step.relation.remote)
                behind = behind.filter(member(step.relation.local, keys))
            rows = behind
        self.level(block.where, block.entity, rows, nested=True)

    def level(
        self,
        cond: Cond | None,
        entity: QueryEntity,
        rows: QuerySet[Any, Any],
        *,
        nested: bool,
    ) -> None:
        """Mark every condition on the rows, then those on their relations."""
        nodes, implied = conditions_of(cond)
        scope = Scope(entity, None if nested else self.only)
        if implied:
            rows = rows.filter(
                every([self.compiler.cond(item, scope) for item in implied])
            )
        one = self.pk is not None
        self.together([item for item in nodes if one or is_plain(item)], scope, rows)
        for item in nodes:
            if item.path not in self.marks:
                count = self.known.get(item.path)
                if count is None:
                    count = rows.filter(self.compiler.cond(item, scope)).count()
                self.marks[item.path] = {"count": count}
            self.marks[item.path]["nested"] = nested
        for item in nodes:
            if isinstance(item, Related):
                self.related(item, rows)

    def together(
        self, nodes: list[Cond], scope: Scope, rows: QuerySet[Any, Any]
    ) -> None:
        """Count several conditions in one statement."""
        wanted: dict[str, Any] = {}
        for number, item in enumerate(nodes):
            holds = self.compiler.cond(item, scope)
            wanted[f"n{number}"] = CountRows("pk", filter=holds)
            field = negated_field(item)
            if field is not None:
                wanted[f"e{number}"] = CountRows("pk", filter=blank(field))
        answers = rows.aggregate(**wanted) if wanted else {}
        for number, item in enumerate(nodes):
            mark = self.marks[item.path] = {"count": answers[f"n{number}"]}
            if f"e{number}" in answers:
                mark["empty"] = answers[f"e{number}"]

    def related(self, item: Related, rows: QuerySet[Any, Any]) -> None:
        if self.pk is None:
            behind = self.compiler.bounded(item)
        else:
            behind = self.compiler.source(item.target)
            keys = rows.values(item.relation.local)
            behind = behind.filter(member(item.relation.remote, keys))
            allowed = self.compiler.inner(item)
            self.marks[item.path]["found"] = behind.filter(allowed).count()
        self.level(item.where, item.target, behind, nested=True)


def conditions_of(cond: Cond | None) -> tuple[list[Cond], list[Clause]]:
    """The conditions on the rows themselves, those of the tree and those implied."""
    found: list[Cond] = []
    implied: list[Clause] = []
    stack = [cond] if cond is not None else []
    while stack:
        item = stack.pop()
        if isinstance(item, Clause) and item.implied:
            implied.append(item)
            continue
        stack.extend(_parts(item))
        if not stands_for_none(item):
            found.append(item)
    return found, implied


def stands_for_none(item: Cond) -> bool:
    """What is implied, and the group that only holds it, are no node of the tree."""
    if isinstance(item, Clause):
        return item.implied
    return any(isinstance(part, Clause) and part.implied for part in _parts(item))


def _parts(item: Cond) -> tuple[Cond, ...]:
    if isinstance(item, Not):
        return (item.item,)
    return item.items if isinstance(item, And | Or) else ()


def negated_field(item: Cond) -> Any:
    """The field whose empty values satisfy this negative condition."""
    sign = False
    while isinstance(item, Not):
        item, sign = item.item, not sign
    if not isinstance(item, Clause) or item.op in ("blank", "not_blank"):
        return None
    return item.field if (item.op in NEGATIVE) != sign else None


_INSIDE = ("where", "then", "not", "and", "or", "union", "intersect", "except")


def annotated(node: Any, path: str, answers: Marks) -> Any:
    """A copy of the tree with what was found out about the node at each path."""
    if isinstance(node, list):
        return [
            annotated(item, f"{path}[{number}]", answers)
            for number, item in enumerate(node)
        ]
    if not isinstance(node, dict):
        return node
    copy = {
        key: annotated(value, f"{path}.{key}" if path else key, answers)
        if key in _INSIDE
        else value
        for key, value in node.items()
    }
    return {**copy, **answers.get(path, {})}
