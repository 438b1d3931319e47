"""Puts the big data set into a migrated, empty database by COPY, once.

Run: python -m benchmarks.dataset.load (HANDOFF_BENCH_SIZE=1m, 100k or 10k). Everything
is one transaction: a load that was interrupted leaves an empty database. Triggers are
off and indexes made at the end, so the journal holds the interactions only.
"""

from __future__ import annotations

import io
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from django.db import connection, models, transaction
from django.utils import timezone

from benchmarks.dataset import Size, chosen_size
from benchmarks.dataset import generate as rows
from core.access.models import Role, Team, User
from core.journal.models import Cursor, Entry
from core.journal.pump import ensure_cursors
from core.journal.reading import place_now
from crm.models import Account, Contact, CustomField, Lead
from sales.models import Opportunity
from scoring.models import LeadScore, ScoringModel

BLOCK = 10_000
STAMP = "benchmark_data"
PASSWORD = "!"  # nobody signs in here: benchmarks sign users in by themselves

Part = tuple[type[models.Model], str, rows.Maker, int]


def ensure_data() -> datetime:
    """Load the data where it is missing; gives the moment at which it ends.

    Raises SystemExit where the database holds other rows.
    """
    size = chosen_size()
    until = loaded_until(size)
    if until is None:
        if Contact.objects.exists():
            raise SystemExit("This database holds other data: name an empty one.")
        until = rows.end_of_data(timezone.now())
        load(size, until)
    return until


def loaded_until(size: Size) -> datetime | None:
    """The end of the data that lies here; None where there is none."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass(%s)", [STAMP])
        if cursor.fetchone()[0] is None:
            return None
        cursor.execute(f"SELECT size, until FROM {STAMP}")
        name, until = cursor.fetchone()
    if name != size.name:
        raise SystemExit(f"This database holds the data of size {name}.")
    return datetime.fromisoformat(until)


def load(size: Size, until: datetime) -> None:
    """Fill the database and bring its statistics up to date."""
    started = time.perf_counter()
    parts = _parts(size)
    with transaction.atomic():
        _settings()
        people()
        with _without_indexes([model for model, *_ in parts]):
            for part in parts:
                _load_part(part, size, until)
        _stamp(size, until)
    _skip_journal()
    _vacuum([model for model, *_ in parts])
    print(f"  loaded {size.name} in {time.perf_counter() - started:.0f} s", flush=True)


def _parts(size: Size) -> list[Part]:
    return [
        (Account, rows.ACCOUNTS, rows.accounts, size.accounts),
        (Contact, rows.CONTACTS, rows.contacts, size.contacts),
        (Lead, rows.LEADS, rows.leads, size.leads),
        (LeadScore, rows.SCORES, rows.scores, size.leads),
        (
            Opportunity,
            rows.OPPORTUNITIES,
            rows.opportunities,
            size.opportunities,
        ),
        (Entry, rows.INTERACTIONS, rows.interactions, size.interactions),
    ]


def _settings() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute("SET LOCAL maintenance_work_mem = '1GB'")
        cursor.execute("SET LOCAL statement_timeout = 0")


def people() -> None:
    """Forty users in teams, the custom fields, and the live scoring model."""
    team = Team.objects.create(name="Sales")
    users = [
        User(id=number, username=f"bench{number}", password=PASSWORD, team=team)
        for number in range(1, 41)
    ]
    User.objects.bulk_create(users)
    roles = {role.key: role for role in Role.objects.all()}
    for user in users:
        key = "administrator" if user.pk == 1 else "salesperson"
        user.roles.set([roles[key]])
    CustomField.objects.bulk_create(
        CustomField(entity="contact", key=key, label=key.capitalize(), kind=kind)
        for key, kind in (("plan", "text"), ("seats", "number"))
    )
    ScoringModel.objects.create(id=1, name="Fit", state="live", grades=[])


@contextmanager
def _without_indexes(tables: list[type[models.Model]]) -> Iterator[None]:
    """Take the indexes away that no constraint needs, and make them again after."""
    names = [model._meta.db_table for model in tables]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT i.indexname, i.indexdef FROM pg_indexes i WHERE i.tablename = "
            "ANY(%s) AND NOT EXISTS (SELECT FROM pg_constraint c WHERE c.conname = "
            "i.indexname)",
            [names],
        )
        found = cursor.fetchall()
        for name, _ in found:
            cursor.execute(f'DROP INDEX "{name}"')
        yield
        started = time.perf_counter()
        for _, definition in found:
            cursor.execute(definition)
    print(f"  indexes  {time.perf_counter() - started:.0f} s", flush=True)


def _load_part(part: Part, size: Size, until: datetime) -> None:
    model, columns, maker, number = part
    started = time.perf_counter()
    table = model._meta.db_table
    given = columns.split()
    names, values = _blanks(model, set(given))
    lines = _Lines(size, until, maker, table, number, values)
    with connection.cursor() as cursor:
        cursor.copy_expert(
            f"COPY {table} ({', '.join([*given, *names])}) FROM STDIN", lines, 1 << 20
        )
        if "id" in given:
            cursor.execute(
                f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), {number})"
            )
    print(f"  {table:<22} {number:>11,} in {time.perf_counter() - started:.0f} s")


class _Lines(io.TextIOBase):
    """The rows of a table as a file that COPY reads, made block by block."""

    def __init__(
        self,
        size: Size,
        until: datetime,
        maker: rows.Maker,
        table: str,
        number: int,
        values: str,
    ) -> None:
        dice = rows.Dice(f"{size.name} {table}")
        end = f"{values}\n"
        self.rest = ""
        self.blocks = (
            end.join(maker(size, until, dice, range(first, last + 1))) + end
            for first in range(1, number + 1, BLOCK)
            for last in [min(first + BLOCK - 1, number)]
        )

    def read(self, length: int | None = -1) -> str:
        """The next part; empty at the end."""
        if not self.rest:
            self.rest = next(self.blocks, "")
        size = len(self.rest) if length is None or length < 0 else length
        part, self.rest = self.rest[:size], self.rest[size:]
        return part


def _blanks(model: type[models.Model], given: set[str]) -> tuple[list[str], str]:
    """The columns that must be filled and are not given, with their blank values."""
    names, values = [], []
    for field in model._meta.concrete_fields:
        column = field.column
        if column in given or isinstance(field, models.GeneratedField):
            continue
        if model is Entry and column in _ENTRY:
            names.append(column)
            values.append(_ENTRY[column])
        elif not field.null and not field.primary_key and not field.has_db_default():
            names.append(column)
            values.append(_text(field.get_default()))
    return names, "".join(f"\t{value}" for value in values)


# Given and not computed: the columns' defaults call functions, row by row.
_ENTRY = {"via": "import", "data": "{}", "depth": "0", "xid": "1"}


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "t" if value else "f"
    if value in ([], {}):
        return "{}"
    return str(value)


def _stamp(size: Size, until: datetime) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TABLE {STAMP} (size text, until text)")
        cursor.execute(f"INSERT INTO {STAMP} VALUES (%s, %s)", [size.name, str(until)])


def _skip_journal() -> None:
    """Nothing that was loaded is news to anybody."""
    ensure_cursors()
    place = place_now()
    Cursor.objects.update(xid=place.xid, position=place.id)


def _vacuum(tables: list[type[models.Model]]) -> None:
    started = time.perf_counter()
    with connection.cursor() as cursor:
        for model in tables:
            cursor.execute(f"VACUUM (ANALYZE) {model._meta.db_table}")
    print(f"  vacuum   {time.perf_counter() - started:.0f} s", flush=True)


def days_before_today(until: datetime, days: int) -> int:
    """A window of so many days of the data, counted from today.

    The data ends on the day on which it was made; a kept data set grows old.
    """
    return days + (datetime.now(UTC) - until) // timedelta(days=1)


if __name__ == "__main__":
    ensure_data()
