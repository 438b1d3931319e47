"""Who is in: the difference between what the query gives and what the table holds.

Both ways in (a full refresh, a check of some contacts) take the segment's advisory
lock before they look, so that neither can put back what the other just changed.
"""

from __future__ import annotations

import datetime as dt
import re
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction
from django.db.models import DateTimeField, F, Func

from core.journal.services import record
from core.query.language import (
    Query,
    compile_ids,
    evaluating,
    matching,
    next_change,
)
from segments.conditions import members_query
from segments.models import Membership, Segment, SegmentException
from segments.services.preview import context_for

# Above this share of changed rows the planner's statistics are worth renewing.
ANALYZE_SHARE = 0.1
ANALYZE_FROM = 5_000

_MARK = re.compile("%%|%s")

# Only a statement that writes nothing is planned in parallel, as the id query is.
_DIFFERENCE = """
WITH target AS (
    SELECT id FROM ({wanted}) AS wanted
    WHERE id NOT IN (SELECT contact_id FROM segments_segmentexception
                     WHERE segment_id = %(segment)s AND mode = 'never')
    UNION ALL
    SELECT contact_id FROM segments_segmentexception
    WHERE segment_id = %(segment)s AND mode = 'always'
)
-- A full join cannot be planned as a nested loop, also right after the first build.
SELECT target.id, present.contact_id
FROM target
FULL JOIN (SELECT contact_id FROM segments_membership
           WHERE segment_id = %(segment)s) present
  ON present.contact_id = target.id
WHERE target.id IS NULL OR present.contact_id IS NULL
LIMIT %(most)s
"""


@dataclass(frozen=True)
class Change:
    """How many contacts entered and left a segment, and how long it took."""

    entered: int
    left: int
    milliseconds: int = 0


def segment_lock(segment_id: int, *, wait: bool) -> bool:
    """Hold a segment's members until the transaction ends; False where another does.

    Always before a lock on the segment's row, or two writers wait for each other.
    """
    function = "pg_advisory_xact_lock" if wait else "pg_try_advisory_xact_lock"
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {function}(hashtext('segment'), %s)", [segment_id])
        return wait or bool(cursor.fetchone()[0])


@transaction.atomic
def membership_refresh(*, segment_id: int, first: bool = False) -> Change:
    """Evaluate a dynamic segment whole and store the difference.

    Waits for the segment's advisory lock. Journals segment.entered and segment.left
    for each contact, or nothing on the `first` build (segment.live stands for it).
    """
    segment_lock(segment_id, wait=True)
    segment = Segment.objects.get(pk=segment_id)
    if not segment.is_computed:
        return Change(0, 0)
    asked_at = _clock()
    started = time.perf_counter()
    query = members_query(segment)
    sql, params = _ids_sql(query, segment)
    change = _apply(segment.pk, sql, params, tell=not first)
    spent = round((time.perf_counter() - started) * 1000)
    _note_refresh(segment, query, change, asked_at, spent)
    return Change(change.entered, change.left, spent)


def _ids_sql(query: Query, segment: Segment) -> tuple[str, tuple[Any, ...]]:
    ids = compile_ids(query, context_for(segment.time_zone))
    return ids.query.sql_with_params()


def _apply(segment_id: int, sql: str, params: Iterable[Any], *, tell: bool) -> Change:
    entering, leaving = _compared(segment_id, sql, params, most=None)
    return _write(segment_id, entering, leaving, tell=tell)


def _compared(
    segment_id: int, sql: str, params: Iterable[Any], *, most: int | None
) -> tuple[set[int], set[int]]:
    """Whom the compiled query gives and the table does not hold, and the reverse."""
    # The compiled query counts its parameters by position: give each a name.
    named = {f"q{number}": value for number, value in enumerate(params)}
    numbers = iter(range(len(named)))
    text = _MARK.sub(
        lambda mark: mark[0] if mark[0] == "%%" else f"%(q{next(numbers)})s", sql
    )
    wanted = f"SELECT found.* FROM ({text}) AS found (id)"
    with evaluating(), connection.cursor() as cursor:
        cursor.execute(
            _DIFFERENCE.format(wanted=wanted),
            {**named, "segment": segment_id, "most": most},
        )
        rows = cursor.fetchall()
    entering = {new for new, _ in rows if new is not None}
    return entering, {old for _, old in rows if old is not None}


def members_differing(*, segment: Segment, most: int) -> set[int]:
    """The contacts that are in against the query, or out; nothing is written.

    At most so many. The caller holds the segment's advisory lock.
    """
    sql, params = _ids_sql(members_query(segment), segment)
    entering, leaving = _compared(segment.pk, sql, params, most=most)
    return entering | leaving


def _note_refresh(
    segment: Segment, query: Query, change: Change, asked_at: Any, spent: int
) -> None:
    """Keep count and times; renew statistics after a large change."""
    moved = change.entered + change.left
    context = context_for(segment.time_zone, asked_at)
    Segment.objects.filter(pk=segment.pk).update(
        member_count=F("member_count") + change.entered - change.left,
        evaluated_at=asked_at,
        evaluation_ms=spent,
        next_check_at=next_change(query, context),
        problem="",
    )
    Segment.objects.filter(pk=segment.pk, refresh_due_at__lte=asked_at).update(
        refresh_due_at=None
    )
    if moved > ANALYZE_FROM and moved > ANALYZE_SHARE * segment.member_count:
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE segments_membership")


def membership_due(*, segment_id: int) -> None:
    """Ask for a refresh of what changed up to this moment.

    By the clock, not by the beginning of the transaction: that lies before what it
    read, and a refresh in between would strike the wish out without having seen it.
    """
    Segment.objects.filter(pk=segment_id).update(refresh_due_at=_ClockNow())


class _ClockNow(Func):
    """The database's clock at this moment."""

    template = "clock_timestamp()"
    output_field = DateTimeField()


def _clock() -> dt.datetime:
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        moment: dt.datetime = cursor.fetchone()[0]
    return moment


@transaction.atomic
def membership_check(
    *,
    segment_id: int,
    contact_ids: set[int],
    causes: Mapping[int, int] | None = None,
) -> Change | None:
    """Evaluate a live dynamic segment for some contacts only.

    Gives None where a refresh holds the segment: it is then due again instead of
    waited for. Journals segment.entered and segment.left; `causes` says which entry
    about a contact is behind it.
    """
    if not contact_ids:
        return Change(0, 0)
    if not segment_lock(segment_id, wait=False):
        membership_due(segment_id=segment_id)
        return None
    segment = Segment.objects.live().filter(pk=segment_id).first()
    if segment is None:
        # Stopped or deleted since the caller looked.
        return Change(0, 0)
    query = members_query(segment)
    ids = sorted(contact_ids)
    inside = matching(query, ids, context_for(segment.time_zone))
    inside = with_exceptions(segment_id, inside, contact_ids)
    present = set(
        Membership.objects.filter(
            segment_id=segment_id, contact_id__in=ids
        ).values_list("contact_id", flat=True)
    )
    return _store(segment_id, inside - present, present - inside, causes=causes)


def with_exceptions(
    segment_id: int, inside: set[int], contact_ids: set[int]
) -> set[int]:
    """The same with those always in, and without those never in."""
    rows = SegmentException.objects.filter(
        segment_id=segment_id, contact_id__in=contact_ids
    ).values_list("contact_id", "mode")
    for contact_id, mode in rows:
        if mode == "always":
            inside.add(contact_id)
        else:
            inside.discard(contact_id)
    return inside


def _store(
    segment_id: int,
    entering: set[int],
    leaving: set[int],
    *,
    added_by: int | None = None,
    causes: Mapping[int, int] | None = None,
) -> Change:
    """Write an incremental difference and journal it, in two statements."""
    change = _write(
        segment_id, entering, leaving, tell=True, added_by=added_by, causes=causes
    )
    if change.entered or change.left:
        Segment.objects.filter(pk=segment_id).update(
            member_count=F("member_count") + change.entered - change.left
        )
    return change


def _write(
    segment_id: int,
    entering: set[int],
    leaving: set[int],
    *,
    tell: bool,
    added_by: int | None = None,
    causes: Mapping[int, int] | None = None,
) -> Change:
    """Write a difference, and journal it where it is to be told."""
    if not entering and not leaving:
        return Change(0, 0)
    moved = entering | leaving
    known = {pk: entry for pk, entry in (causes or {}).items() if pk in moved}
    with connection.cursor() as cursor:
        cursor.execute(
            _STORE,
            {
                "caused": list(known),
                "causes": list(known.values()),
                "segment": segment_id,
                "entering": sorted(entering),
                "leaving": sorted(leaving),
                "by": added_by,
                "tell": tell,
            },
        )
        entered, left = cursor.fetchone()
    return Change(entered, left)


_STORE = """
WITH entered AS (
    INSERT INTO segments_membership (segment_id, contact_id, added_by_id)
    SELECT %(segment)s, id, %(by)s FROM crm_contact
    WHERE id = ANY(%(entering)s::bigint[])
    ON CONFLICT DO NOTHING
    RETURNING contact_id
),
gone AS (
    DELETE FROM segments_membership
    WHERE segment_id = %(segment)s AND contact_id = ANY(%(leaving)s::bigint[])
    RETURNING contact_id
),
told AS (
    INSERT INTO journal_entry (name, subject_type, subject_id, contact_id,
                               source_type, source_id, cause_id)
    SELECT moved.name, 'segment', %(segment)s, contact_id, 'segment', %(segment)s,
           coalesce(entry, journal_cause())
    FROM (SELECT 'segment.entered' AS name, contact_id FROM entered
          UNION ALL
          SELECT 'segment.left', contact_id FROM gone) moved
    LEFT JOIN unnest(%(caused)s::bigint[], %(causes)s::bigint[])
              AS known (contact, entry) ON contact = contact_id
    WHERE %(tell)s
)
SELECT (SELECT count(*) FROM entered), (SELECT count(*) FROM gone)
"""


@transaction.atomic
def members_change(
    *,
    segment_id: int,
    add: Iterable[int] = (),
    remove: Iterable[int] = (),
    user_id: int | None = None,
) -> Change:
    """Add and remove contacts of a static segment by hand.

    Ids that are no contacts are passed over. Who is in both lists is removed.
    Journals segment.entered and segment.left; rings the pump.
    """
    segment_lock(segment_id, wait=True)
    leaving = set(remove)
    return _store(segment_id, set(add) - leaving, leaving, added_by=user_id)


def members_recount_due() -> None:
    """Note that members are gone that nobody took out: every segment counts again.

    Locks the rows of all segments with members; each by itself counts later.
    """
    rows = Segment.objects.filter(member_count__gt=0)
    rows.update(recount_due_at=_ClockNow())


@transaction.atomic
def members_recount(*, segment_id: int) -> None:
    """Count the members of a segment anew, after contacts were deleted.

    Waits for the segment's advisory lock. Contacts deleted meanwhile make it due
    again. Journals nothing.
    """
    segment_lock(segment_id, wait=True)
    segment = Segment.objects.filter(pk=segment_id).first()
    if segment is None or segment.recount_due_at is None:
        return
    members = Membership.objects.filter(segment_id=segment_id).count()
    rows = Segment.objects.filter(pk=segment_id)
    rows.update(member_count=members)
    rows.filter(recount_due_at=segment.recount_due_at).update(recount_due_at=None)


@transaction.atomic
def membership_clear(*, segment_id: int) -> None:
    """Remove all members before a segment is deleted."""
    segment_lock(segment_id, wait=True)
    Membership.objects.filter(segment_id=segment_id).delete()


@transaction.atomic
def exception_set(
    *, segment_id: int, contact_id: int, mode: str | None, reason: str, user: Any
) -> None:
    """Always or never keep a contact in a dynamic segment; None lifts it.

    Takes the segment's lock; journals segment.exception and what follows from it.
    """
    segment_lock(segment_id, wait=True)
    found = SegmentException.objects.filter(
        segment_id=segment_id, contact_id=contact_id
    )
    found.delete()
    if mode is not None:
        exception = SegmentException(
            segment_id=segment_id,
            contact_id=contact_id,
            mode=mode,
            reason=reason,
            created_by=user,
        )
        exception.full_clean()
        exception.save()
    record(
        "segment.exception",
        subject=("segment", segment_id),
        contact_id=contact_id,
        data={"mode": mode or "none", "reason": reason},
    )
    if Segment.objects.live().filter(pk=segment_id).exists():
        membership_check(segment_id=segment_id, contact_ids={contact_id})
