"""The query language: what every other app uses of it.

query = validate(tree, ends_on="contact")
context = Context(time_zone="Europe/Berlin")
compile_ids(query, context)          # a queryset of ids, not yet run
filter_queryset(Lead.objects.visible_to(user), query, context)
matching(query, [1, 2, 3], context)  # which of these ids are found
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, TypeVar

from django.db.models import QuerySet

from core.query import compile as compiling
from core.query.context import Context
from core.query.dependencies import (
    Dependencies,
    affected_ids,
    dependencies,
    next_change,
)
from core.query.describe import describe
from core.query.errors import QueryError, QueryTimeout
from core.query.estimates import Estimate, estimate, marked
from core.query.explain import explain
from core.query.guard import MATCH_CHUNK, evaluating
from core.query.marks import counts, why
from core.query.parse import parse
from core.query.tree import Query

Rows = TypeVar("Rows", bound="QuerySet[Any, Any]")

__all__ = [
    "Context",
    "Dependencies",
    "Estimate",
    "Query",
    "QueryError",
    "QueryTimeout",
    "affected_ids",
    "compile_filter",
    "compile_ids",
    "count_ids",
    "counts",
    "dependencies",
    "describe",
    "estimate",
    "evaluating",
    "explain",
    "filter_queryset",
    "list_ids",
    "marked",
    "matching",
    "next_change",
    "validate",
    "why",
]


def validate(
    tree: Any, *, ends_on: str | None = None, starts_from: str | None = None
) -> Query:
    """Check a tree; raises QueryError with the path of the bad node.

    `ends_on` is the entity whose rows are wanted (contacts, for a segment).
    `starts_from` is the only entity a block may begin with; with it a bare condition
    is accepted as well, and means a block of that entity.
    """
    return parse(tree, ends_on=ends_on, starts_from=starts_from)


def compile_ids(
    query: Query, context: Context, *, only_ids: Sequence[int] | None = None
) -> QuerySet[Any, Any]:
    """The ids of the rows found, as a lazy queryset of one flat column.

    With `only_ids` just those rows are asked about; the ids reach down into the
    relations, so that a few rows cost little.
    """
    return compiling.ids(query, context, only_ids)


def compile_filter(
    query: Query, context: Context, *, only_ids: Sequence[int] | None = None
) -> Any:
    """The query as a two-valued condition on rows of `query.end.model`."""
    return compiling.condition(query, context, only_ids)


def filter_queryset(queryset: Rows, query: Query, context: Context) -> Rows:
    """The rows of the queryset that the query finds; order and rights are kept."""
    if queryset.model is not query.end.model:
        raise QueryError(
            "", "wrong_end", f"The query ends on {query.end.plural.lower()}."
        )
    return queryset.filter(compile_filter(query, context))


def list_ids(
    query: Query, context: Context, *, timeout_ms: int | None = None
) -> list[int]:
    """Run the query; QueryTimeout after `timeout_ms` milliseconds."""
    with evaluating(timeout_ms):
        return list(compile_ids(query, context))


def count_ids(query: Query, context: Context, *, timeout_ms: int | None = None) -> int:
    """How many rows the query finds; QueryTimeout after `timeout_ms`."""
    with evaluating(timeout_ms):
        return compile_ids(query, context).count()


def matching(
    query: Query,
    ids: Iterable[int],
    context: Context,
    *,
    timeout_ms: int | None = None,
) -> set[int]:
    """Which of these ids the query finds now."""
    wanted = sorted(set(ids))
    found: set[int] = set()
    with evaluating(timeout_ms):
        for start in range(0, len(wanted), MATCH_CHUNK):
            part = wanted[start : start + MATCH_CHUNK]
            found.update(compile_ids(query, context, only_ids=part))
    return found
