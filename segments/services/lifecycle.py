"""Making, editing, going live and stopping."""

from __future__ import annotations

import time
from typing import Any
from zoneinfo import available_timezones

from django.db import transaction
from django.db.models.functions import Now

from core.base.errors import Invalid, Refused, Stale
from core.journal.services import record
from core.query.language import Query, QueryError, explain, validate
from segments import rules
from segments.models import Segment
from segments.references import check_no_cycle, segments_using
from segments.services.membership import (
    membership_clear,
    membership_refresh,
    segment_lock,
)

EDITABLE = (
    "name",
    "description",
    "kind",
    "scope",
    "definition",
    "time_zone",
    "campaign",
    "owner",
    "team",
)


@transaction.atomic
def segment_create(*, user: Any, **data: Any) -> Segment:
    """A draft, owned by whoever makes it.

    A broken definition may be saved in a draft: it is refused only when it goes live.
    Journals segment.created (by trigger).
    """
    segment = Segment(owner=user, team=getattr(user, "team", None))
    return _save(segment, data)


@transaction.atomic
def segment_update(
    *, segment_id: int, expected_version: int | None = None, **data: Any
) -> Segment:
    """Change a segment; a live one is evaluated again in the same transaction.

    Locks the segment, and waits for a refresh of it. Raises Stale when somebody else
    changed it since, Invalid for a change of kind after going live, QueryError when a
    live definition would break.
    """
    segment = _locked(segment_id)
    if expected_version is not None and segment.version != expected_version:
        raise Stale("stale", "Somebody else changed this segment. Load it again.")
    before, name = (segment.definition, segment.time_zone), segment.name
    if "kind" in data:
        rules.check_kind_change(
            segment.kind, data["kind"], was_live=segment.went_live_at is not None
        )
    _save(segment, data)
    if name != segment.name:
        _retell(segments_using(segment.pk))
    if segment.is_live and before != (segment.definition, segment.time_zone):
        segment_query(segment)
        membership_refresh(segment_id=segment.pk)
        segment.refresh_from_db()
    return segment


def _locked(segment_id: int) -> Segment:
    """The segment, locked: its advisory lock first, as a refresh takes them.

    A refresh holds the advisory lock while it evaluates and writes the row at its
    end; whoever held the row and waited for the refresh would deadlock with it.
    """
    segment_lock(segment_id, wait=True)
    return Segment.objects.select_for_update().get(pk=segment_id)


def _save(segment: Segment, data: dict[str, Any]) -> Segment:
    unknown = set(data) - set(EDITABLE)
    if unknown:
        raise Invalid("unknown_field", "There is no such field.", attr=min(unknown))
    for name, value in data.items():
        setattr(segment, name, value)
    rules.check_time_zone(segment.time_zone, available_timezones())
    segment.sentence = segment_sentence(segment)
    segment.full_clean()
    segment.save()
    segment.refresh_from_db()
    return segment


def segment_sentence(segment: Segment) -> str:
    """The definition in words; empty where it is broken, or picked by hand."""
    if segment.kind != Segment.Kind.DYNAMIC or not segment.definition:
        return ""
    try:
        return explain(validate(segment.definition, ends_on="contact"))
    except QueryError:
        return ""


def _retell(segments: list[Segment]) -> None:
    """Say the name of a renamed segment in the sentences that name it."""
    for each in segments:
        Segment.objects.filter(pk=each.pk).update(sentence=segment_sentence(each))


def segment_query(segment: Segment) -> Query:
    """The segment's definition, checked: it ends on contacts and has no cycle."""
    query = validate(segment.definition, ends_on="contact")
    check_no_cycle(segment.pk, query)
    return query


@transaction.atomic
def segment_go_live(*, segment_id: int) -> Segment:
    """Evaluate now and keep fresh from now on.

    Locks the segment, and waits for a refresh of it. Journals one segment.live (not
    one a member). Raises Refused, Invalid or QueryError and then leaves the draft as
    it was.
    """
    segment = _locked(segment_id)
    rules.check_can_go_live(segment.kind, segment.state, segment.definition)
    if segment.kind == Segment.Kind.DYNAMIC:
        segment_query(segment)
    segment.state = Segment.State.LIVE
    segment.save(update_fields=["state"])
    Segment.objects.filter(pk=segment.pk, went_live_at=None).update(went_live_at=Now())
    started = time.perf_counter()
    if segment.kind == Segment.Kind.DYNAMIC:
        membership_refresh(segment_id=segment.pk, first=True)
    segment.refresh_from_db()
    record(
        "segment.live",
        subject=("segment", segment.pk),
        data={
            "members": segment.member_count,
            "seconds": round(time.perf_counter() - started, 3),
        },
    )
    return segment


@transaction.atomic
def segment_stop(*, segment_id: int) -> Segment:
    """Stop keeping it fresh; its members stay.

    Locks the segment. Raises Refused where it is not live. Journals segment.stopped.
    """
    segment = _locked(segment_id)
    rules.check_can_stop(segment.state)
    segment.state = Segment.State.STOPPED
    segment.refresh_due_at = segment.next_check_at = None
    segment.save(update_fields=["state", "refresh_due_at", "next_check_at"])
    record("segment.stopped", subject=("segment", segment.pk))
    segment.refresh_from_db()
    return segment


@transaction.atomic
def segment_delete(*, segment_id: int, expected_version: int | None = None) -> None:
    """Delete a segment that no other one stands on, with its memberships.

    Locks the segment. Raises Refused with the names of the segments that use it, or
    Stale. Journals segment.deleted (by trigger).
    """
    segment = _locked(segment_id)
    if expected_version is not None and segment.version != expected_version:
        raise Stale("stale", "Somebody else changed this segment. Load it again.")
    users = segments_using(segment_id)
    if users:
        names = ", ".join(user.name for user in users)
        raise Refused("in_use", f"These segments stand on it: {names}.")
    membership_clear(segment_id=segment.pk)
    segment.delete()


@transaction.atomic
def segment_duplicate(*, segment_id: int, user: Any) -> Segment:
    """A draft with the same conditions under a free name."""
    source = Segment.objects.get(pk=segment_id)
    name = _free_name(f"{source.name} (copy)")
    fields = ("description", "kind", "scope", "definition", "time_zone", "campaign")
    return segment_create(
        user=user, name=name, **{name_: getattr(source, name_) for name_ in fields}
    )


def _free_name(wanted: str) -> str:
    name, number = wanted[:200], 1
    while Segment.objects.filter(name=name).exists():
        number += 1
        name = f"{wanted[:190]} {number}"
    return name
