"""Kinds of notifications: each is registered by the app that knows what happened."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from core.journal.consumers import EntryRow


@dataclass(frozen=True, slots=True)
class News:
    """Somebody is told of an entry. `subject` is the record that it is about."""

    user_id: int
    entry: EntryRow
    subject: tuple[str, int | None] = ("", None)
    data: dict[str, Any] = field(default_factory=dict)
    own_deed: bool = False


@dataclass(frozen=True)
class Told:
    """A notification as it is put into words: names as far as the reader sees them."""

    data: dict[str, Any]
    name: str
    actor: str
    number: int


@dataclass(frozen=True)
class NotificationKind:
    """A kind of notification.

    `find(entries)` gets the entries of a batch that bear one of `names` and gives who
    is told of which; it asks the database by a few statements, not one an entry. Who
    did it oneself is not told, unless the news say so (`own_deed`). `tell` gives the
    sentence of one, `many` that of several together, without their number.
    """

    key: str
    label: str
    icon: str
    names: tuple[str, ...]
    find: Callable[[Sequence[EntryRow]], Iterable[News]]
    tell: Callable[[Told], str]
    many: str
    list_url_name: str = ""
    list_query: str = ""
    in_digest: bool = True


_kinds: dict[str, NotificationKind] = {}


def register_notification(kind: NotificationKind) -> None:
    """Make a kind known; called from AppConfig.ready()."""
    _kinds[kind.key] = kind


def notification_kinds() -> list[NotificationKind]:
    """All kinds, in the order of registration."""
    return list(_kinds.values())


def notification_kind(key: str) -> NotificationKind | None:
    """The kind of this key, if its app is there."""
    return _kinds.get(key)


def names() -> tuple[str, ...]:
    """The entries that some kind tells of."""
    return tuple(sorted({name for kind in _kinds.values() for name in kind.names}))
