"""Rows written by one INSERT, without the cost of compiling each value."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import connection, models
from django.db.models.expressions import DatabaseDefault
from psycopg2.extras import execute_values

# One statement, so that the triggers see all rows at once.
_MOST = 10_000


def insert_many(records: Sequence[models.Model]) -> None:
    """Insert new records of one model and give them their keys.

    The same rows as bulk_create at about half its time: these tables have 60 columns,
    and bulk_create resolves every value of every row as an expression. Columns with
    a database default are left to it.
    """
    if not records:
        return
    if len(records) > _MOST:
        raise ValueError(f"At most {_MOST} rows at a time.")
    meta = records[0]._meta
    fields = [f for f in meta.concrete_fields if _written(f, records[0])]
    rows = [
        [f.get_db_prep_save(f.pre_save(r, True), connection) for f in fields]
        for r in records
    ]
    quote = connection.ops.quote_name
    columns = ", ".join(quote(str(field.column)) for field in fields)
    key = quote(str(meta.pk.column))
    with connection.cursor() as cursor:
        keys = execute_values(
            cursor.cursor,
            # S608: names come from the model; every value is a parameter.
            f"INSERT INTO {quote(meta.db_table)} ({columns}) VALUES %s RETURNING {key}",  # noqa: S608
            rows,
            page_size=_MOST,
            fetch=True,
        )
    for record, (pk,) in zip(records, keys, strict=True):
        record.pk = pk
        record._state.adding = False
        record._state.db = connection.alias


def _written(field: Any, record: models.Model) -> bool:
    if field.primary_key or field.generated:
        return False
    return not isinstance(getattr(record, field.attname), DatabaseDefault)
