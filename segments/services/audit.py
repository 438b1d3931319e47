"""Every night the members of each live segment are compared with its whole query.

There must be no difference: what changes is evaluated as it changes. What only looks
like one is left out: a change that the consumer has not read yet, and what time moved
since the last refresh. So contacts that differ are looked at several times, each time
after the journal was read beyond the look before.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from core.journal.services import acting, record
from core.query.language import QueryError, QueryTimeout, dependencies, matching
from segments.conditions import members_query
from segments.models import Membership, Segment, SegmentAudit
from segments.services.membership import (
    Change,
    members_differing,
    membership_check,
    segment_lock,
    with_exceptions,
)
from segments.services.preview import context_for

HOUR = 2  # UTC
LOOKS = 3
# More than this is mended by a refresh, and named by number only.
MOST = 20_000
CONSUMER = "segments"


def audit_next_due() -> bool:
    """Take one segment's comparison a step further; False when none can go on.

    Claimed by the segment's advisory lock, like a refresh. A segment that waits for
    one is compared afterwards.
    """
    for pk in _due():
        with acting(None, via="segments"):
            if not segment_lock(pk, wait=False):
                continue
            segment = _settled().filter(pk=pk).first()
            if segment is not None and _step(segment):
                return True
    return False


def last_night(now: dt.datetime) -> dt.datetime:
    """The moment from which segments are due to be compared."""
    hour = now.astimezone(dt.UTC).replace(hour=HOUR, minute=0, second=0, microsecond=0)
    return hour if hour <= now else hour - dt.timedelta(days=1)


def _settled() -> Any:
    return Segment.objects.live().computed().filter(refresh_due_at=None)


def _due() -> list[int]:
    done = SegmentAudit.objects.filter(finished_at__gte=last_night(timezone.now()))
    waiting = _settled().exclude(pk__in=done.values("segment")).order_by("pk")
    return list(waiting.values_list("pk", flat=True))


def _step(segment: Segment) -> bool:
    """Look once; False where the journal has not been read far enough for that."""
    audit, _ = SegmentAudit.objects.get_or_create(segment=segment)
    if audit.finished_at is not None:
        audit = SegmentAudit(segment=segment, drifted_at=audit.drifted_at,
                             missing=audit.missing, surplus=audit.surplus)  # fmt: skip
    if audit.looks and not _journal_read(audit.upto):
        return False
    try:
        with transaction.atomic():
            suspects = _differing(segment, audit)
    except (QueryError, QueryTimeout):
        # Its page says so already, by the refresh that failed.
        suspects = set()
    audit.looks += 1
    audit.suspects = sorted(suspects)
    audit.upto = _journal_end()
    if not suspects:
        audit.finished_at = timezone.now()
    elif audit.looks >= LOOKS:
        _mend(segment, audit)
    audit.save()
    return True


def _differing(segment: Segment, audit: SegmentAudit) -> set[int]:
    """Who is in or out against the query, now and at the last refresh."""
    if audit.looks:
        ids = set(audit.suspects)
        found = ids & (_inside(segment, ids, None) ^ _members(segment, ids))
    else:
        found = members_differing(segment=segment, most=MOST)
    if found and dependencies(members_query(segment)).uses_time:
        # Where time changed the answer, the next refresh will: that is no drift.
        before = _inside(segment, found, segment.evaluated_at)
        found -= _inside(segment, found, None) ^ before
    return found


def _inside(segment: Segment, ids: set[int], at: dt.datetime | None) -> set[int]:
    """Which of these contacts should be in, at this moment or now."""
    context = context_for(segment.time_zone, at)
    found = matching(members_query(segment), ids, context)
    return with_exceptions(segment.pk, found, ids)


def _members(segment: Segment, ids: set[int]) -> set[int]:
    rows = Membership.objects.filter(segment=segment, contact__in=ids)
    return set(rows.values_list("contact", flat=True))


def _mend(segment: Segment, audit: SegmentAudit) -> None:
    """Put right what differed at every look; journals segment.drift."""
    wrong = set(audit.suspects)
    change = membership_check(segment_id=segment.pk, contact_ids=wrong) or Change(0, 0)
    audit.missing, audit.surplus = change.entered, change.left
    audit.drifted_at = audit.finished_at = timezone.now()
    record(
        "segment.drift",
        subject=("segment", segment.pk),
        data={
            "missing": change.entered,
            "surplus": change.left,
            "contacts": audit.suspects[:100],
        },
    )


def _journal_end() -> int:
    """Everything visible now was written by a transaction up to this number."""
    return _number(
        "SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint "
        "+ journal_xid_offset()"
    )


def _journal_read(upto: int) -> bool:
    """Whether the consumer has read every entry written up to this number."""
    return not _number(
        "SELECT count(*) FROM (SELECT FROM journal_cursor c JOIN journal_entry e "
        "ON (e.xid, e.id) > (c.xid, c.position) AND e.xid <= %s "
        "WHERE c.consumer = %s LIMIT 1) AS unread",
        upto,
        CONSUMER,
    )


def _number(sql: str, *params: Any) -> int:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return int(cursor.fetchone()[0])
