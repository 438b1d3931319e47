"""What must be right before conditions decide who is in."""

from __future__ import annotations

from django.db import connection

from core.base.errors import Invalid
from core.query.language import Query, validate
from segments.conditions import members_query
from segments.flow import flow_of
from segments.models import Segment
from segments.references import check_no_cycle, segments_read_by


def segment_query(segment: Segment) -> Query:
    """The segment's conditions, checked: they can be live.

    They end on contacts, make no cycle and, in a compound segment, join live
    segments. Raises QueryError or Invalid. Where they name segments, waits for
    others who are doing the same, until the transaction ends: two that each close
    half of a circle would not see each other.
    """
    query = members_query(segment)
    read = segments_read_by(query)
    if read:
        _one_at_a_time()
        check_no_cycle(segment.pk, query)
    if segment.kind == Segment.Kind.COMPOUND:
        _check_live(read)
    return query


def _one_at_a_time() -> None:
    # Always after the lock of a segment, and nothing is waited for behind it.
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('segment references'))")


def _check_live(ids: set[int]) -> None:
    rows = Segment.objects.filter(pk__in=ids).exclude(state=Segment.State.LIVE)
    names = list(rows.order_by("name").values_list("name", flat=True))
    if names:
        raise Invalid(
            "part_not_live",
            f"A compound segment joins live segments. Not live: {', '.join(names)}.",
            attr="definition",
        )


def check_flow(segment: Segment) -> None:
    """A compound segment is a flow, also as a draft, and never leads to itself.

    Raises Invalid or QueryError.
    """
    if segment.kind != Segment.Kind.COMPOUND:
        return
    for definition in (segment.definition, segment.drafted("definition")):
        if definition:
            flow_of(definition)
            query = validate(definition, ends_on="contact")
            if segment.pk is not None:
                check_no_cycle(segment.pk, query)
