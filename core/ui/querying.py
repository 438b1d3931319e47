"""Advanced conditions of a list: a query tree in the address (`?query=`)."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from django import forms
from django.db.models import QuerySet

from core.base.models import Organisation
from core.base.text import json_problem
from core.query.language import (
    Context,
    Query,
    QueryError,
    explain,
    filter_queryset,
    validate,
)
from core.ui.conditions import ConditionField

LONGEST = 100_000


@dataclass(frozen=True)
class Conditions:
    """A tree as a sentence, or why it cannot be read."""

    query: Query | None = None
    sentence: str = ""
    problem: str = ""
    where: dict[str, Any] | None = None

    def narrow(self, rows: QuerySet, user: Any) -> QuerySet:
        """The rows that fit, as far as this user sees; none for a broken tree."""
        if self.problem:
            return rows.none()
        if self.query is None:
            return rows
        context = Context(time_zone=Organisation.current().time_zone, user=user)
        narrowed: QuerySet = filter_queryset(rows, self.query, context)
        return narrowed


def conditions_of(text: str, entity: str) -> Conditions:
    """Read the tree of an address; a broken one gives its problem in words."""
    if not text:
        return Conditions()
    try:
        tree: Any = json.loads(text[:LONGEST])
    except (ValueError, RecursionError):
        return Conditions(problem="The conditions are not valid JSON.")
    found = json_problem(tree)
    if found:
        return Conditions(problem=f"{found[0]}: {found[1]}")
    try:
        query = validate(tree, ends_on=entity)
    except QueryError as error:
        return Conditions(problem=str(error))
    return Conditions(query, explain(query), where=_where(tree, entity))


def _where(tree: dict[str, Any], entity: str) -> dict[str, Any] | None:
    """The conditions of a tree that begins with these rows; others are JSON only."""
    plain = set(tree) <= {"from", "where"} and tree.get("from") == entity
    return tree.get("where") if plain else None


def as_query(entity: str, where: str) -> str:
    """The tree of an address for conditions on these rows; a broken one stays so."""
    try:
        tree = {"from": entity, "where": json.loads(where[:LONGEST])}
    except (ValueError, RecursionError):
        return where[:LONGEST]
    return json.dumps(tree, separators=(",", ":"), ensure_ascii=False)


class ConditionsForm(forms.Form):
    """The conditions of a list, put together by hand."""

    where = ConditionField(label="Show those where")

    def about(self, entity: str) -> None:
        """Offer what can be asked of this entity."""
        field: Any = self.fields["where"]
        field.about(entity)
