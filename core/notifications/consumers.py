"""The journal says what happened; the kinds say who is told."""

from __future__ import annotations

from core.journal.consumers import Batch
from core.notifications.registry import News, NotificationKind, notification_kinds
from core.notifications.services import notifications_add


def handle(batch: Batch) -> None:
    """Tell everybody concerned; a few statements a kind, none where nobody is."""
    for kind in notification_kinds():
        entries = [entry for entry in batch.entries if entry.name in kind.names]
        if entries:
            notifications_add(kind=kind, news=_news(kind, entries))


def _news(kind: NotificationKind, entries: list) -> list[News]:
    return [
        item
        for item in kind.find(entries)
        if item.own_deed or item.entry.actor_id != item.user_id
    ]
