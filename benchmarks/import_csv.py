"""CSV import with mapping, validation and report beside COPY and a hand-written merge.

Run: python -m benchmarks.import_csv [--rows 20000]
Goal: at least 0.5 of the rate of COPY + merge. Both write the same contacts (a third
of them known before) with the journal's triggers on, in turns.
"""

from __future__ import annotations

import argparse
import csv
import io
import os
import statistics
import time

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from django.core.files.base import ContentFile
from django.db import connection, transaction

from crm.imports.running import import_run
from crm.imports.services import import_create
from crm.models import Import

ROUNDS = 3
FIELDS = [
    "first_name",
    "last_name",
    "email",
    "phone",
    "mobile_phone",
    "job_title",
    "company_name",
    "city",
    "country",
    "postal_code",
    "address_line1",
    "website",
]
LISTED = ", ".join(FIELDS)
STAGE = "CREATE TEMP TABLE stage ({}) ON COMMIT DROP".format(
    ", ".join(f"{name} text" for name in FIELDS)
)
UPDATE = (
    "UPDATE crm_contact c SET "
    + ", ".join(f"{name} = s.{name}" for name in FIELDS)
    + " FROM stage s WHERE c.email_norm = lower(btrim(s.email)) AND c.email_norm <> ''"
)
INSERT = f"""
INSERT INTO crm_contact ({LISTED}, salutation, linkedin_url, profile_links,
    buying_role, do_not_email, do_not_bulk_email, do_not_phone, description,
    address_line2, state_or_province, external_id, tags, custom, state,
    marketing_only, follow_email, prefill_forms, consent_level, is_child, language,
    relationship, source_type)
SELECT {LISTED}, '', '', '{{}}', '', false, false, false, '', '', '', '', '{{}}',
    '{{}}', 'active', false, true, true, 0, false, '', '', '' FROM stage s
WHERE NOT EXISTS (SELECT FROM crm_contact c
    WHERE c.email_norm = lower(btrim(s.email)) AND c.email_norm <> '')
"""


def main() -> None:
    """Import in turns, print the rates, take the data away."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=20_000)
    count = parser.parse_args().rows
    ours: list[float] = []
    hand: list[float] = []
    try:
        for round_ in range(ROUNDS):
            for rates, work in ((ours, _import), (hand, _by_hand)):
                _clear()
                _by_hand(_file(count // 3, "before"))
                data = _file(count, f"round{round_}")
                started = time.perf_counter()
                work(data)
                rates.append(count / (time.perf_counter() - started))
    finally:
        _clear()
        Import.objects.filter(file_name="bench.csv").delete()
    rate, base = statistics.median(ours), statistics.median(hand)
    print(f"import       {rate:10,.0f} rows/s")
    print(f"COPY + merge {base:10,.0f} rows/s")
    print(f"ratio        {rate / base:10.2f}  (goal 0.5)")


def _file(count: int, word: str) -> str:
    lines = io.StringIO()
    writer = csv.writer(lines)
    writer.writerow(FIELDS)
    writer.writerows(
        [
            f"First{n}",
            f"Last{n}",
            f"b{n}@import.example",
            f"+32 2 {n}",
            "",
            "Buyer",
            f"Company {n % 500}",
            word,
            "Belgium",
            f"{n % 9000}",
            f"Street {n}",
            "https://import.example",
        ]
        for n in range(count)
    )
    return lines.getvalue()


def _import(data: str) -> None:
    batch = import_create(
        user=None,
        entity="contact",
        file=ContentFile(data.encode()),
        file_name="bench.csv",
        mapping={"columns": {name: name for name in FIELDS}},
    )
    done = import_run(import_id=batch.pk)
    assert done.created + done.updated == done.total


def _by_hand(data: str) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(STAGE)
        options = f"FORMAT csv, HEADER, FORCE_NOT_NULL ({LISTED})"
        copy = f"COPY stage ({LISTED}) FROM STDIN ({options})"
        cursor.copy_expert(copy, io.StringIO(data))
        cursor.execute("ANALYZE stage")
        cursor.execute(UPDATE)
        cursor.execute(INSERT)


def _clear() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM crm_contact WHERE email_norm LIKE 'b%@import.example'"
        )


if __name__ == "__main__":
    main()
