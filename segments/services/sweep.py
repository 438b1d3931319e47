"""Refreshing and counting what is due, one segment a transaction."""

from __future__ import annotations

import datetime as dt
import logging

from django.db import transaction
from django.utils import timezone

from core.journal.bell import ring
from core.journal.services import acting
from core.query.language import QueryError, QueryTimeout
from segments.models import Segment
from segments.services.membership import (
    members_recount,
    membership_due,
    membership_refresh,
    segment_lock,
)

log = logging.getLogger(__name__)
SWEEP = "segments.sweep"
RETRY_AFTER = dt.timedelta(minutes=5)


def refresh_after(*, segment_id: int) -> None:
    """Have a segment looked at once more when this transaction has ended.

    While conditions are being replaced, nobody else sees the new ones: a change that
    only they read, and that came after they were evaluated, would be passed over.
    """
    membership_due(segment_id=segment_id)
    ring(SWEEP, queue="jobs")


def refresh_next_due() -> bool:
    """Refresh one due segment; False when none is due, or others have them all.

    Claimed by the segment's advisory lock and not by its row, so that whoever notes
    meanwhile that it is due again does not wait. One that fails says why on its page,
    keeps its members and is tried again later.
    """
    due = Segment.objects.due().computed()
    for pk in due.order_by("refresh_due_at", "next_check_at").values_list(
        "pk", flat=True
    ):
        with acting(None, via="segments"):
            if not segment_lock(pk, wait=False):
                continue
            segment = due.filter(pk=pk).first()
            if segment is not None:
                _refresh(segment)
                return True
    return False


def recount_next_due() -> bool:
    """Count the members of one segment again; False when none is due, or all are held.

    Claimed by the segment's advisory lock, like a refresh.
    """
    due = Segment.objects.recount_due().order_by("recount_due_at", "pk")
    for pk in due.values_list("pk", flat=True):
        with acting(None, via="segments"):
            if segment_lock(pk, wait=False):
                members_recount(segment_id=pk)
                return True
    return False


def _refresh(segment: Segment) -> None:
    try:
        with transaction.atomic():
            membership_refresh(segment_id=segment.pk)
    except (QueryError, QueryTimeout) as error:
        log.warning("Segment %s could not be refreshed: %s", segment.pk, error)
        Segment.objects.filter(pk=segment.pk).update(
            problem=str(error),
            refresh_due_at=None,
            next_check_at=timezone.now() + RETRY_AFTER,
        )
