"""Each entry reaches each consumer that wants it, once."""

from __future__ import annotations

import pytest
from django.core.management import call_command

from core.base.errors import Refused
from core.journal.consumers import Consumer, register_consumers
from core.journal.failures import failed_event_dismiss, failed_event_replay
from core.journal.models import Cursor, Entry, FailedEvent
from core.journal.pump import lag, pump_to_rest
from core.journal.running import MAX_DEPTH
from core.journal.services import NewEntry, record, record_many
from crm.models import Tag
from tests.factories import ContactFactory

pytestmark = pytest.mark.django_db


def write(n, name="page.visited", **what):
    record_many([NewEntry(name=name, data={"n": k}, **what) for k in range(n)])


def numbers(reader):
    return [entry.data["n"] for entry in reader.entries]


class TestNames:
    def test_consumer_gets_what_it_named_and_nothing_else(self, consume):
        tags = consume("tag.created", "lead.*", name="tags")
        behaviour = consume("interaction:*", name="behaviour")
        everything = consume("*", name="everything")

        Tag.objects.create(name="a")
        record("lead.qualified", subject=("lead", 1))
        record("leadership.changed")
        record("page.visited", contact_id=3)
        pump_to_rest()

        assert [e.name for e in tags.entries] == ["tag.created", "lead.qualified"]
        assert [e.name for e in behaviour.entries] == ["page.visited"]
        assert len(everything.entries) == 4

    def test_underscore_and_percent_are_ordinary_characters(self, consume):
        reader = consume("custom_field.*")
        record("customXfield.created")
        record("custom_field.created")
        pump_to_rest()

        assert [e.name for e in reader.entries] == ["custom_field.created"]

    def test_two_consumers_of_one_name_are_refused(self, consume):
        consume(name="same")
        with pytest.raises(ValueError, match="same"):
            register_consumers(Consumer("same", ("x",), print))


def test_entry_reads_as_it_was_written(consume, cast):
    reader = consume("contact.*", "page.visited")
    contact = ContactFactory(city="Bern")
    contact.city = "Rome"
    contact.save()
    record("page.visited", contact_id=contact.pk, source=("page", 4), machine=True)
    pump_to_rest()

    created, updated, visited = reader.entries
    assert (created.entity, created.verb) == ("contact", "created")
    assert created.values["city"] == "Bern"
    assert updated.changes == {"city": ["Bern", "Rome"]}
    assert (visited.source_type, visited.source_id, visited.machine) == (
        "page",
        4,
        True,
    )
    assert reader.batches[0].contact_ids() == {contact.pk}
    assert reader.batches[0].subject_ids("contact") == {contact.pk}


class TestOrderAndOnce:
    def test_everything_once_in_order(self, consume):
        reader = consume("page.visited", batch_size=7)
        write(40)
        pump_to_rest()
        write(3)
        pump_to_rest()
        pump_to_rest()

        assert numbers(reader) == [*range(40), *range(3)]
        assert max(len(batch.entries) for batch in reader.batches) == 7

    def test_cursor_moves_over_what_nobody_wants(self, consume):
        consume("page.visited")
        Tag.objects.create(name="a")
        pump_to_rest()

        assert Cursor.objects.get(pk="reader").position == Entry.objects.last().pk

    def test_new_consumer_starts_now_or_on_wish_at_the_beginning(self, consume):
        Cursor.objects.all().delete()
        write(2)
        early = consume("page.visited", name="early", from_start=True)
        pump_to_rest()

        assert numbers(early) == [0, 1]

    def test_at_rest_the_pump_asks_one_question(
        self, consume, django_assert_max_num_queries
    ):
        for number in range(5):
            consume("page.visited", name=f"c{number}")
        pump_to_rest()
        with django_assert_max_num_queries(2):  # the cursors, and who is behind
            pump_to_rest()

    def test_ten_entries_cost_as_many_queries_as_one(
        self, consume, django_assert_num_queries
    ):
        consume("page.visited")
        write(1)
        with django_assert_num_queries(20) as one:
            pump_to_rest()
        write(10)
        with django_assert_num_queries(len(one.captured_queries)):
            pump_to_rest()


class TestFailures:
    def spoil(self, *bad):
        def handle(batch):
            for entry in batch.entries:
                Tag.objects.get_or_create(name=f"done {entry.data['n']}")
                if entry.data["n"] in bad:
                    raise ValueError(f"cannot take {entry.data['n']}")

        return handle

    def test_bad_entry_is_kept_aside_and_the_rest_goes_on(self, consume):
        reader = consume("page.visited", handle=self.spoil(37, 38, 90))
        write(100)

        result = pump_to_rest(keep_failures=True)

        assert result.failed == 3
        assert numbers(reader) == [n for n in range(100) if n not in (37, 38, 90)]
        assert Tag.objects.count() == 97
        failed = FailedEvent.objects.order_by("id")
        assert [f.entry.data["n"] for f in failed] == [37, 38, 90]
        assert "cannot take 37" in failed[0].error

    def test_failure_of_one_consumer_does_not_touch_another(self, consume):
        consume("page.visited", handle=self.spoil(0, 1, 2), name="bad")
        good = consume("page.visited", name="good")
        write(3)
        pump_to_rest(keep_failures=True)

        assert numbers(good) == [0, 1, 2]

    def test_in_tests_the_error_is_raised(self, consume):
        consume("page.visited", handle=self.spoil(0))
        write(1)
        with pytest.raises(ValueError, match="cannot take 0"):
            pump_to_rest()

    def test_a_broken_promise_to_the_database_falls_on_its_entry(self, consume):
        """A foreign key is checked at the end only: still this entry's failure."""

        def handle(batch):
            for entry in batch.entries:
                account = 10**9 if entry.data["n"] == 1 else None
                ContactFactory(account_id=account)

        consume("page.visited", handle=handle)
        write(3)
        pump_to_rest(keep_failures=True)

        assert [f.entry.data["n"] for f in FailedEvent.objects.all()] == [1]

    def test_replay_handles_it_once(self, consume):
        bad = [1]
        reader = consume("page.visited", handle=lambda b: self.spoil(*bad)(b))
        write(2)
        pump_to_rest(keep_failures=True)
        event = FailedEvent.objects.get()

        assert not failed_event_replay(event_id=event.pk)
        event.refresh_from_db()
        assert (event.attempts, event.resolved_at) == (2, None)
        bad.clear()
        assert failed_event_replay(event_id=event.pk)
        with pytest.raises(Refused):
            failed_event_replay(event_id=event.pk)

        assert sorted(numbers(reader)) == [0, 1]
        event.refresh_from_db()
        assert event.resolved_at is not None

    def test_replay_by_command(self, consume, capsys):
        bad = [1]
        reader = consume("page.visited", handle=lambda b: self.spoil(*bad)(b))
        write(2)
        pump_to_rest(keep_failures=True)
        bad.clear()

        call_command("journal_replay", "--list")
        call_command("journal_replay")

        assert "cannot take 1" in capsys.readouterr().out
        assert sorted(numbers(reader)) == [0, 1]

    def test_dismissed_event_leaves_the_list(self, consume):
        consume("page.visited", handle=self.spoil(0))
        write(1)
        pump_to_rest(keep_failures=True)
        failed_event_dismiss(event_id=FailedEvent.objects.get().pk)

        assert not FailedEvent.objects.filter(resolved_at=None).exists()


class TestDepth:
    def test_what_a_consumer_writes_is_one_deeper_and_knows_its_cause(self, consume):
        consume("page.visited", handle=lambda b: Tag.objects.create(name="reaction"))
        cause = record("page.visited")
        pump_to_rest()

        entry = Entry.objects.get(name="tag.created")
        assert (entry.depth, entry.cause_id, entry.via) == (1, cause, "consumer:reader")

    def test_batch_has_one_depth(self, consume):
        def handle(batch):
            if batch.depth == 0:
                write(len(batch.entries))

        reader = consume("page.visited", handle=handle)
        write(3)
        pump_to_rest()

        assert [(b.depth, len(b.entries)) for b in reader.batches] == [(0, 3), (1, 3)]

    def test_consumer_that_answers_itself_is_stopped_and_shown(self, consume):
        reader = consume("page.visited", handle=lambda batch: record("page.visited"))
        record("page.visited")
        pump_to_rest(keep_failures=True)

        assert [b.depth for b in reader.batches] == list(range(MAX_DEPTH + 1))
        failed = FailedEvent.objects.get()
        assert failed.reason == FailedEvent.Reason.DEPTH
        assert failed.entry.depth == MAX_DEPTH + 1

    def test_depth_is_over_with_the_batch(self, consume):
        consume("page.visited")
        record("page.visited")
        pump_to_rest()

        assert Entry.objects.get(pk=record("page.visited")).depth == 0


def test_lag_tells_how_far_each_is_behind(consume):
    consume("page.visited", name="busy")
    before = lag()
    write(5)
    after = lag()
    pump_to_rest()

    assert [(x.consumer, x.entries) for x in before] == [("busy", 0)]
    assert [(x.consumer, x.entries) for x in after] == [("busy", 5)]
    assert after[0].seconds >= 0
    assert [(x.entries, x.seconds) for x in lag()] == [(0, 0.0)]
