"""Rows from one record to another, and back: set-based, each move written down."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from django.db import IntegrityError, connection, models, transaction

from core.base.errors import Refused
from crm.merge.registry import Reference, references_to

Log = dict[str, Any]
q = connection.ops.quote_name


def columns_of(model: type[models.Model]) -> list[str]:
    """The columns that are written, not computed."""
    fields: list[Any] = list(model._meta.concrete_fields)
    return [f.column for f in fields if not f.generated]


def snapshots(
    model: type[models.Model], column: str, ids: Sequence[int]
) -> list[dict[str, Any]]:
    """Whole rows as JSON, locked."""
    table = q(model._meta.db_table)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT to_jsonb(t)::text FROM {table} t WHERE t.{q(column)} = ANY(%s) "  # noqa: S608 - own pieces
            "FOR UPDATE",
            [list(ids)],
        )
        return [row_read(row[0]) for row in cursor.fetchall()]


def rows_put(model: type[models.Model], rows: Sequence[dict[str, Any]]) -> int:
    """Insert rows as they were; those that are there already stay as they are."""
    if not rows:
        return 0
    table = q(model._meta.db_table)
    names = [name for name in columns_of(model) if name in rows[0]]
    listed = ", ".join(map(q, names))
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {table} ({listed}) SELECT {listed} FROM "  # noqa: S608 - own pieces
            f"jsonb_populate_recordset(NULL::{table}, %s::jsonb) "
            "ON CONFLICT DO NOTHING",
            [json.dumps(list(rows))],
        )
        put: int = cursor.rowcount
    return put


def columns_set(model: type[models.Model], pk: int, values: dict[str, Any]) -> None:
    """Set columns of one row to values as they stood in a snapshot."""
    table, names = (
        q(model._meta.db_table),
        [n for n in columns_of(model) if n in values],
    )
    if not names:
        return
    listed = ", ".join(f"{q(name)} = s.{q(name)}" for name in names)
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {table} t SET {listed} FROM "  # noqa: S608 - own pieces
            f"jsonb_populate_record(NULL::{table}, %s::jsonb) s WHERE t.id = %s",
            [json.dumps(values), pk],
        )


def rows_delete(model: type[models.Model], ids: Sequence[int]) -> None:
    """Delete rows by id without cascades: what hung on them moved before."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"DELETE FROM {q(model._meta.db_table)} WHERE id = ANY(%s)",  # noqa: S608 - own pieces
            [list(ids)],
        )


def row_read(text: str) -> dict[str, Any]:
    """A row that PostgreSQL wrote as JSON; numbers keep every digit."""
    row: dict[str, Any] = json.loads(text, parse_float=str)
    return row


def children_move(
    entity: str, model: type[models.Model], losers: Sequence[int], survivor: int
) -> list[Log]:
    """Hang everything that hangs on these records on the survivor; say what moved.

    Raises Refused where the database allows it once only (two open opportunities of
    one lead).
    """
    moved: list[Log] = []
    try:
        with transaction.atomic():
            for reference in references_to(entity, model):
                unique = once_per(reference)
                if unique:
                    moved += _links_move(reference, unique, losers, survivor)
                moved += _rows_move(reference, model, losers, survivor)
    except IntegrityError as error:
        raise Refused(
            "merge_conflict",
            "Both have something that one record can have only once. Close or remove "
            "one of them first.",
        ) from error
    return [each for each in moved if each.get("rows") or each.get("olds")]


Once = tuple[list[str], bool]


def once_per(reference: Reference) -> list[Once]:
    """The other columns of which a record may have each combination once only.

    The second part says whether two that are empty count as equal there.
    """
    meta: Any = reference.model._meta
    rules = [c for c in meta.constraints if isinstance(c, models.UniqueConstraint)]
    # Of what bears a plain number (runs of a workflow) a second one may go; of what
    # a foreign key leads to (an open opportunity) none is ever dropped.
    by_number = bool(reference.number)
    sets = [
        (list(c.fields), c.nulls_distinct is False)
        for c in rules
        if by_number or c.condition in (None, _is_there(meta, reference))
    ]
    plain = [list(names) for names in meta.unique_together]
    if meta.is_composite_pk:
        plain.append([f.attname for f in meta.pk_fields])
    plain += [[f.name] for f in meta.concrete_fields if f.unique and not f.primary_key]
    plain += [[meta.pk.name]] if getattr(meta.pk, "remote_field", None) else []
    found = []
    for names, empty_equal in [*sets, *((names, False) for names in plain)]:
        columns = [meta.get_field(name).attname for name in names]
        if reference.column in columns:
            others = [name for name in columns if name != reference.column]
            found.append((others, empty_equal))
    return found


def _is_there(meta: Any, reference: Reference) -> models.Q:
    """The condition that the column says something: no condition for what moves."""
    names = [f.name for f in meta.concrete_fields if f.column == reference.column]
    return models.Q(**{f"{names[0]}__isnull": False})


def _where(reference: Reference) -> tuple[str, list[Any]]:
    text = "".join(f" AND t.{q(name)} = %s" for name in reference.where)
    text += f" AND {reference.narrow}" if reference.narrow else ""
    return text, list(reference.where.values())


def _links_move(
    reference: Reference,
    unique: Sequence[Once],
    losers: Sequence[int],
    survivor: int,
) -> list[Log]:
    """Where the survivor has the same already, the others' rows go, and are kept here.

    Of several losers with the same row the one with the lowest number wins.
    """
    table, column = q(reference.model._meta.db_table), q(reference.column)
    more, values = _where(reference)
    gone: list[Any] = []
    for others, empty_equal in unique:
        equal = "IS NOT DISTINCT FROM" if empty_equal else "="
        same = "".join(f" AND o.{q(name)} {equal} t.{q(name)}" for name in others)
        with connection.cursor() as cursor:
            cursor.execute(
                f"DELETE FROM {table} t WHERE t.{column} = ANY(%s){more} AND EXISTS "  # noqa: S608 - own pieces
                f"(SELECT 1 FROM {table} o WHERE (o.{column} = %s OR (o.{column} = "
                f"ANY(%s) AND o.{column} < t.{column})){same}) "
                "RETURNING to_jsonb(t)::text",
                [list(losers), *values, survivor, list(losers)],
            )
            gone += [row_read(row[0]) for row in cursor.fetchall()]
    return [{"model": reference.model._meta.label, "rows": gone}]


def _rows_move(
    reference: Reference,
    model: type[models.Model],
    losers: Sequence[int],
    survivor: int,
) -> list[Log]:
    meta: Any = reference.model._meta
    table, column = q(meta.db_table), q(reference.column)
    more, values = _where(reference)
    keys = [f.column for f in meta.pk_fields]
    # A row of two columns is known by the rest of its key once it moved.
    key = next((name for name in keys if name != reference.column), keys[0])
    own = reference.model is model
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT t.{q(key)}, t.{column} FROM {table} t "  # noqa: S608 - own pieces
            f"WHERE t.{column} = ANY(%s){more} ORDER BY 1 FOR UPDATE",
            [list(losers), *values],
        )
        found = cursor.fetchall()
        if found:
            new = f"CASE WHEN t.id = {int(survivor)} THEN NULL ELSE %s END"
            cursor.execute(
                f"UPDATE {table} t SET {column} = {new if own else '%s'} "  # noqa: S608 - own pieces
                f"WHERE t.{column} = ANY(%s){more}",
                [survivor, list(losers), *values],
            )
    olds: dict[str, list[Any]] = defaultdict(list)
    for pk, old in found:
        olds[str(old)].append(pk)
    return [
        {
            "model": meta.label,
            "column": reference.column,
            "key": key,
            "where": dict(reference.where),
            "olds": dict(olds),
        }
    ]


def children_back(
    entity: str, model: type[models.Model], moves: Sequence[Log], survivor: int
) -> None:
    """Hang everything where it hung before; what moved on since stays where it is."""
    known = {r.model._meta.label: r.model for r in references_to(entity, model)}
    for move in reversed(moves):
        child = known.get(move["model"])
        if child is None:
            continue
        if "rows" in move:
            rows_put(child, move["rows"])
        else:
            _row_back(child, move, survivor)


def _row_back(model: type[models.Model], move: Log, survivor: int) -> None:
    table, column, key = (q(model._meta.db_table), q(move["column"]), q(move["key"]))
    more = "".join(f" AND t.{q(name)} = %s" for name in move["where"])
    for old, keys in move["olds"].items():
        # The survivor itself pointed there and was left pointing nowhere.
        own = f"(t.{column} IS NULL AND t.{key} = %s)"
        with connection.cursor() as cursor:
            cursor.execute(
                f"UPDATE {table} t SET {column} = %s WHERE t.{key} = ANY(%s) "  # noqa: S608 - own pieces
                f"AND (t.{column} = %s OR {own}){more}",
                [int(old), keys, survivor, survivor, *move["where"].values()],
            )
