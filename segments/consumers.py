"""Keeping segments fresh: only what changed, only in the segments that read it."""

from __future__ import annotations

from core.journal.bell import ring
from core.journal.consumers import INTERACTIONS, Batch, EntryRow
from core.query.language import (
    Dependencies,
    Query,
    QueryError,
    dependencies,
)
from segments.conditions import members_query
from segments.freshness import Touched, concerned_ids, fact_names, is_concerned
from segments.models import Segment
from segments.services.membership import (
    members_recount_due,
    membership_check,
    membership_due,
)

# More changed contacts than this at once: evaluating the segment whole is cheaper.
MANY = 2_000
REFRESH = "segments.sweep"


def names() -> tuple[str, ...]:
    """What segments may depend on: every record, interaction and membership."""
    return (
        "contact.*",
        "account.*",
        "lead.created",
        "lead.updated",
        "lead.deleted",
        "opportunity.created",
        "opportunity.updated",
        "opportunity.deleted",
        "activity.*",
        "user.updated",
        "identity.joined",
        "segment.entered",
        "segment.left",
        "segment.live",
        "segment.updated",
        INTERACTIONS,
        *fact_names(),
    )


def handle(batch: Batch) -> None:
    """Re-evaluate the concerned contacts in the live segments that read a change.

    Journals segment.entered and segment.left; where many contacts changed at once the
    segment is marked due and refreshed whole by a worker.
    """
    touched = Touched()
    for entry in batch.entries:
        touched.add(entry)
    redefined = {
        entry.subject_id
        for entry in batch.entries
        if entry.name == "segment.live"
        or (entry.name == "segment.updated" and "definition" in entry.changes)
    }
    causes = _causes(batch)
    for segment in Segment.objects.live().computed().order_by("pk"):
        query = _query(segment)
        if query is None:
            continue
        needs = dependencies(query)
        if needs.segments & redefined:
            _mark_due(segment)
        elif is_concerned(needs, touched):
            _check(segment, query, needs, touched, causes)
    # Last, since it locks the rows of all segments until the batch ends.
    _mark_recount(batch)


def _causes(batch: Batch) -> dict[int, int]:
    """For each contact the last entry about it, which may be what moves it."""
    return {
        pk: entry.id
        for entry in batch.entries
        if (pk := entry.contact_id or _own_id(entry)) is not None
    }


def _own_id(entry: EntryRow) -> int | None:
    return entry.subject_id if entry.subject_type == "contact" else None


def _query(segment: Segment) -> Query | None:
    """The segment's query; a live one that broke says so on its page."""
    try:
        return members_query(segment)
    except QueryError as error:
        if segment.problem != str(error):
            Segment.objects.filter(pk=segment.pk).update(problem=str(error))
        return None


def _check(
    segment: Segment,
    query: Query,
    needs: Dependencies,
    touched: Touched,
    causes: dict[int, int],
) -> None:
    contacts = concerned_ids(query, needs, touched)
    if len(contacts) > MANY:
        _mark_due(segment)
    else:
        membership_check(segment_id=segment.pk, contact_ids=contacts, causes=causes)


def _mark_due(segment: Segment) -> None:
    membership_due(segment_id=segment.pk)
    ring(REFRESH, queue="jobs")


def _mark_recount(batch: Batch) -> None:
    """A deleted contact took its memberships along: who is left is counted later."""
    if any(entry.name == "contact.deleted" for entry in batch.entries):
        members_recount_due()
        ring(REFRESH, queue="jobs")
