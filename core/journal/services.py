"""Writing the journal: who acts, and what happened."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from django.db import connection, transaction

from core.journal.bell import ring
from core.journal.bulk import NewEntry, copy_entries, insert_entries
from core.journal.relinking import Move, erase, relink

__all__ = ["Move", "NewEntry", "acting", "erase", "record", "record_many", "relink"]

# Above this many rows COPY is faster than one multi-row INSERT.
COPY_FROM = 50


@contextmanager
def acting(
    user: Any,
    via: str,
    *,
    cause_id: int | None = None,
    depth: int | None = None,
) -> Iterator[None]:
    """Open the transaction in which this user acts through this door.

    Opened at every door (browser, api, admin, command, task). `user` is a user or
    None for the system; `via` names the door. The triggers and `record` read both,
    so that every change has an author. May be nested: the inner actor holds inside,
    the outer one after it; cause and depth of a running consumer stay unless given.
    Rings the pump on commit.
    """
    with transaction.atomic():
        before = _settings_read()
        _settings_write(
            {
                "actor": str(user.pk) if user is not None else "",
                "via": via[:80],
                "cause": str(cause_id) if cause_id is not None else before["cause"],
                "depth": str(depth) if depth is not None else before["depth"],
            }
        )
        yield
        # After an error the savepoint's rollback brings the old values back itself.
        _settings_write(before)
        ring()


_SETTINGS = ("actor", "via", "cause", "depth")


def _settings_read() -> dict[str, str]:
    columns = ", ".join(f"current_setting('handoff.{n}', true)" for n in _SETTINGS)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {columns}")
        row = cursor.fetchone()
    return dict(zip(_SETTINGS, (value or "" for value in row), strict=True))


def _settings_write(values: dict[str, str]) -> None:
    columns = ", ".join(f"set_config('handoff.{n}', %s, true)" for n in _SETTINGS)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {columns}", [values[n] for n in _SETTINGS])


def record(name: str, **what: Any) -> int:
    """Write one entry into the running transaction; give its id.

    Takes the fields of `NewEntry`. Raises TransactionManagementError outside a
    transaction: an entry stands or falls with its effect.
    """
    _in_transaction()
    ids = insert_entries([NewEntry(name=name, **what)])
    ring()
    return ids[0]


def record_many(entries: Sequence[NewEntry]) -> int:
    """Write many entries by one multi-row INSERT or COPY; give their number."""
    _in_transaction()
    if len(entries) >= COPY_FROM:
        copy_entries(entries)
    elif entries:
        insert_entries(entries)
    if entries:
        ring()
    return len(entries)


def _in_transaction() -> None:
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError(
            "Entries are written in the transaction of their effect: open `acting`."
        )
