"""The two fast ways into the journal: one multi-row INSERT, or COPY."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from typing import Any

from django.db import connection
from psycopg2.extras import Json, execute_values

_COLUMNS = (
    "name, subject_type, subject_id, contact_id, lead_id, account_id, visitor_id, "
    "source_type, source_id, url, machine, data"
)
_SPECIAL = re.compile(r"[\\\t\n\r]")
_ESCAPED = {"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"}
_to_json = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


@dataclass(slots=True, kw_only=True)
class NewEntry:
    """What is known of something that happened; the database adds the rest.

    `subject` and `source` are (type, id). `occurred_at` None means now; `cause_id`
    None means what the running consumer or `acting` set.
    """

    name: str
    subject: tuple[str, int | None] = ("", None)
    contact_id: int | None = None
    lead_id: int | None = None
    account_id: int | None = None
    visitor_id: int | None = None
    source: tuple[str, int | None] = ("", None)
    url: str = ""
    machine: bool = False
    data: dict[str, Any] = field(default_factory=dict)
    occurred_at: datetime | None = None
    cause_id: int | None = None


def insert_entries(entries: Sequence[NewEntry]) -> list[int]:
    """Insert by one statement for each run of alike entries; give the ids."""
    ids: list[int] = []
    for columns, group in _alike(entries):
        rows = [_row(entry) for entry in group]
        sql = f"INSERT INTO journal_entry ({columns}) VALUES %s RETURNING id"
        with connection.cursor() as cursor, connection.wrap_database_errors:
            found = execute_values(
                cursor.cursor, sql, rows, page_size=len(rows), fetch=True
            )
        ids += [row[0] for row in found]
    return ids


def copy_entries(entries: Sequence[NewEntry]) -> None:
    """Insert by COPY, one for each run of alike entries."""
    for columns, group in _alike(entries):
        text = io.StringIO("".join([_line(entry) for entry in group]))
        sql = f"COPY journal_entry ({columns}) FROM STDIN"
        with connection.cursor() as cursor, connection.wrap_database_errors:
            cursor.copy_expert(sql, text)


def _alike(entries: Sequence[NewEntry]) -> Iterator[tuple[str, Iterator[NewEntry]]]:
    """Neighbours that give the same columns: where nothing is given, defaults hold."""

    def given(entry: NewEntry) -> tuple[bool, bool]:
        return entry.occurred_at is not None, entry.cause_id is not None

    for (occurred, caused), group in groupby(entries, key=given):
        extra = (", occurred_at" if occurred else "") + (", cause_id" if caused else "")
        yield _COLUMNS + extra, group


def _row(e: NewEntry) -> tuple[Any, ...]:
    optional = [value for value in (e.occurred_at, e.cause_id) if value is not None]
    links = (e.contact_id, e.lead_id, e.account_id, e.visitor_id)
    return (
        *(e.name, *e.subject, *links, *e.source, e.url, e.machine, Json(e.data)),
        *optional,
    )


def _line(e: NewEntry) -> str:
    """One row in COPY's text format: written out, for this runs for every row."""
    (subject_type, subject_id), (source_type, source_id) = e.subject, e.source
    data = _text(_to_json(e.data)) if e.data else "{}"
    occurred = f"\t{e.occurred_at.isoformat()}" if e.occurred_at is not None else ""
    cause = f"\t{e.cause_id}" if e.cause_id is not None else ""
    return (
        f"{e.name}\t{subject_type}\t{_number(subject_id)}\t{_number(e.contact_id)}\t"
        f"{_number(e.lead_id)}\t{_number(e.account_id)}\t{_number(e.visitor_id)}\t"
        f"{source_type}\t{_number(source_id)}\t{_text(e.url)}\t"
        f"{'t' if e.machine else 'f'}\t{data}{occurred}{cause}\n"
    )


def _number(value: int | None) -> str:
    return "\\N" if value is None else str(value)


def _text(value: str) -> str:
    if _SPECIAL.search(value):
        return _SPECIAL.sub(lambda found: _ESCAPED[found[0]], value)
    return value
