"""Whoever has a lead is told when its score jumps."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from core.journal.consumers import EntryRow
from core.notifications.registry import (
    News,
    NotificationKind,
    Told,
    register_notification,
)
from crm.notifications import owners_of

# So many points at once are worth telling.
JUMP = 20


def find(entries: Sequence[EntryRow]) -> Iterable[News]:
    jumped = [entry for entry in entries if _rise(entry) >= JUMP]
    owners = owners_of(jumped) if jumped else {}
    for entry in jumped:
        if entry.lead_id in owners:
            said = {"old": entry.data["old"], "new": entry.data["new"]}
            yield News(owners[entry.lead_id], entry, ("lead", entry.lead_id), said)


def _rise(entry: EntryRow) -> int:
    """By how much; a first score is no jump."""
    old, new = entry.data.get("old"), entry.data.get("new")
    return new - old if isinstance(old, int) and isinstance(new, int) else 0


def tell(told: Told) -> str:
    old, new = told.data.get("old"), told.data.get("new")
    return f"The score of {told.name} jumped from {old} to {new}"


def register() -> None:
    """Called once, when the apps are loaded."""
    register_notification(
        NotificationKind(
            "score_jumped",
            "The score of a lead of mine jumps",
            "chart-line",
            ("score.changed",),
            find,
            tell,
            "scores of your leads jumped",
            "lead_list",
            "view=mine",
        )
    )
