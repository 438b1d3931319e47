"""Making, editing, going live and stopping."""

from __future__ import annotations

import time
from typing import Any
from zoneinfo import available_timezones

from django.db import transaction
from django.db.models.functions import Now

from core.base.errors import Invalid, Refused
from core.journal.services import record
from segments import rules
from segments.models import Segment
from segments.references import segments_using
from segments.services.checks import check_flow, segment_query
from segments.services.drafts import draft_keep
from segments.services.locking import segment_locked
from segments.services.membership import (
    Change,
    membership_clear,
    membership_refresh,
)
from segments.services.sentences import segment_sentence
from segments.services.sweep import refresh_after
from segments.services.versions import version_add
from segments.usage import Use, usage_of

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
    *,
    segment_id: int,
    expected_version: int | None = None,
    user: Any = None,
    **data: Any,
) -> Segment:
    """Change a segment; what decides who is in a live one waits until published.

    Conditions, time zone and scope of a live segment go into its draft, broken or
    not, and replace the live ones by `draft_publish` only. A change of the team of a
    segment that is scoped to it evaluates it again, in the same transaction.

    Locks the segment, and waits for a refresh of it. Raises Stale when somebody else
    changed it since, Invalid for a change of kind after going live.
    """
    segment = segment_locked(segment_id, expected_version)
    name, team = segment.name, segment.team_id
    if "kind" in data:
        rules.check_kind_change(
            segment.kind, data["kind"], was_live=segment.went_live_at is not None
        )
    if rules.edits_draft(segment.state, segment.draft):
        data = draft_keep(segment, data, user)
    _save(segment, data)
    if name != segment.name:
        _retell(segments_using(segment.pk))
    if segment.is_live and team != segment.team_id and segment.scope == "team":
        membership_refresh(segment_id=segment.pk)
        segment.refresh_from_db()
    return segment


def _save(segment: Segment, data: dict[str, Any]) -> Segment:
    unknown = set(data) - set(EDITABLE)
    if unknown:
        raise Invalid("unknown_field", "There is no such field.", attr=min(unknown))
    for name, value in data.items():
        setattr(segment, name, value)
    rules.check_time_zone(segment.time_zone, available_timezones())
    check_flow(segment)
    segment.sentence = segment_sentence(segment)
    segment.full_clean()
    segment.save()
    segment.refresh_from_db()
    return segment


def _retell(segments: list[Segment]) -> None:
    """Say the name of a renamed segment in the sentences that name it."""
    for each in segments:
        Segment.objects.filter(pk=each.pk).update(sentence=segment_sentence(each))


@transaction.atomic
def segment_go_live(*, segment_id: int, user: Any = None) -> Segment:
    """Evaluate now and keep fresh from now on.

    Locks the segment, and waits for a refresh of it. Journals one segment.live (not
    one a member) and keeps a version. Raises Refused, Invalid or QueryError and then
    leaves the draft as it was.
    """
    segment = segment_locked(segment_id)
    rules.check_can_go_live(segment.kind, segment.state, segment.definition)
    if segment.is_computed:
        segment_query(segment)
    segment.state = Segment.State.LIVE
    segment.save(update_fields=["state"])
    Segment.objects.filter(pk=segment.pk, went_live_at=None).update(went_live_at=Now())
    started = time.perf_counter()
    change = Change(0, 0)
    if segment.is_computed:
        change = membership_refresh(segment_id=segment.pk, first=True)
        refresh_after(segment_id=segment.pk)
    segment.refresh_from_db()
    version_add(segment, how="live", change=change, user=user)
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
def segment_stop(*, segment_id: int, ignore_uses: bool = False) -> Segment:
    """Stop keeping it fresh; its members stay, and so does a draft.

    Locks the segment. Raises Refused where it is not live or, unless `ignore_uses`,
    where something that is at work uses it. Journals segment.stopped.
    """
    segment = segment_locked(segment_id)
    rules.check_can_stop(segment.state)
    if not ignore_uses:
        _refuse_used([use for use in usage_of(segment_id, None) if use.live])
    segment.state = Segment.State.STOPPED
    segment.refresh_due_at = segment.next_check_at = None
    segment.save(update_fields=["state", "refresh_due_at", "next_check_at"])
    record("segment.stopped", subject=("segment", segment.pk))
    segment.refresh_from_db()
    return segment


def _refuse_used(uses: list[Use]) -> None:
    if uses:
        names = ", ".join(f"{use.name} ({use.kind.lower()})" for use in uses)
        listed = [{"kind": use.kind, "name": use.name, "url": use.url} for use in uses]
        raise Refused("in_use", f"It is used by: {names}.", extra={"uses": listed})


@transaction.atomic
def segment_delete(*, segment_id: int, expected_version: int | None = None) -> None:
    """Delete a segment that nothing stands on, with its memberships.

    Locks the segment. Raises Refused with the names of what uses it, or Stale.
    Journals segment.deleted (by trigger).
    """
    segment = segment_locked(segment_id, expected_version)
    _refuse_used(usage_of(segment_id, None))
    membership_clear(segment_id=segment.pk)
    segment.delete()


@transaction.atomic
def segment_duplicate(*, segment_id: int, user: Any) -> Segment:
    """A draft with the same conditions under a free name.

    Changes of a live segment that are not published yet are not taken along.
    """
    source = Segment.objects.get(pk=segment_id)
    name = free_name(f"{source.name} (copy)")
    fields = ("description", "kind", "scope", "definition", "time_zone", "campaign")
    return segment_create(
        user=user, name=name, **{name_: getattr(source, name_) for name_ in fields}
    )


def free_name(wanted: str) -> str:
    """This name for a new segment, with a number where it is taken."""
    name, number = wanted[:200], 1
    while Segment.objects.filter(name=name).exists():
        number += 1
        name = f"{wanted[:190]} {number}"
    return name
