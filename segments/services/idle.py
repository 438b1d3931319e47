"""Live segments that nobody seems to use: proposed for stopping, never stopped."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet
from django.db.models.functions import Now

from core.journal.models import Entry
from core.journal.services import record
from segments.models import Segment
from segments.usage import uses_of

IDLE_DAYS = 90
MOST = 1_000


@dataclass(frozen=True)
class Idle:
    """A segment to look at, and why it is proposed."""

    segment: Segment
    reason: str


def idle_segments(user: Any) -> list[Idle]:
    """Live segments with conditions that nothing uses and nobody changed for long.

    Never one that is filled by hand: salespeople may count on it. Two queries, and
    those of the uses; uses that the user does not see count too.
    """
    rows = list(_untouched(Segment.objects.visible_to(user))[:MOST])
    uses = uses_of([row.pk for row in rows], None)
    reason = f"Used nowhere, and not changed for {IDLE_DAYS} days."
    return [Idle(row, reason) for row in rows if not uses.get(row.pk)]


def is_idle(segment: Segment) -> bool:
    """Whether this segment would be proposed for stopping."""
    rows = Segment.objects.filter(pk=segment.pk)
    return _untouched(rows).exists() and not uses_of([segment.pk], None)[segment.pk]


def idle_only(rows: Any, user: Any) -> Any:
    """Those of these segments that are proposed for stopping."""
    return rows.filter(pk__in=[idle.segment.pk for idle in idle_segments(user)])


def export_note(*, segment_id: int, rows: str) -> None:
    """Journal that members were taken out as a file: `rows` is members or hashes.

    Runs in the door's transaction.
    """
    record("segment.exported", subject=("segment", segment_id), data={"rows": rows})


def _untouched(rows: QuerySet[Segment]) -> QuerySet[Segment]:
    before = Now() - timedelta(days=IDLE_DAYS)
    touched = Entry.objects.filter(
        subject_type="segment",
        subject_id=OuterRef("pk"),
        name__in=["segment.live", "segment.published", "segment.exported"],
        occurred_at__gte=before,
    )
    return rows.filter(
        ~Exists(touched),
        state=Segment.State.LIVE,
        kind__in=Segment.COMPUTED,
        updated_at__lt=before,
        went_live_at__lt=before,
    ).order_by("name")
