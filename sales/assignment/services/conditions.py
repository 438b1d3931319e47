"""The condition of a rule: read, said in words, asked of many leads at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import Case, IntegerField, Value, When

from core.base.errors import Invalid
from core.base.models import Organisation
from core.query.language import (
    Context,
    Query,
    QueryError,
    compile_filter,
    dependencies,
    explain,
    validate,
)
from core.query.sql import among
from crm.models import Lead

# Whose columns stand on the lead's own row or on the one row it points to.
_PATHS = {"lead": "", "contact": "parent_contact__", "account": "parent_account__"}


def condition_query(condition: dict[str, Any]) -> Query:
    """The condition as a query on leads; Invalid at its place where it is broken."""
    tree = {"from": "lead", "where": condition or {"and": []}}
    try:
        return validate(tree, starts_from="lead", ends_on="lead")
    except QueryError as error:
        path = str(error.path).removeprefix("where").lstrip(".")
        attr = "condition" + (f".{path}" if path else "")
        raise Invalid(error.code, error.detail, attr=attr) from error


def condition_sentence(condition: dict[str, Any]) -> str:
    """The condition in words; what is wrong with it where it is broken."""
    if not condition:
        return "All leads."
    try:
        return explain(condition_query(condition))
    except Invalid as error:
        return f"Broken: {error.detail}"


def here_and_now() -> Context:
    """Days begin in the organisation's time zone."""
    return Context(time_zone=Organisation.current().time_zone)


def first_matches(
    queries: Sequence[Query], lead_ids: Sequence[int], context: Context
) -> dict[int, int]:
    """For each lead, the place of the first query that finds it; one statement."""
    if not queries or not lead_ids:
        return {}
    first = Case(
        *(
            When(compile_filter(query, context, only_ids=lead_ids), then=Value(place))
            for place, query in enumerate(queries)
        ),
        default=Value(-1),
        output_field=IntegerField(),
    )
    rows = Lead.objects.filter(among("pk", lead_ids)).annotate(first=first)
    found = rows.order_by().values_list("pk", "first")
    return {pk: place for pk, place in found if place >= 0}


def facts_read(query: Query) -> dict[str, str]:
    """The columns that a condition reads of a lead and its people: name to path.

    Related rows of which there are many are not facts of the lead itself.
    """
    read = dependencies(query).fields
    found: dict[str, str] = {}
    for entity, path in _PATHS.items():
        model: Any = Lead
        if path:
            model = Lead._meta.get_field(path.removesuffix("__")).related_model
        columns = {field.name for field in model._meta.concrete_fields}
        for name in sorted(read.get(entity, frozenset()) & columns):
            if not (entity == "lead" and name in ("parent_contact", "parent_account")):
                found[f"{path.replace('__', '.')}{name}"] = f"{path}{name}"
    return found


def facts_of(
    wanted: dict[int, dict[str, str]],
) -> dict[int, dict[str, Any]]:
    """What each lead said to its rule's condition; one statement for all."""
    paths = sorted({path for facts in wanted.values() for path in facts.values()})
    if not paths:
        return {}
    rows = Lead.objects.filter(among("pk", list(wanted))).order_by()
    return {
        row["pk"]: {
            name: _plain(row[path])
            for name, path in wanted[row["pk"]].items()
            if row[path] not in (None, "", [], {})
        }
        for row in rows.values("pk", *paths)
    }


def _plain(value: Any) -> Any:
    """A value as JSON keeps it."""
    return value if isinstance(value, str | int | bool | list | dict) else str(value)
