"""Reading the journal in its one safe order: (`xid`, `id`) below the horizon.

`id` alone would skip a row that a longer transaction numbered earlier. Below the
horizon every transaction has ended, so nothing can appear there any more. `own`
(tests only) reads the running transaction's entries too.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, fields
from typing import Any

from django.db import connection

from core.journal.consumers import Consumer, EntryRow

# So many entries are looked through at once for those a consumer wants.
WINDOW = 10_000
_NAMES = [field.name for field in fields(EntryRow)]
_ROW = ", ".join(f"e.{name}" for name in _NAMES)
_DATA = _NAMES.index("data")
_BELOW = {False: "AND e.xid < journal_horizon()", True: ""}
# A start lies after every number of the transaction before the horizon.
_LAST_ID = 2**63 - 1


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """A place in the journal."""

    xid: int
    id: int


class JournalAhead(Exception):
    """The journal holds transaction numbers that this cluster has not reached.

    It was restored into another cluster: reading on would replay old entries as the
    counter climbs. `manage.py journal_after_restore` mends it.
    """


def refuse_if_ahead() -> None:
    """Raise JournalAhead where a restore forgot to set the offset."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT (SELECT e.xid FROM journal_entry e ORDER BY e.xid DESC LIMIT 1) > "
            "pg_snapshot_xmax(pg_current_snapshot())::text::bigint "
            "+ journal_xid_offset()"
        )
        if cursor.fetchone()[0]:
            raise JournalAhead(
                "The journal was restored into another database cluster. Stop all "
                "writers and run: manage.py journal_after_restore"
            )


def place_now() -> Place:
    """Where a new consumer starts: after all that is certainly over."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT journal_horizon() - 1")
        return Place(cursor.fetchone()[0], _LAST_ID)


def window_end(after: Place, *, own: bool) -> Place | None:
    """The last place of the next WINDOW entries, or None where nothing follows."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT xid, id FROM (SELECT e.xid, e.id FROM journal_entry e "
            f"WHERE (e.xid, e.id) > (%s, %s) {_BELOW[own]} "
            "ORDER BY e.xid, e.id LIMIT %s) AS w ORDER BY xid DESC, id DESC LIMIT 1",
            [after.xid, after.id, WINDOW],
        )
        row = cursor.fetchone()
    return Place(*row) if row else None


def wanted(
    consumer: Consumer, after: Place, until: Place, *, limit: int
) -> list[EntryRow]:
    """The entries that a consumer wants between two places, at most `limit`."""
    exact, like = consumer.patterns()
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {_ROW} FROM journal_entry e WHERE (e.xid, e.id) > (%s, %s) "
            "AND (e.xid, e.id) <= (%s, %s) "
            "AND (e.name = ANY(%s) OR e.name LIKE ANY(%s)) "
            "ORDER BY e.xid, e.id LIMIT %s",
            [after.xid, after.id, until.xid, until.id, exact, like, limit],
        )
        return [_entry(row) for row in cursor.fetchall()]


def entry_row(entry_id: int) -> EntryRow | None:
    """One entry as consumers read it."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {_ROW} FROM journal_entry e WHERE e.id = %s",
            [entry_id],
        )
        row = cursor.fetchone()
    return _entry(row) if row else None


def behind(names: list[str], *, own: bool) -> list[str]:
    """Those of these consumers for whom an entry waits. One query."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.consumer FROM journal_cursor c WHERE c.consumer = ANY(%s) AND "
            "EXISTS (SELECT 1 FROM journal_entry e WHERE (e.xid, e.id) > "
            f"(c.xid, c.position) {_BELOW[own]})",
            [names],
        )
        found = {row[0] for row in cursor.fetchall()}
    return [name for name in names if name in found]


def _entry(row: tuple[Any, ...]) -> EntryRow:
    values = list(row)
    if isinstance(values[_DATA], str):
        values[_DATA] = json.loads(values[_DATA])
    return EntryRow(*values)
