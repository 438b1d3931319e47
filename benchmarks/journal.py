"""What the journal costs: triggers beside none, record_many beside COPY.

Run: python -m benchmarks.journal [rows]. Everything happens in transactions that are
rolled back. Ratios are taken in one run, interleaved; absolute figures are the
machine's.
"""

from __future__ import annotations

import io
import os
import statistics
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from django.db import connection

from core.journal.services import NewEntry, acting, record_many

ROUNDS = 5
BATCH = 5_000
INSERT = """
INSERT INTO crm_contact (first_name, last_name, email, phone, city, country, state,
    custom, tags, profile_links, salutation, mobile_phone, job_title, company_name,
    website, linkedin_url, buying_role, do_not_email, do_not_bulk_email, do_not_phone,
    description, address_line1, address_line2, postal_code, state_or_province,
    external_id, marketing_only, follow_email, prefill_forms, consent_level, is_child,
    language, relationship, source_type)
SELECT 'First ' || n, 'Last ' || n, 'p' || n || '@bench.test', '+39 02 ' || n, 'Rome',
    'Italy', 'active', '{}', '{}', '{}', '', '', 'Buyer', 'Company ' || n %% 100, '',
    '', '', false, false, false, '', 'Via Roma 1', '', '00100', '', '', true, true,
    true, 0, false, '', '', '' FROM generate_series(1, %s) AS n
"""
UPDATE = """
UPDATE crm_contact SET city = 'Oslo', job_title = 'Owner'
WHERE email_norm LIKE '%@bench.test'
"""


class _Undo(Exception):
    """Ends a measurement: nothing of it stays."""


def timed(
    work: Callable[[], None], *, before: Callable[[], None] | None = None
) -> float:
    """Seconds of `work` in a transaction that is rolled back."""
    seconds = 0.0
    try:
        with acting(None, "bench"):
            if before is not None:
                before()
            start = time.perf_counter()
            work()
            seconds = time.perf_counter() - start
            raise _Undo
    except _Undo:
        return seconds


def sql(statement: str, *params: object) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, params or None)


def without_triggers() -> None:
    sql("ALTER TABLE crm_contact DISABLE TRIGGER USER")


def interactions(rows: int) -> list[NewEntry]:
    now = datetime.now(UTC)
    return [
        NewEntry(
            name="page.visited",
            subject=("contact", n % 50_000),
            contact_id=n % 50_000,
            source=("page", n % 40),
            url=f"https://www.example.com/products/{n % 500}",
            data={"seconds": n % 90},
            occurred_at=now - timedelta(seconds=n * 37 % 7_000_000),
        )
        for n in range(rows)
    ]


def copy_text(entries: list[NewEntry]) -> str:
    return "".join(
        f"{e.name}\t{e.subject[0]}\t{e.subject[1]}\t{e.contact_id}\t{e.source[0]}\t"
        f'{e.source[1]}\t{e.url}\t{{"seconds": {e.data["seconds"]}}}\t'
        f"{e.occurred_at}\n"
        for e in entries
    )


def copy(texts: list[str]) -> None:
    for text in texts:
        with connection.cursor() as cursor:
            cursor.copy_expert(
                "COPY journal_entry (name, subject_type, subject_id, contact_id, "
                "source_type, source_id, url, data, occurred_at) FROM STDIN",
                io.StringIO(text),
            )


def report(what: str, ours: list[float], other: list[float], rows: int) -> None:
    """Median of the ratios of each round: above 1 means ours is faster."""
    ratio = statistics.median(b / a for a, b in zip(ours, other, strict=True))
    mine = statistics.median(ours) / rows * 1e6
    theirs = statistics.median(other) / rows * 1e6
    print(f"{what:<44} {ratio:5.2f} x   {mine:6.1f} us a row beside {theirs:6.1f}")


def main(rows: int) -> None:
    inserts: list[tuple[float, float]] = []
    updates: list[tuple[float, float]] = []
    batches: list[tuple[float, float]] = []
    entries = interactions(rows)
    parts = [entries[k : k + BATCH] for k in range(0, rows, BATCH)]
    texts = [copy_text(part) for part in parts]

    def fill() -> None:
        sql(INSERT, rows)

    def fill_silently() -> None:
        without_triggers()
        fill()

    for _ in range(ROUNDS):
        inserts.append((timed(fill), timed(fill, before=without_triggers)))
        updates.append(
            (
                timed(lambda: sql(UPDATE), before=fill),
                timed(lambda: sql(UPDATE), before=fill_silently),
            )
        )
        batches.append(
            (
                timed(lambda: [record_many(part) for part in parts] and None),
                timed(lambda: copy(texts)),
            )
        )
    for what, pairs in (
        ("contacts inserted, triggers beside none", inserts),
        ("contacts updated, triggers beside none", updates),
        ("record_many beside COPY of ready text (0.4)", batches),
    ):
        ours, other = zip(*pairs, strict=True)
        report(what, list(ours), list(other), rows)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 20_000)
