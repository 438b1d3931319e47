"""The two fast ways into the journal: one multi-row INSERT, or COPY."""

from __future__ import annotations

import io
import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import groupby
from typing import Any

from django.db import connection
from psycopg2.extras import Json, execute_values

COLUMNS = (
    "name",
    "subject_type",
    "subject_id",
    "contact_id",
    "lead_id",
    "account_id",
    "visitor_id",
    "source_type",
    "source_id",
    "url",
    "machine",
    "data",
    "occurred_at",
    "cause_id",
)
# Left out where nobody gave a value, so that the column's default applies.
_OPTIONAL = ("occurred_at", "cause_id")
_DATA = COLUMNS.index("data")
_FIRST_OPTIONAL = COLUMNS.index(_OPTIONAL[0])
_ESCAPES = str.maketrans(
    {"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r", "\x00": None}
)


def _given(row: Sequence[Any]) -> tuple[bool, ...]:
    return tuple(value is not None for value in row[_FIRST_OPTIONAL:])


def _columns(given: tuple[bool, ...]) -> list[str]:
    wanted = [c for c, there in zip(_OPTIONAL, given, strict=True) if there]
    return [*COLUMNS[:_FIRST_OPTIONAL], *wanted]


def _values(row: Sequence[Any]) -> list[Any]:
    optional = [value for value in row[_FIRST_OPTIONAL:] if value is not None]
    return [*row[:_FIRST_OPTIONAL], *optional]


def _groups(
    rows: Iterable[Sequence[Any]],
) -> Iterable[tuple[list[str], list[list[Any]]]]:
    """Neighbouring rows that give the same columns, in their order."""
    for given, group in groupby(rows, key=_given):
        yield _columns(given), [_values(row) for row in group]


def insert_rows(rows: Sequence[Sequence[Any]]) -> list[int]:
    """Insert by one statement for each run of alike rows; give the ids."""
    ids: list[int] = []
    for columns, values in _groups(rows):
        for value in values:
            value[_DATA] = Json(value[_DATA])
        into = f"INSERT INTO journal_entry ({', '.join(columns)})"
        sql = f"{into} VALUES %s RETURNING id"
        with connection.cursor() as cursor, connection.wrap_database_errors:
            found = execute_values(
                cursor.cursor, sql, values, page_size=len(values), fetch=True
            )
        ids += [row[0] for row in found]
    return ids


def copy_rows(rows: Sequence[Sequence[Any]]) -> None:
    """Insert by COPY, one for each run of alike rows."""
    for columns, values in _groups(rows):
        text = "".join(map(_line, values))
        sql = f"COPY journal_entry ({', '.join(columns)}) FROM STDIN"
        with connection.cursor() as cursor, connection.wrap_database_errors:
            cursor.copy_expert(sql, io.StringIO(text))


def _line(values: list[Any]) -> str:
    return "\t".join(map(_cell, values)) + "\n"


def _cell(value: Any) -> str:
    if value is None:
        return "\\N"
    if value is True or value is False:
        return "t" if value else "f"
    if isinstance(value, str):
        return value.translate(_ESCAPES)
    if isinstance(value, dict):
        return json.dumps(value).translate(_ESCAPES) if value else "{}"
    if isinstance(value, datetime):
        return value.isoformat()
    return str(value)
