"""Whoever has a lead is told when its person sends a form."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from core.journal.consumers import EntryRow
from core.notifications.registry import (
    News,
    NotificationKind,
    Told,
    register_notification,
)


def find(entries: Sequence[EntryRow]) -> Iterable[News]:
    for entry in entries:
        owner = entry.data.get("owner")
        if isinstance(owner, int):
            said = {"form": entry.data.get("page_title") or entry.data.get("form", "")}
            yield News(owner, entry, ("lead", entry.subject_id), said)


def tell(told: Told) -> str:
    return f"{told.name} came back through {told.data.get('form')}"


def register() -> None:
    """Called once, when the apps are loaded."""
    register_notification(
        NotificationKind(
            "lead_found",
            "A lead of mine sends a form",
            "forms",
            ("lead.found",),
            find,
            tell,
            "forms came from leads of yours",
            "lead_list",
            "view=mine",
        )
    )
