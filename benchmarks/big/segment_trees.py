"""Twelve segments as count and as ids, beside SQL written by hand.

Run: python3 run.py bench segment_trees (HANDOFF_BENCH_SIZE=100k,1m for both sizes).
Goal: each at most 1.3 times the SQL and 20 ms. Both sides find the same contacts,
which is checked first, and run in turns under the same limits and memory.
"""

from __future__ import annotations

import os
import sys
from datetime import datetime

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from django.db import connection

from benchmarks.dataset.load import ensure_data
from benchmarks.tools.measure import load_note, side_by_side, table, verdict
from benchmarks.tools.trees import Case, cases
from core.query.language import Context, Query, compile_ids, evaluating, validate

TIMES, EXTRA_MS = 1.3, 20.0
LIMIT_MS = 1_200_000
HEADS = (
    "segment", "members", "count", "by hand", "ratio", "", "ids", "by hand", "ratio", ""
)  # fmt: skip


def main(only: list[str]) -> None:
    """Measure each and print the table; `only` names the numbers of some."""
    now = ensure_data()
    chosen = [case for case in cases(now) if not only or case.name.split()[0] in only]
    rows = [_row(case, now) for case in chosen]
    table(HEADS, rows)
    over = sum(row.count(verdict(False)) for row in rows)
    print(f"goal {TIMES} times and {EXTRA_MS:.0f} ms: {over} over; {load_note()}")


def _row(case: Case, now: datetime) -> list[object]:
    query = validate(case.tree, ends_on="contact")
    context = Context(now=now)
    with evaluating(LIMIT_MS):
        found, expected = set(compile_ids(query, context)), set(_by_hand(case.sql))
        assert found == expected, f"{case.name}: {len(found)} and {len(expected)}"
        counted = side_by_side(
            lambda: compile_ids(query, context).count(),
            lambda: _by_hand(f"SELECT count(*) FROM ({case.sql}) AS t"),
        )
        listed = side_by_side(lambda: _ids(query, context), lambda: _by_hand(case.sql))
    row: list[object] = [case.name, len(found)]
    for pair in (counted, listed):
        row += [pair.ours, pair.base, pair.ratio]
        row += [verdict(pair.within(TIMES, EXTRA_MS))]
    print(f"  {case.name}: {row[4]:.2f}, {row[8]:.2f}", file=sys.stderr, flush=True)
    return row


def _ids(query: Query, context: Context) -> list[int]:
    return list(compile_ids(query, context))


def _by_hand(sql: str) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return [pk for (pk,) in cursor.fetchall()]


if __name__ == "__main__":
    main(sys.argv[1:])
