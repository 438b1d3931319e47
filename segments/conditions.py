"""The query of a segment: its conditions, within its scope."""

from __future__ import annotations

from typing import Any

from core.query.language import Query, validate
from core.query.tree import Combine
from segments.models import Segment


def members_query(segment: Segment) -> Query:
    """What gives the segment's members now; QueryError where it is broken.

    A place in an error is one of the definition: the scope is added to what was
    read, not to the JSON.
    """
    return scoped_query(segment, segment.definition, segment.scope)


def scoped_query(segment: Segment, definition: Any, scope: str) -> Query:
    """The same for conditions and a scope that the segment does not have yet."""
    query = validate(definition, ends_on="contact")
    if scope != Segment.Scope.TEAM:
        return query
    # A segment whose team is gone holds nobody rather than everybody.
    where: Any = {"or": []}
    if segment.team_id is not None:
        where = {"field": "team", "op": "eq", "value": segment.team_id}
    own = validate({"from": "contact", "where": where}, ends_on="contact")
    both = (query.root, own.root)
    return Query(Combine("", "intersect", both, query.end), query.tree)
