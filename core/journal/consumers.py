"""Consumers: whoever reacts to what happened."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from core.journal.interactions import interaction_names

INTERACTIONS = "interaction:*"


@dataclass(frozen=True, slots=True)
class EntryRow:
    """One entry as a consumer reads it."""

    id: int
    name: str
    subject_type: str
    subject_id: int | None
    contact_id: int | None
    lead_id: int | None
    account_id: int | None
    visitor_id: int | None
    actor_id: int | None
    via: str
    source_type: str
    source_id: int | None
    url: str
    machine: bool
    data: dict[str, Any]
    cause_id: int | None
    depth: int
    occurred_at: datetime
    recorded_at: datetime
    xid: int

    @property
    def entity(self) -> str:
        """The part of the name before the dot: `lead` of `lead.updated`."""
        return self.name.partition(".")[0]

    @property
    def verb(self) -> str:
        """The part of the name after the dot: `updated` of `lead.updated`."""
        return self.name.partition(".")[2]

    @property
    def changes(self) -> dict[str, list[Any]]:
        """Field to [old, new] of an update; empty for everything else."""
        changes: dict[str, list[Any]] = self.data.get("changes", {})
        return changes

    @property
    def values(self) -> dict[str, Any]:
        """Field to value of a record that came or went; else empty."""
        values: dict[str, Any] = self.data.get("values", {})
        return values


@dataclass(frozen=True, slots=True)
class Batch:
    """What a consumer handles at once: entries of one depth, in order."""

    consumer: str
    depth: int
    entries: list[EntryRow]

    def contact_ids(self) -> set[int]:
        """The contacts that these entries concern."""
        return {e.contact_id for e in self.entries if e.contact_id is not None}

    def lead_ids(self) -> set[int]:
        """The leads that these entries concern."""
        return {e.lead_id for e in self.entries if e.lead_id is not None}

    def subject_ids(self, subject_type: str) -> set[int]:
        """The records of one type that these entries are about."""
        return {
            e.subject_id
            for e in self.entries
            if e.subject_type == subject_type and e.subject_id is not None
        }


@dataclass(frozen=True, slots=True)
class Consumer:
    """Somebody who reacts to entries, exactly once to each.

    `names` are entry names; `*` stands for any text (`lead.*`), `interaction:*` for
    every registered interaction. `handle` runs in one transaction with the cursor
    and must end within a second: heavier work is only marked due there. A new
    consumer starts at now, or with `from_start` at the first entry ever written.
    """

    name: str
    names: tuple[str, ...]
    handle: Callable[[Batch], None]
    batch_size: int = field(default=500, kw_only=True)
    from_start: bool = field(default=False, kw_only=True)

    def patterns(self) -> tuple[list[str], list[str]]:
        """The exact names, and the patterns for SQL's LIKE."""
        exact, like = [], []
        for name in self.names:
            if name == INTERACTIONS:
                exact += interaction_names()
            elif "*" in name:
                like.append(_like(name))
            else:
                exact.append(name)
        return exact, like


def _like(pattern: str) -> str:
    for special in ("\\", "%", "_"):
        pattern = pattern.replace(special, "\\" + special)
    return pattern.replace("*", "%")


_consumers: dict[str, Consumer] = {}


def register_consumers(*consumers: Consumer | Iterable[Consumer]) -> None:
    """Make consumers known. Called from `config/consumers.py`, once at start-up."""
    for item in consumers:
        for consumer in [item] if isinstance(item, Consumer) else item:
            known = _consumers.get(consumer.name)
            if known is not None and known != consumer:
                raise ValueError(f"Two consumers are called {consumer.name!r}.")
            _consumers[consumer.name] = consumer


def registered_consumers() -> list[Consumer]:
    """All consumers, in the order of registration."""
    return list(_consumers.values())


def consumer_called(name: str) -> Consumer:
    """One consumer. Raises KeyError where nobody bears the name."""
    return _consumers[name]
