"""Loads the demonstration: one transaction, then everything that reacts to it."""

from __future__ import annotations

from django.db import connection, transaction

from config.demo import life
from config.demo.audience import scoring, segments
from config.demo.behaviour import behaviour, work
from config.demo.capture import capture
from config.demo.clock import TABLES, Times, turn_back
from config.demo.customers import customers
from config.demo.leads import leads
from config.demo.people import catalogue, people
from config.demo.rules import rules
from config.demo.selling import next_steps, selling
from config.demo.tables import PEOPLE, PRODUCTS
from config.demo.world import World
from core.access.models import User
from core.base.errors import Refused
from core.journal.models import Entry
from core.journal.pump import pump_all
from crm.models import Product
from scoring.services.run import score_due_batch
from segments.services.sweep import refresh_next_due

SETTLE_SECONDS = 20.0


def is_loaded() -> bool:
    """Whether this database holds the demonstration already."""
    codes = [code for _, code, _, _ in PRODUCTS]
    known = Product.objects.filter(code__in=codes).count() == len(codes)
    return known and User.objects.filter(username__in=PEOPLE).count() == len(PEOPLE)


def check_empty() -> None:
    """Refused where people work with this database: made-up data would mix in.

    Empty means no record of a kind the demonstration makes, and none that ever was:
    the history of a deleted one is somebody's too. Takes the locks under which that
    stays true until the transaction ends; others wait with what they write.
    """
    tables = (*TABLES.values(), "journal_entry")
    with connection.cursor() as cursor:
        cursor.execute(f"LOCK TABLE {', '.join(tables)} IN SHARE ROW EXCLUSIVE MODE")
    if Entry.objects.filter(subject_type__in=TABLES).exists() or _holds_a_row(tables):
        raise Refused(
            "not_empty",
            "This database has records of its own, or had some. "
            "Load the demonstration into a new one.",
        )
    taken = User.objects.filter(username__in=PEOPLE).values_list("username", flat=True)
    if taken:
        raise Refused("taken", f"There are such users: {', '.join(sorted(taken))}.")


def _holds_a_row(tables: tuple[str, ...]) -> bool:
    """Whether a table of records has a row, also one that was made past the journal."""
    any_row = " OR ".join(
        f"EXISTS (SELECT FROM {table})" for table in tables if table != "journal_entry"
    )
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {any_row}")
        return bool(cursor.fetchone()[0])


@transaction.atomic
def load() -> World:
    """Make everything, dated over the last months; Refused in a database in use.

    Until it ends nobody else can write a record or an entry (see `check_empty`).
    """
    check_empty()
    world, times = World(), Times()
    world.reserve(life.FIRST, life.LAST)
    people(world)
    catalogue(world)
    customers(world)
    leads(world)
    behaviour(world)
    capture(world)
    contact = life.begin(world, times)
    selling(world, times)
    work(world)
    next_steps(world)
    scoring(world)
    life.go_on(world, times, contact)
    segments(world)
    turn_back(times, world.now)
    return world


def settle() -> None:
    """Let everything that reacts come to rest, so that the first page is right."""
    pump_all(seconds=SETTLE_SECONDS)
    while score_due_batch():
        pass
    while refresh_next_due():
        pass
    pump_all(seconds=SETTLE_SECONDS)
    rules()
    pump_all(seconds=SETTLE_SECONDS)
