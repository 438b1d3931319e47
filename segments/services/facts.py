"""Why somebody is in or out, told: every condition with the facts it was decided by.

`core.query` says true or false for every part; this reads beside it what stands in
the fields and how many related records there are, one query for each kind of rows.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet
from django.utils.formats import date_format, number_format

from core.access.entities import all_entities
from core.query.compile import Compiler
from core.query.context import Context
from core.query.explain import explain_condition
from core.query.language import Query, why
from core.query.registry import Field, QueryEntity
from core.query.sql import member
from core.query.tree import And, Block, Clause, Combine, Cond, Not, Or, Related, Set
from core.query.values import typed

# How many related records are read for the facts, and how many values are told.
READ, SHOWN = 200, 4
JOINS = {"union": "Or also", "intersect": "But also in", "except": "But not"}
GROUPS = {
    (And, False): ("All of these", "all"),
    (Or, False): ("At least one of these", "any"),
    (And, True): ("Not all of these", "notall"),
    (Or, True): ("None of these", "none"),
}


@dataclass
class Told:
    """One part of the conditions: what it asks, the answer, and what it read."""

    words: str
    result: bool
    kind: str
    found: int | None = None
    facts: list[str] = field(default_factory=list)
    parts: list[Told] = field(default_factory=list)


def told_for(query: Query, pk: int, context: Context) -> Told:
    """The conditions told for one contact.

    Whether a part holds is the organisation's answer; values are read only from rows
    that `context.user` may see.
    """
    answers = why(query, pk, replace(context, user=None))
    teller = _Teller(answers, context)
    root = query.root
    behind = teller.compiler.source(root.end).filter(pk=pk)
    return teller.set(root, behind)


class _Teller:
    def __init__(self, answers: Any, context: Context) -> None:
        self.answers = answers
        self.context = context
        self.compiler = Compiler(context)

    def answer(self, path: str) -> dict[str, Any]:
        """What was found out about the part at a path."""
        found = self.answers
        for key in path.replace("[", ".").replace("]", "").split("."):
            if key:
                found = found[int(key)] if key.isdigit() else found[key]
        return dict(found)

    def told(self, item: Any, words: str, kind: str) -> Told:
        answer = self.answer(item.path)
        return Told(words, answer["result"], kind, answer.get("found"))

    # Sets

    def set(self, item: Set, rows: QuerySet[Any]) -> Told:
        """A group with the rows it is asked of."""
        if isinstance(item, Combine):
            told = self.told(item, "", "sets")
            for number, inner in enumerate(item.items):
                part = self.set(inner, rows)
                if number:
                    part.words = f"{JOINS[item.kind]}: {part.words}"
                told.parts.append(part)
            return told
        if isinstance(item, Block):
            return self.block(item, rows)
        return self.told(item, f"In the segment {item.name}", "segment")

    def block(self, block: Block, rows: QuerySet[Any]) -> Told:
        if not block.steps:
            told = self.told(block, f"{block.entity.plural} who fit", "block")
            told.parts = self.level(block.where, block.entity, rows)
            return told
        way = ", then ".join(step.relation.label.lower() for step in block.steps)
        told = self.told(block, f"Reached from {block.entity.plural} by {way}", "block")
        behind = self.walked_back(block, rows)
        number = behind.count()
        told.facts.append(f"{_many(number, block.entity)} behind this contact")
        told.parts = self.level(block.where, block.entity, behind)
        if block.then is not None:
            then = Told("And of the contact arrived at", told.result, "block")
            then.parts = self.level(block.then, block.end, rows)
            then.result = all(part.result for part in then.parts)
            told.parts.append(then)
        return told

    def walked_back(self, block: Block, rows: QuerySet[Any]) -> QuerySet[Any]:
        """The rows at the start of the walk from which these rows are reached."""
        passed = [None, *(step.where for step in block.steps[:-1])]
        for step, implied in zip(reversed(block.steps), reversed(passed), strict=True):
            keys = rows.values(step.relation.remote)
            source = self.compiler.rows(step.source, implied)
            rows = source.filter(member(step.relation.local, keys))
        return rows

    # Conditions

    def level(
        self, cond: Cond | None, entity: QueryEntity, rows: QuerySet[Any]
    ) -> list[Told]:
        """The conditions on these rows, their values read by one query."""
        clauses = [each for each in _clauses(cond) if not each.implied]
        values = self.values(clauses, rows)
        return self.parts(cond, rows, values)

    def parts(self, cond: Cond | None, rows: QuerySet[Any], values: Any) -> list[Told]:
        """A condition as told; groups that only hold what is implied dissolve."""
        if cond is None or (isinstance(cond, Clause) and cond.implied):
            return []
        if isinstance(cond, Clause):
            told = self.told(cond, _sentence(cond), "clause")
            told.words = self.named(cond, told.words)
            told.facts = values.get(cond.path, [])
            return [told]
        if isinstance(cond, Related):
            return [self.related(cond, rows)]
        negated = isinstance(cond, Not)
        inner: Cond = cond.item if isinstance(cond, Not) else cond
        if not isinstance(inner, And | Or):
            told = self.told(cond, "None of these", "none")
            told.parts = self.parts(inner, rows, values)
            return [told]
        parts = [
            each for item in inner.items for each in self.parts(item, rows, values)
        ]
        implied = any(isinstance(i, Clause) and i.implied for i in inner.items)
        if implied and not negated:
            return parts
        words, kind = GROUPS[type(inner), negated]
        told = self.told(cond, words, kind)
        told.parts = parts
        return [told]

    def related(self, item: Related, rows: QuerySet[Any]) -> Told:
        told = self.told(item, _sentence(replace(item, where=None)), "related")
        keys = rows.values(item.relation.local)
        behind = self.compiler.source(item.target)
        behind = behind.filter(member(item.relation.remote, keys))
        number = behind.count()
        told.facts = [f"There {'is' if number == 1 else 'are'} {number:,}"]
        if item.where is not None:
            told.parts = self.level(item.where, item.target, behind)
            # The answer counted the organisation's rows; no more are told than seen.
            fit = min(told.found or 0, number)
            told.facts[0] += f", of which {fit:,} fit"
        return told

    # Facts

    def values(self, clauses: list[Clause], rows: QuerySet[Any]) -> dict[str, Any]:
        """What stands in the fields that the clauses ask, by the clause's path."""
        if not clauses:
            return {}
        columns = {f"v{n}": _column(each.field) for n, each in enumerate(clauses)}
        found = list(
            rows.annotate(**columns).values_list(*columns)[:READ]
            if columns
            else rows.none()
        )
        return {
            each.path: self.tell(each.field, [row[n] for row in found])
            for n, each in enumerate(clauses)
        }

    def tell(self, asked: Field, values: list[Any]) -> list[str]:
        """The values in words, the most frequent first."""
        dates = sorted(each for each in values if isinstance(each, dt.date))
        if len(set(dates)) > SHOWN:
            first, last = (self.word(each, {}, {}) for each in (dates[0], dates[-1]))
            return [f"{len(dates)} from {first} to {last}"]
        labels = dict(asked.choice_list())
        names = self.names(asked, values)
        words = [self.word(value, labels, names) for value in values]
        counted = Counter(words).most_common()
        told = [
            word if number == 1 or len(values) == number == 1 else f"{word} ×{number}"
            for word, number in counted[:SHOWN]
        ]
        if len(counted) > SHOWN:
            told.append(f"{len(counted) - SHOWN} more")
        return told

    def word(self, value: Any, labels: dict[str, str], names: dict[int, str]) -> str:
        if value is None or value in ("", []):
            return "empty"
        if isinstance(value, bool):
            return "yes" if value else "no"
        if isinstance(value, dt.datetime):
            return date_format(value.astimezone(self.context.zone), "j M Y, H:i")
        if isinstance(value, dt.date):
            return date_format(value, "j M Y")
        if isinstance(value, list):
            return ", ".join(labels.get(str(each), str(each)) for each in value)
        if names:
            return names.get(int(value), f"number {value}")
        if isinstance(value, Decimal):
            return number_format(value.normalize(), use_l10n=True)
        return labels.get(str(value), str(value))

    def names(self, asked: Field, values: list[Any]) -> dict[int, str]:
        """The names of the records that a look-up points to, as far as seen."""
        entity = next((e for e in all_entities() if e.key == asked.target), None)
        ids = {value for value in values if isinstance(value, int)}
        if asked.kind != "lookup" or entity is None or not ids:
            return {}
        rows: Any = entity.model._default_manager
        if hasattr(rows, "visible_to") and self.context.user is not None:
            rows = rows.visible_to(self.context.user)
        return {row.pk: str(row) for row in rows.filter(pk__in=ids)}

    def named(self, clause: Clause, words: str) -> str:
        """The words with the names of the records that the condition means."""
        if clause.field.kind != "lookup":
            return words
        wanted = clause.value if isinstance(clause.value, tuple) else (clause.value,)
        ids = [int(each) for each in wanted if each is not None]
        for pk, name in self.names(clause.field, ids).items():
            words = words.replace(f"record {pk}", name)
        return words


def _sentence(cond: Cond) -> str:
    text = explain_condition(cond)
    return text[:1].upper() + text[1:]


def _many(number: int, entity: QueryEntity) -> str:
    noun = entity.label if number == 1 else entity.plural
    return f"{number:,} {noun.lower()}"


def _column(asked: Field) -> Any:
    return asked.expression() if asked.json is None else typed(asked)


def _clauses(cond: Cond | None) -> Iterator[Clause]:
    """The clauses on the rows themselves, not those behind relations."""
    if isinstance(cond, Clause):
        yield cond
    elif isinstance(cond, Not):
        yield from _clauses(cond.item)
    elif isinstance(cond, And | Or):
        for item in cond.items:
            yield from _clauses(item)
