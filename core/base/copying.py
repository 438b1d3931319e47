"""COPY: the fast way of many rows into a table."""

from __future__ import annotations

import datetime as dt
import io
import json
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

from django.db import connection

_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})
_UNUSUAL = object()
_QUOTES = str.maketrans({"\\": "\\\\", '"': '\\"'})


def copy_rows(
    table: str,
    columns: Sequence[str],
    rows: Iterable[Sequence[Any]],
    *,
    usual: Sequence[Any] = (),
) -> None:
    """COPY rows into a table, in the transaction of the caller.

    Values are text, numbers, dates, lists of text (arrays), dicts (JSON) or None.
    Text must be storable (see `core.base.text`). Statement triggers fire once.
    `usual` holds a value a column that most rows share (the very object): it is
    spelled once.
    """
    usual = usual or [_UNUSUAL] * len(columns)
    known = ["" if value is _UNUSUAL else _spell(value) for value in usual]
    lines = io.StringIO()
    for row in rows:
        cells = [
            spelled if value is common else _spell(value)
            for value, common, spelled in zip(row, usual, known, strict=True)
        ]
        lines.write("\t".join(cells))
        lines.write("\n")
    lines.seek(0)
    names = ", ".join(f'"{column}"' for column in columns)
    with connection.cursor() as cursor:
        cursor.copy_expert(f'COPY "{table}" ({names}) FROM STDIN', lines)


class JsonList(list):
    """A list that is stored as JSON rather than as an array."""


def _spell(value: Any) -> str:
    if value is None:
        return "\\N"
    if isinstance(value, str):
        return value.translate(_ESCAPES) if _needs_escape(value) else value
    if value is True or value is False:
        return "t" if value else "f"
    if value == [] or value == {}:
        return "[]" if isinstance(value, JsonList) else "{}"
    if isinstance(value, int | Decimal | dt.date):
        return str(value)
    if isinstance(value, dict | JsonList):
        return json.dumps(value, ensure_ascii=False).translate(_ESCAPES)
    if isinstance(value, list | tuple):
        items = ",".join(f'"{str(item).translate(_QUOTES)}"' for item in value)
        return f"{{{items}}}".translate(_ESCAPES)
    raise TypeError(f"COPY cannot write {type(value).__name__}.")


def _needs_escape(value: str) -> bool:
    return "\\" in value or "\t" in value or "\n" in value or "\r" in value
