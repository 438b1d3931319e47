"""Full refreshes with 1% churn, and right after the first build, beside the id query.

Run: python3 run.py bench segment_refresh. Goal: at most 2 times the id query and
100 ms. Each segment goes live, is refreshed with the statistics of before its first
build (where a careless plan takes minutes), then with 1% of its members exchanged.
Everything is rolled back.
"""

from __future__ import annotations

import os
import sys

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from django.db import connection, transaction
from django.utils import timezone

from benchmarks.dataset.load import ensure_data
from benchmarks.tools.measure import (
    Pair,
    load_note,
    milliseconds,
    side_by_side,
    table,
    verdict,
)
from benchmarks.tools.trees import Case, cases
from core.query.language import compile_ids, evaluating, validate
from segments.services import membership
from segments.services.lifecycle import segment_create, segment_go_live
from segments.services.preview import context_for

TIMES, EXTRA_MS = 2.0, 100.0
CHOSEN = ("1", "2", "3", "6", "9", "12")
CHURN = """
DELETE FROM segments_membership WHERE segment_id = %(segment)s
    AND contact_id IN (SELECT contact_id FROM segments_membership
        WHERE segment_id = %(segment)s ORDER BY contact_id * 7919 %% 1000003
        LIMIT %(number)s);
INSERT INTO segments_membership (segment_id, contact_id)
    SELECT %(segment)s, id FROM crm_contact c WHERE id %% 37 = 5 AND NOT EXISTS
        (SELECT FROM segments_membership m WHERE m.segment_id = %(segment)s
         AND m.contact_id = c.id) LIMIT %(number)s
"""


def main(only: list[str]) -> None:
    """Measure the chosen segments and print the table."""
    now = ensure_data()
    names = only or CHOSEN
    rows = [_row(case) for case in cases(now) if case.name.split()[0] in names]
    table(
        ("segment", "members", "first", "new stats", "1% churn", "ids", "ratio", ""),
        rows,
    )
    print(f"goal {TIMES:.0f} times and {EXTRA_MS:.0f} ms; {load_note()}")


def _row(case: Case) -> list[object]:
    try:
        with transaction.atomic():
            row = _measured(case)
            transaction.set_rollback(True)
    finally:
        connection.close()
    print(f"  {row}", file=sys.stderr, flush=True)
    return row


def _measured(case: Case) -> list[object]:
    segment = segment_create(user=None, name="Benchmark", definition=case.tree)
    analyze, membership.ANALYZE_FROM = membership.ANALYZE_FROM, 10**9
    try:
        first = milliseconds(lambda: segment_go_live(segment_id=segment.pk))
        segment.refresh_from_db()
        stale = milliseconds(lambda: _refresh(segment.pk))
    finally:
        membership.ANALYZE_FROM = analyze
    _run("ANALYZE segments_membership", None)
    pair = _churned(segment, case)
    over_ms = TIMES * pair.base + EXTRA_MS
    holds = pair.within(TIMES, EXTRA_MS) and stale <= over_ms
    return [case.name, segment.member_count, first, stale, pair.ours, pair.base,
            pair.ratio, verdict(holds)]  # fmt: skip


def _churned(segment: membership.Segment, case: Case) -> Pair:
    query = validate(case.tree, ends_on="contact")
    number = max(segment.member_count // 100, 1)
    spent: list[float] = []

    def refresh() -> None:
        _run(CHURN, {"segment": segment.pk, "number": number})
        spent.append(milliseconds(lambda: _refresh(segment.pk)))

    def ids() -> None:
        with evaluating():
            list(compile_ids(query, context_for("UTC", timezone.now())))

    base = side_by_side(refresh, ids).base
    kept = sorted(spent[1:])
    return Pair(kept[len(kept) // 2], base)


def _refresh(segment_id: int) -> None:
    membership.membership_refresh(segment_id=segment_id)


def _run(sql: str, values: dict[str, int] | None) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)


if __name__ == "__main__":
    main(sys.argv[1:])
