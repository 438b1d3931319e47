"""A slice of a table: rows drawn at random, the same ones again and again.

What is found in a slice says about how many there are in the whole table, and within
which margin. Numbers are drawn from the ids' range, not rows from the table: each row
is as likely as any other, wherever it lies and however many were deleted.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, sqrt
from typing import Any

from django.db import connection
from django.db.models import Model

from core.query.sql import among

# So many rows are wanted in a slice; more make the margin smaller, and it slower.
WANTED = 4_000
# Where the ids have wide gaps, at most so many numbers are drawn.
DRAWN = 200_000
# The range is taken up to a round number, so that new rows do not change the draw.
STEPS = 16
SEED = 20_240
# Of 100 estimates at least 95 lie within their margin.
DEVIATIONS = 2.1


@dataclass(frozen=True)
class Slice:
    """The ids that were drawn and exist, out of `drawn` numbers of `span`."""

    ids: Sequence[int]
    drawn: int
    span: int

    def about(self, found: int) -> int:
        """How many there are in the whole, of what was found so often here."""
        return round(found * self.span / self.drawn)

    def margin(self, found: int) -> int:
        """How far off that may be; also where nothing or everything was found.

        After Agresti and Coull, with what is left to guess of a range partly drawn.
        """
        rest = 1 - self.drawn / self.span
        likely = (found + 2) * (1 - (found + 2) / (self.drawn + 4))
        deviation = sqrt(max(likely, 0) * rest)
        return ceil(DEVIATIONS * deviation * self.span / self.drawn)


def draw(model: type[Model], wanted: int = WANTED) -> Slice:
    """Draw a slice of the rows of a model; two statements."""
    rows, last = _size(model)
    span = _round_up(max(last, 1))
    numbers = min(span, DRAWN, max(wanted, round(wanted * span / max(rows, 1))))
    drawn = random.Random(SEED).sample(range(1, span + 1), numbers)  # noqa: S311 - a survey
    ids = model._base_manager.filter(among("pk", drawn)).values_list("pk", flat=True)
    return Slice(list(ids), numbers, span)


def _size(model: type[Model]) -> tuple[int, int]:
    """About how many rows there are, and the last id."""
    table = connection.ops.quote_name(model._meta.db_table)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT (SELECT reltuples::bigint FROM pg_class WHERE oid = %s::regclass),"  # noqa: S608 - the table of a model
            f" coalesce((SELECT max(id) FROM {table}), 0)",
            [table],
        )
        rows, last = cursor.fetchone()
    # A table that was never analyzed says -1: as if it had no gaps.
    return (rows if rows > 0 else last), last


def _round_up(number: int) -> int:
    step = max(1, (1 << number.bit_length()) // 2 // STEPS)
    return -(-number // step) * step


def reachable(model: type[Model], at_least: int) -> bool:
    """Whether the table has more rows than so many; reads no more than that."""
    rows: Any = model._base_manager.all()[: at_least + 1]
    return bool(rows.count() > at_least)
