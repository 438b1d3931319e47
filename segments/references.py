"""Segments that stand on other segments."""

from __future__ import annotations

from collections.abc import Iterable

from core.base.errors import Invalid
from core.query.language import Query, dependencies
from segments.flow import mentions
from segments.models import Segment


def segments_read_by(query: Query) -> set[int]:
    """The ids of the segments a query refers to."""
    return set(dependencies(query).segments)


def segments_using(segment_id: int) -> list[Segment]:
    """The segments whose definition, or change not yet published, names this one.

    One query; broken definitions count too.
    """
    rows = Segment.objects.computed().exclude(pk=segment_id).order_by("name")
    return [
        segment
        for segment in rows
        if segment_id in mentions([segment.definition, segment.draft])
    ]


def check_no_cycle(segment_id: int, query: Query) -> None:
    """Refuse a segment that would stand on itself, and name the way round.

    One query a step of depth.
    """
    came_from: dict[int, int] = {}
    todo = [(segment_id, segments_read_by(query))]
    while todo:
        current, read = todo.pop()
        for referred in read:
            if referred == segment_id:
                came_from[segment_id] = current
                raise _cycle(segment_id, came_from)
            if referred not in came_from:
                came_from[referred] = current
                todo.append((referred, _named_by(referred)))


def _named_by(segment_id: int) -> set[int]:
    segment = Segment.objects.computed().filter(pk=segment_id).first()
    return mentions(segment.definition) if segment is not None else set()


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


def in_order(segments: Iterable[Segment]) -> list[Segment]:
    """The same segments, each after those among them that it stands on."""
    waiting = {segment.pk: segment for segment in segments}
    read = {pk: mentions(each.definition) for pk, each in waiting.items()}
    ordered: list[Segment] = []
    while waiting:
        ready = [pk for pk in waiting if not read[pk] & (waiting.keys() - {pk})]
        # A cycle cannot be saved; if one were there, nobody would be left out.
        ordered += [waiting.pop(pk) for pk in ready or list(waiting)]
    return ordered
