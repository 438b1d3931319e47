"""How large a compound segment is after each of its parts."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import connection

from core.query.language import evaluating
from segments.flow import Part
from segments.services.preview import PREVIEW_MS

_JOINED = {
    "union": "({} OR {})",
    "intersect": "({} AND {})",
    "except": "({} AND NOT {})",
}


def flow_sizes(parts: Sequence[Part]) -> list[int]:
    """How many contacts are in after each part, from left to right.

    One grouped scan of the members of the parts, however many there are. Raises
    QueryTimeout.
    """
    if not parts:
        return []
    ids = sorted({part.segment for part in parts})
    flags = ", ".join(f"bool_or(segment_id = {pk:d}) AS s{pk:d}" for pk in ids)
    counted = ", ".join(f"count(*) FILTER (WHERE {each})" for each in _inside(parts))
    sql = (
        f"SELECT {counted} FROM (SELECT contact_id, {flags} FROM segments_membership"  # noqa: S608 - whole numbers only
        " WHERE segment_id = ANY(%s) GROUP BY contact_id) AS members"
    )
    with evaluating(PREVIEW_MS), connection.cursor() as cursor:
        cursor.execute(sql, [ids])
        return list(cursor.fetchone())


def _inside(parts: Sequence[Part]) -> list[str]:
    """For each part the condition of being in after it."""
    found = [f"s{parts[0].segment:d}"]
    for part in parts[1:]:
        found.append(_JOINED[part.join].format(found[-1], f"s{part.segment:d}"))
    return found
