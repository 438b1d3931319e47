"""How long a preview takes: count, mailable, sample and the count of every condition.

Run: python3 run.py bench segment_preview. Goal: p95 under one second at a million
contacts. The segments are the twelve; beside each stand the exact count of the same
segment, how long that takes alone, and by how much an estimate was off.
"""

from __future__ import annotations

import os
import sys
import time
from datetime import UTC, datetime

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from benchmarks.dataset.load import ensure_data
from benchmarks.tools.measure import load_note, milliseconds, percentile, table
from benchmarks.tools.trees import Case, Tree, cases
from core.access.models import User
from core.query.language import compile_ids, evaluating, validate
from segments.services import preview

ROUNDS = int(os.environ.get("HANDOFF_BENCH_ROUNDS", "3"))


def main() -> None:
    """Measure and print each, then the percentiles of all."""
    ensure_data()
    user = User.objects.get(username="bench1")
    today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    rows: list[list[object]] = []
    spent: list[float] = []
    for case in cases(today):
        times = sorted(_preview(case.tree, user) for _ in range(ROUNDS))
        spent += times
        rows.append([case.name, times[0], times[ROUNDS // 2], *_beside(case, user)])
        print(f"  {rows[-1]}", file=sys.stderr, flush=True)
    table(("segment", "best", "median", "count alone", "count", "off", "margin"), rows)
    p50, p95 = percentile(spent, 0.5), percentile(spent, 0.95)
    print(f"p50 {p50:,.0f} ms, p95 {p95:,.0f} ms (goal 1,000); {load_note()}")


def _preview(tree: Tree, user: User) -> float:
    return milliseconds(
        lambda: preview.segment_preview(definition=tree, user=user, counts=True)
    )


def _beside(case: Case, user: User) -> tuple[float, int, str, int]:
    """The exact count and its time, and how far the preview is from it."""
    query = validate(case.tree, ends_on="contact")
    started = time.perf_counter()
    with evaluating(60_000):
        exact = compile_ids(query, preview.context_for("UTC")).count()
    alone = (time.perf_counter() - started) * 1000
    told = preview.segment_preview(definition=case.tree, user=user)
    off = "exact" if told.exact else f"{told.count - exact:+,}"
    return alone, exact, off, told.margin


if __name__ == "__main__":
    main()
