"""A segment, held by one writer."""

from __future__ import annotations

from core.base.errors import Stale
from segments.models import Segment
from segments.services.membership import segment_lock


def segment_locked(segment_id: int, expected_version: int | None = None) -> Segment:
    """The segment, locked: its advisory lock first, as a refresh takes them.

    A refresh holds the advisory lock while it evaluates and writes the row at its
    end; whoever held the row and waited for the refresh would deadlock with it.
    Raises Stale where it is not the version that the caller read.
    """
    segment_lock(segment_id, wait=True)
    segment = Segment.objects.select_for_update().get(pk=segment_id)
    if expected_version is not None and segment.version != expected_version:
        raise Stale("stale", "Somebody else changed this segment. Load it again.")
    return segment
