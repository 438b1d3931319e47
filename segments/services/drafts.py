"""Changes of a live segment: kept apart, published, or thrown away."""

from __future__ import annotations

from typing import Any
from zoneinfo import available_timezones

from django.db import transaction
from django.utils import timezone

from core.journal.services import record
from segments import rules
from segments.models import Segment
from segments.services.checks import segment_query
from segments.services.locking import segment_locked
from segments.services.membership import Change, membership_refresh
from segments.services.sentences import segment_sentence
from segments.services.sweep import refresh_after
from segments.services.versions import version_add


def draft_keep(segment: Segment, data: dict[str, Any], user: Any) -> dict[str, Any]:
    """Put what decides who is in into the draft; give the rest, to be saved now.

    What equals the live value is no change, and a draft without any is none. The
    caller holds the segment's lock and saves it.
    """
    draft = dict(segment.draft or {})
    for name in set(data) & set(Segment.DRAFTED):
        draft[name] = data[name]
        if data[name] == getattr(segment, name):
            del draft[name]
    if "time_zone" in draft:
        rules.check_time_zone(draft["time_zone"], available_timezones())
    if (draft or None) != segment.draft:
        segment.draft = draft or None
        segment.draft_at = timezone.now() if draft else None
        segment.draft_by = user if draft else None
    return {k: v for k, v in data.items() if k not in Segment.DRAFTED}


@transaction.atomic
def draft_publish(
    *, segment_id: int, expected_version: int | None = None, user: Any = None
) -> tuple[Segment, Change]:
    """Let the draft replace what is live, and evaluate it in the same transaction.

    Locks the segment, and waits for a refresh of it. Journals segment.published,
    segment.entered and segment.left, and keeps a version; a stopped segment is
    evaluated when it goes live again. Raises Refused where there is no draft,
    QueryError or Invalid where it is broken, Stale; then everything stays as it was.
    """
    segment = segment_locked(segment_id, expected_version)
    rules.check_can_publish(segment.draft)
    for name in Segment.DRAFTED:
        setattr(segment, name, segment.drafted(name))
    _forget(segment)
    if segment.is_live:
        rules.check_has_conditions(segment.kind, segment.definition)
        segment_query(segment)
    segment.sentence = segment_sentence(segment)
    segment.full_clean()
    segment.save()
    return segment, _take_effect(segment, user)


def _take_effect(segment: Segment, user: Any) -> Change:
    change = Change(0, 0)
    if segment.is_live:
        change = membership_refresh(segment_id=segment.pk)
        refresh_after(segment_id=segment.pk)
    segment.refresh_from_db()
    if segment.is_live:
        version_add(segment, how="published", change=change, user=user)
    record(
        "segment.published",
        subject=("segment", segment.pk),
        data={
            "members": segment.member_count,
            "entered": change.entered,
            "left": change.left,
        },
    )
    return change


@transaction.atomic
def draft_discard(*, segment_id: int, expected_version: int | None = None) -> Segment:
    """Throw the changes away that are not published.

    Locks the segment. Raises Refused where there are none, or Stale.
    """
    segment = segment_locked(segment_id, expected_version)
    rules.check_can_publish(segment.draft)
    _forget(segment)
    segment.save()
    segment.refresh_from_db()
    return segment


def _forget(segment: Segment) -> None:
    segment.draft = segment.draft_at = segment.draft_by = None
