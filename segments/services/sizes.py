"""How large a segment was, day by day."""

from __future__ import annotations

from datetime import date, timedelta
from zoneinfo import ZoneInfo

from django.db import connection
from django.utils import timezone

from core.journal.models import Entry
from segments.models import Segment

DAYS = 90
# A segment that went live more often shows the last of these beginnings.
ANCHORS = 20

_MOVES = """
SELECT (occurred_at AT TIME ZONE %(zone)s)::date AS day,
       width_bucket(id, %(anchors)s::bigint[]) AS part,
       count(*) FILTER (WHERE name = 'segment.entered')
         - count(*) FILTER (WHERE name = 'segment.left')
FROM journal_entry
WHERE subject_type = 'segment' AND subject_id = %(segment)s AND id > %(first)s
  AND name IN ('segment.entered', 'segment.left')
GROUP BY 1, 2
"""


def sizes_by_day(segment: Segment, days: int = DAYS) -> list[tuple[date, int]]:
    """How many members at the end of each day, the last being now; two queries.

    Each going live says how many there were; from then on it is counted who entered
    and left. Days before the first are left out. Contacts that were deleted show on
    the last day only.
    """
    zone = ZoneInfo(segment.time_zone)
    anchors = _anchors(segment, zone)
    moves = _moves(segment, [pk for pk, _, _ in anchors])
    today = timezone.now().astimezone(zone).date()
    days_seen = [day for _, day, _ in anchors] + [day for day, _ in moves]
    first = max(min(days_seen, default=today), today - timedelta(days=days - 1))
    found, size, part = [], 0, 0
    day = min([first, *days_seen])
    while day <= today:
        size += moves.get((day, part), 0)
        # Of several beginnings on a day, each forgets what was counted before it.
        for number, (_, started, members) in enumerate(anchors, start=1):
            if started == day:
                part, size = number, members + moves.get((day, number), 0)
        if day >= first:
            found.append((day, max(0, size)))
        day += timedelta(days=1)
    return [*found[:-1], (today, segment.member_count)]


def _anchors(segment: Segment, zone: ZoneInfo) -> list[tuple[int, date, int]]:
    """Each going live: its entry, its day, and how many members there were."""
    rows = Entry.objects.filter(
        subject_type="segment", subject_id=segment.pk, name="segment.live"
    ).order_by("-id")[:ANCHORS]
    return [
        (row.pk, row.occurred_at.astimezone(zone).date(), int(row.data["members"]))
        for row in reversed(rows)
    ]


def _moves(segment: Segment, anchors: list[int]) -> dict[tuple[date, int], int]:
    """Entered less left, by day and by how often the segment had gone live then."""
    # What a segment with conditions did before it was live is nobody's business.
    first = anchors[0] if anchors and segment.is_computed else 0
    with connection.cursor() as cursor:
        cursor.execute(
            _MOVES,
            {
                "zone": segment.time_zone,
                "anchors": anchors or [0],
                "segment": segment.pk,
                "first": first,
            },
        )
        rows = cursor.fetchall()
    shift = 0 if anchors else 1
    return {(day, part - shift): moved for day, part, moved in rows}
