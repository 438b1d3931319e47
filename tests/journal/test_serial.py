"""What only real commits show: order, locks, death. Runs alone on its cluster."""

from __future__ import annotations

import threading
from contextlib import closing

import pytest
from django.core.management import call_command
from django.db import OperationalError, ProgrammingError, connection, connections

from core.journal.models import Cursor, Entry, FailedEvent
from core.journal.pump import ensure_cursors, lag, pump_all
from core.journal.reading import JournalAhead
from core.journal.services import NewEntry, acting, record, record_many
from core.journal.tasks import pump
from crm.models import Tag

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.serial]


def second_connection():
    """Another session of the test database, with its own transactions."""
    return closing(connections["default"].copy())


def say(number, using=None):
    """One committed entry, or one in the open transaction of another session."""
    with (using or connection).cursor() as cursor:
        cursor.execute(
            "INSERT INTO journal_entry (name, data) VALUES ('page.visited', "
            "jsonb_build_object('n', %s::int))",
            [number],
        )


def numbers(reader):
    return [entry.data["n"] for entry in reader.entries]


def test_entry_of_a_longer_transaction_is_not_skipped(consume):
    """Numbered first, committed last: `id` alone would pass it by."""
    reader = consume("page.visited")
    with second_connection() as other:
        other.set_autocommit(False)
        say(1, using=other)
        say(2)
        pump_all()
        assert numbers(reader) == [], "below an open transaction nothing is sure yet"
        assert lag()[0].entries >= 1, "but it is known to wait"

        other.commit()
        pump_all()
    assert sorted(numbers(reader)) == [1, 2]


def test_writers_that_overlap_lose_and_double_nothing(consume):
    reader = consume("page.visited")
    stop = threading.Event()
    start = threading.Barrier(4)

    def writer(base):
        with second_connection() as mine:
            mine.set_autocommit(False)
            start.wait()
            for k in range(60):
                say(base + k, using=mine)
                say(base + 60 + k, using=mine)
                if k % 7 == 0:
                    mine.rollback()
                else:
                    mine.commit()

    threads = [threading.Thread(target=writer, args=(1_000 * n,)) for n in range(3)]
    for thread in threads:
        thread.start()
    start.wait()
    while any(thread.is_alive() for thread in threads):
        pump_all()
    stop.set()
    pump_all()

    written = Entry.objects.filter(name="page.visited").values_list(
        "data__n", flat=True
    )
    assert sorted(numbers(reader)) == sorted(written)
    assert len(written) == 3 * 2 * 51


def test_savepoints_carry_the_number_of_their_transaction(consume):
    reader = consume("page.visited")
    with acting(None, "a"):
        with acting(None, "b"):
            record("page.visited", data={"n": 1})
        record("page.visited", data={"n": 2})
    pump_all()

    assert numbers(reader) == [1, 2]
    visits = Entry.objects.filter(name="page.visited")
    assert visits.values("xid").distinct().count() == 1


def test_consumer_that_dies_in_the_middle_does_it_again_exactly_once(consume):
    """The session is killed while it handles a batch: nothing of it stays."""
    deaths = [True]

    def handle(batch):
        for entry in batch.entries:
            Tag.objects.create(name=f"done {entry.data['n']}")
            if deaths and entry.data["n"] == 5:
                deaths.clear()
                with second_connection() as other, other.cursor() as cursor:
                    with connection.cursor() as own:
                        own.execute("SELECT pg_backend_pid()")
                        pid = own.fetchone()[0]
                    cursor.execute("SELECT pg_terminate_backend(%s)", [pid])

    consume("page.visited", handle=handle)
    with acting(None, "test"):
        record_many([NewEntry(name="page.visited", data={"n": k}) for k in range(10)])

    with pytest.raises(OperationalError):
        pump_all()
    connection.close()
    assert not Tag.objects.exists()
    pump()
    pump()

    assert sorted(Tag.objects.values_list("name", flat=True)) == sorted(
        f"done {k}" for k in range(10)
    )
    assert not FailedEvent.objects.exists(), "a lost connection is nobody's entry"


def test_two_pumps_do_not_wait_for_each_other_nor_do_things_twice(consume):
    reader = consume("page.visited")
    say(1)
    with second_connection() as other:
        other.set_autocommit(False)
        with other.cursor() as cursor:
            cursor.execute("SELECT 1 FROM journal_cursor FOR UPDATE")
        assert not pump_all(seconds=2).at_rest
        assert numbers(reader) == []
        other.rollback()
    pump_all()
    pump_all()
    assert numbers(reader) == [1]


def test_deadlock_is_tried_again(consume):
    """A row that somebody holds: the batch waits, gives up, and succeeds later."""
    tag = Tag.objects.create(name="held")
    tries = []

    def handle(batch):
        tries.append(1)
        if len(tries) < 3:
            with connection.cursor() as cursor:
                cursor.execute("SET LOCAL lock_timeout = '20ms'")
                with second_connection() as other:
                    other.set_autocommit(False)
                    with other.cursor() as theirs:
                        theirs.execute(
                            "SELECT 1 FROM crm_tag WHERE id = %s FOR UPDATE", [tag.pk]
                        )
                    Tag.objects.filter(pk=tag.pk).update(colour="red")

    reader = consume("page.visited", handle=handle)
    say(1)
    pump_all()

    assert numbers(reader) == [1]
    assert len(tries) == 3
    assert not FailedEvent.objects.exists()


def test_bad_entry_is_isolated_with_real_commits(consume):
    def handle(batch):
        if any(entry.data["n"] == 13 for entry in batch.entries):
            raise ValueError("no")

    reader = consume("page.visited", handle=handle)
    with acting(None, "test"):
        record_many([NewEntry(name="page.visited", data={"n": k}) for k in range(30)])
    pump_all()

    assert numbers(reader) == [n for n in range(30) if n != 13]
    assert FailedEvent.objects.get().entry.data["n"] == 13


def test_restored_journal_stops_the_pump_until_its_command_is_run(consume):
    """Rows of an older cluster, whose counter stood higher than ours."""
    reader = consume("page.visited")
    say(1)
    pump_all()
    try:
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO journal_entry (name, data, xid) VALUES "
                "('page.visited', '{\"n\": 99}', 5000000000)"
            )
            # As in the older cluster: it was read there.
            cursor.execute(
                "UPDATE journal_cursor SET xid = 5000000000, position = %s",
                [Entry.objects.last().pk],
            )
        with pytest.raises(JournalAhead):
            pump_all()

        call_command("journal_after_restore", verbosity=0)
        say(2)
        pump_all()
        assert numbers(reader) == [1, 2], "the old one is not read again"
        assert Entry.objects.get(data__n=2).xid > 5_000_000_000
    finally:
        with connection.cursor() as cursor:
            cursor.execute(
                "CREATE OR REPLACE FUNCTION journal_xid_offset() RETURNS bigint "
                "LANGUAGE sql STABLE PARALLEL SAFE AS $$ SELECT 0::bigint $$"
            )


def test_read_only_transactions_hold_nobody_up(consume):
    reader = consume("page.visited")
    with second_connection() as other:
        other.set_autocommit(False)
        with other.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM crm_contact")
        say(1)
        pump_all()
        other.rollback()
    assert numbers(reader) == [1]


def test_cursors_are_made_with_the_shipped_rows():
    ensure_cursors()
    ensure_cursors()
    assert Cursor.objects.count() == len(lag())


def test_actor_is_gone_after_the_transaction(cast):
    with acting(cast.ann, "browser"):
        Tag.objects.create(name="inside")
    Tag.objects.create(name="outside")

    by_name = {
        e.data["values"]["name"]: e.actor_id
        for e in Entry.objects.filter(name="tag.created")
    }
    assert by_name == {"inside": cast.ann.pk, "outside": None}


def test_truncate_is_refused_without_the_test_setting():
    say(1)
    with second_connection() as other, other.cursor() as cursor:
        cursor.execute("SET handoff.allow_truncate = off")
        with pytest.raises(ProgrammingError, match="append-only"):
            cursor.execute("TRUNCATE journal_entry")
    assert Entry.objects.exists()
