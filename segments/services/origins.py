"""What brought a contact into its segments."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from django.contrib.auth import get_user_model
from django.db.models import OuterRef, Subquery

from core.journal.models import Entry
from segments.models import Membership, SegmentException


@dataclass(frozen=True)
class Origin:
    """How a contact came in: `how` is one of the words below; who, and what caused it.

    picked: somebody added it. always: an exception keeps it in. live: it fitted when
    the segment went live. published: changed conditions let it in. changed: something
    about it changed (`cause`), or time passed.
    """

    how: str
    who: Any = None
    cause: Entry | None = None


def origins_of(contact_id: int, segment_ids: Collection[int]) -> dict[int, Origin]:
    """What brought a contact into each of these segments; four queries at most."""
    rows = list(
        Membership.objects.filter(contact=contact_id, segment__in=segment_ids)
        .select_related("segment", "added_by")
        .annotate(entered=Subquery(_last("segment.entered", contact_id)))
    )
    always = set(
        SegmentException.objects.filter(
            contact=contact_id, segment__in=segment_ids, mode="always"
        ).values_list("segment", flat=True)
    )
    entries = Entry.objects.in_bulk([row.entered for row in rows if row.entered])
    causes = Entry.objects.in_bulk(
        [entry.cause_id for entry in entries.values() if entry.cause_id]
    )
    people = get_user_model()._default_manager.in_bulk(
        {entry.actor_id for entry in entries.values() if entry.actor_id}
    )
    return {
        row.segment_id: _origin(row, always, entries, causes, people) for row in rows
    }


def _last(name: str, contact_id: int) -> Any:
    return (
        Entry.objects.filter(
            name=name,
            contact_id=contact_id,
            subject_type="segment",
            subject_id=OuterRef("segment_id"),
        )
        .order_by("-id")
        .values("id")[:1]
    )


def _origin(
    row: Any, always: set[int], entries: Any, causes: Any, people: Any
) -> Origin:
    entry = entries.get(row.entered)
    if row.added_by_id or not row.segment.is_computed:
        return Origin("picked", row.added_by)
    if row.segment_id in always:
        return Origin("always")
    if entry is None:
        return Origin("live")
    if entry.depth == 0 and entry.actor_id:
        return Origin("published", people.get(entry.actor_id))
    return Origin("changed", cause=causes.get(entry.cause_id))
