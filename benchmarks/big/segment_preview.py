"""How long a preview takes: count, mailable, sample and the count of every condition.

Run: python3 run.py bench segment_preview. Goal: p95 under one second at a million
contacts. The segments are the twelve, each with other values from time to time, as
somebody who edits would ask; the baseline is the id query of the same segment.
"""

from __future__ import annotations

import os
import sys
from datetime import UTC, datetime

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from benchmarks.dataset.load import ensure_data
from benchmarks.tools.measure import load_note, milliseconds, percentile, table
from benchmarks.tools.trees import cases
from core.access.models import User
from core.query.errors import QueryTimeout
from core.query.language import compile_ids, evaluating, validate
from segments.services import preview

ROUNDS = int(os.environ.get("HANDOFF_BENCH_ROUNDS", "3"))


def main() -> None:
    """Measure and print each, then the percentiles of all."""
    ensure_data()
    preview.PREVIEW_MS = 60_000  # shown as it is, and counted when over
    user = User.objects.get(username="bench1")
    today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    rows: list[list[object]] = []
    spent: list[float] = []
    for case in cases(today):
        query = validate(case.tree, ends_on="contact")
        times = sorted(_preview(case.tree, user) for _ in range(ROUNDS))
        with evaluating():
            base = milliseconds(
                lambda query=query: compile_ids(  # type: ignore[misc] # bound now
                    query, preview.context_for("UTC")
                ).count()
            )
        rows.append([case.name, times[0], times[ROUNDS // 2], base, times[0] / base])
        spent += times
        print(f"  {rows[-1]}", file=sys.stderr, flush=True)
    table(("segment", "best", "median", "count alone", "ratio"), rows)
    p50, p95 = percentile(spent, 0.5), percentile(spent, 0.95)
    print(f"p50 {p50:,.0f} ms, p95 {p95:,.0f} ms (goal 1,000); {load_note()}")


def _preview(tree: dict[str, object], user: User) -> float:
    try:
        return milliseconds(
            lambda: preview.segment_preview(definition=tree, user=user, counts=True)
        )
    except QueryTimeout:
        return float("inf")


if __name__ == "__main__":
    main()
