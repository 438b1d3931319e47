"""Rows as a CSV file that a spreadsheet opens without running anything."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from numbers import Number
from typing import Any

from django.http import StreamingHttpResponse
from django.utils import timezone
from django.utils.html import strip_tags

from core.ui.columns import Column

FORMULA = ("=", "+", "-", "@", "\t", "\r")


class Echo:
    """A file for csv.writer that gives each line back instead of keeping it."""

    def write(self, text: str) -> str:
        return text


def csv_text(value: Any) -> str:
    """A value as text; what a spreadsheet would run as a formula gets a quote."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return timezone.localtime(value).isoformat(sep=" ", timespec="seconds")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, list):
        value = ", ".join(str(item) for item in value)
    if isinstance(value, Number):
        return str(value)
    # A record, or a text that is translated late, is text once it is written.
    text = strip_tags(value) if isinstance(value, str) and "<" in value else str(value)
    return f"'{text}" if text.startswith(FORMULA) else text


def _lines(columns: list[Column], rows: Iterable[Any]) -> Iterator[str]:
    writer = csv.writer(Echo())
    yield "\ufeff" + writer.writerow([csv_text(column.label) for column in columns])
    for row in rows:
        yield writer.writerow([csv_text(column.export(row)) for column in columns])


def csv_response(
    name: str, columns: list[Column], rows: Iterable[Any]
) -> StreamingHttpResponse:
    """Send rows as they are read; memory does not grow with their number."""
    answer = StreamingHttpResponse(_lines(columns, rows), content_type="text/csv")
    answer["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return answer
