"""Kinds that every owned record has: it became mine."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from core.journal.consumers import EntryRow
from core.notifications.registry import News, NotificationKind, Told


def assigned_kind(
    entity: str, label: str, plural: str, icon: str, list_url_name: str
) -> NotificationKind:
    """ "Lead assigned to me" and the like, out of the record's own changes."""

    def find(entries: Sequence[EntryRow]) -> Iterable[News]:
        for entry in entries:
            owner = _new_owner(entry)
            if owner is not None:
                yield News(owner, entry, (entity, entry.subject_id))

    def tell(told: Told) -> str:
        by = f" by {told.actor}" if told.actor else ""
        return f"{told.name} was assigned to you{by}"

    return NotificationKind(
        f"{entity}_assigned",
        f"{label} assigned to me",
        icon,
        (f"{entity}.created", f"{entity}.updated"),
        find,
        tell,
        f"{plural.lower()} were assigned to you",
        list_url_name,
        "view=mine",
    )


def _new_owner(entry: EntryRow) -> int | None:
    """Who has the record now, where that is new."""
    if entry.verb == "created":
        owner = entry.values.get("owner")
    else:
        owner = (entry.changes.get("owner") or [None, None])[1]
    return owner if isinstance(owner, int) else None
