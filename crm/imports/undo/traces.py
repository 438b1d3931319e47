"""What an import did to records, and what people did to them since: the journal's."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.db import connection

Change = tuple[Any, Any]


def via_of(import_id: int) -> str:
    """The door through which an import writes."""
    return f"import:{import_id}"


def undo_via_of(import_id: int) -> str:
    """The door through which an undo writes."""
    return f"import_undo:{import_id}"


@dataclass
class Trace:
    """What one import did to one record.

    `changes` holds a field's value before the import and the one it left;
    `touched` the fields that a person changed since; `taken` says that an undo of
    this import deleted the record.
    """

    created: bool = False
    values: dict[str, Any] = field(default_factory=dict)
    changes: dict[str, Change] = field(default_factory=dict)
    last_entry: int = 0
    touched: set[str] = field(default_factory=set)
    taken: bool = False

    def wrote(self, name: str) -> Any:
        """What the import left in a field, where it wrote it."""
        change = self.changes.get(name)
        return change[1] if change else self.values.get(name)


def read_traces(import_id: int, key: str, ids: Iterable[int]) -> dict[int, Trace]:
    """The traces of an import on these records, by id. One query.

    Read after the records are locked, it holds every change that came before.
    """
    found: dict[int, Trace] = {}
    names = [f"{key}.{deed}" for deed in ("created", "updated", "deleted")]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, name, subject_id, actor_id, via, depth, data::text "
            "FROM journal_entry WHERE subject_type = %s AND subject_id = ANY(%s) "
            "AND name = ANY(%s) ORDER BY id",
            [key, sorted(ids), names],
        )
        for entry in cursor:
            _add(found.setdefault(entry[2], Trace()), import_id, entry)
    return found


def _add(trace: Trace, import_id: int, entry: tuple[Any, ...]) -> None:
    number, name, _, actor, via, depth, text = entry
    data = json.loads(text, parse_float=Decimal)
    deed = name.rpartition(".")[2]
    if via == via_of(import_id):
        _imported(trace, deed, data)
        trace.last_entry = number
    elif deed == "deleted":
        trace.taken = via == undo_via_of(import_id)
    elif by_person(actor, via, depth) and trace.last_entry:
        trace.touched.update(data.get("changes", {}))


def _imported(trace: Trace, deed: str, data: dict[str, Any]) -> None:
    if deed == "created":
        trace.created = True
        trace.values = data.get("values", {})
        return
    # What people did before this import is behind it.
    for name, (before, after) in data.get("changes", {}).items():
        first = trace.changes.get(name, (before, None))[0]
        trace.changes[name] = (first, after)


def by_person(actor: int | None, via: str, depth: int) -> bool:
    """Whether somebody did this, not a workflow or another automation."""
    return actor is not None and depth == 0 and not via.startswith("workflow:")
