"""Segments that stand on other segments."""

from __future__ import annotations

from core.base.errors import Invalid
from core.query.language import Query, QueryError, dependencies, validate
from segments.models import Segment


def segments_read_by(query: Query) -> set[int]:
    """The ids of the segments a query refers to."""
    return set(dependencies(query).segments)


def segments_using(segment_id: int) -> list[Segment]:
    """The segments whose definition names this one."""
    found = []
    for segment in (
        Segment.objects.dynamic().exclude(pk=segment_id).exclude(definition={})
    ):
        query = _query(segment)
        if query is not None and segment_id in segments_read_by(query):
            found.append(segment)
    return found


def check_no_cycle(segment_id: int, query: Query) -> None:
    """Refuse a segment that would stand on itself, and name the way round.

    One query a step of depth.
    """
    came_from: dict[int, int] = {}
    todo = [(segment_id, query)]
    while todo:
        current, current_query = todo.pop()
        for referred in segments_read_by(current_query):
            if referred == segment_id:
                came_from[segment_id] = current
                raise _cycle(segment_id, came_from)
            if referred not in came_from:
                came_from[referred] = current
                inner = _query_of(referred)
                if inner is not None:
                    todo.append((referred, inner))


def _query_of(segment_id: int) -> Query | None:
    segment = Segment.objects.filter(pk=segment_id, kind="dynamic").first()
    return _query(segment) if segment is not None else None


def _query(segment: Segment) -> Query | None:
    """The segment's query; None where it has none or a broken one."""
    if not segment.definition:
        return None
    try:
        return validate(segment.definition, ends_on="contact")
    except QueryError:
        return None


def _cycle(segment_id: int, came_from: dict[int, int]) -> Invalid:
    path, current = [segment_id], came_from[segment_id]
    while current != segment_id:
        path.append(current)
        current = came_from[current]
    path.append(segment_id)
    names = dict(Segment.objects.filter(pk__in=path).values_list("pk", "name"))
    shown = " > ".join(names.get(pk, "this segment") for pk in reversed(path))
    return Invalid(
        "cycle",
        f"These segments would stand on each other: {shown}.",
        attr="definition",
    )
