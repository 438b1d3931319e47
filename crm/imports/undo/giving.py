"""Giving fields the values back that they had before an import."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, connection, models, transaction

from crm.imports.undo.verdicts import Verdict, why


def give_back(model: type[models.Model], verdicts: list[Verdict]) -> None:
    """Write the values back, set-based; the rows are locked by the caller.

    A value that another record has by now (a number that must be unique) stays, and
    is said in the verdict. Journaled by the table's triggers.
    """
    some = [verdict for verdict in verdicts if verdict.back]
    if not some or _written(model, some):
        return
    for verdict in some:
        if not _written(model, [verdict]):
            verdict.held += [why("in_the_way", name) for name in verdict.back]
            verdict.back = {}


def _written(model: type[models.Model], verdicts: list[Verdict]) -> bool:
    try:
        with transaction.atomic():
            _update(model, verdicts)
    except IntegrityError:
        return False
    return True


def _update(model: type[models.Model], verdicts: list[Verdict]) -> None:
    names = sorted({name for verdict in verdicts for name in verdict.back})
    column_of = {name: str(_field(model, name).column) for name in names}
    changes = ", ".join(
        f'"{c}" = CASE WHEN w.back ? \'{c}\' THEN r."{c}" ELSE t."{c}" END'
        for c in column_of.values()
    )
    given = [
        [
            verdict.pk,
            {column_of[name]: _exact(value) for name, value in verdict.back.items()},
        ]
        for verdict in verdicts
    ]
    table = model._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(
            f'UPDATE "{table}" t SET {changes} '  # noqa: S608 - own names
            "FROM (SELECT (x ->> 0)::bigint AS id, x -> 1 AS back "
            "FROM jsonb_array_elements(%s::jsonb) AS x) AS w, "
            f'LATERAL jsonb_populate_record(NULL::"{table}", w.back) AS r '
            "WHERE t.id = w.id",
            [json.dumps(given, default=float)],
        )


def _exact(value: Any) -> Any:
    """Digits as text: PostgreSQL reads them exactly, a float would round."""
    return str(value) if isinstance(value, Decimal) else value


def _field(model: type[models.Model], name: str) -> Any:
    return model._meta.get_field(name)
