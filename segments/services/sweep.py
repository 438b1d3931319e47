"""Refreshing what is due, one segment a transaction."""

from __future__ import annotations

import datetime as dt
import logging

from django.utils import timezone

from core.journal.services import acting
from core.query.language import QueryError, QueryTimeout
from segments.models import Segment
from segments.services.membership import membership_refresh

log = logging.getLogger(__name__)
RETRY_AFTER = dt.timedelta(minutes=5)


def refresh_next_due() -> bool:
    """Refresh one due segment; False when none is due.

    Claimed by SKIP LOCKED. One that fails says why on its page, keeps its members
    and is tried again later.
    """
    with acting(None, via="segments"):
        segment = (
            Segment.objects.due()
            .dynamic()
            .order_by("refresh_due_at", "next_check_at")
            .select_for_update(skip_locked=True, of=("self",))
            .first()
        )
        if segment is not None:
            _refresh(segment)
    return segment is not None


def _refresh(segment: Segment) -> None:
    try:
        membership_refresh(segment_id=segment.pk)
    except (QueryError, QueryTimeout) as error:
        log.warning("Segment %s could not be refreshed: %s", segment.pk, error)
        Segment.objects.filter(pk=segment.pk).update(
            problem=str(error),
            refresh_due_at=None,
            next_check_at=timezone.now() + RETRY_AFTER,
        )
