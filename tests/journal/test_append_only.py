"""The journal is never changed, but by relinking and erasure."""

from __future__ import annotations

import pytest
from django.db import ProgrammingError, connection, transaction

from core.journal.models import Entry
from core.journal.services import Move, acting, erase, record, relink

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE journal_entry SET data = '{}'",
        "UPDATE journal_entry SET contact_id = 1",
        "UPDATE journal_entry SET name = name WHERE false",
        "DELETE FROM journal_entry",
        "SET LOCAL handoff.allow_truncate = off; TRUNCATE journal_entry",
        "SET LOCAL handoff.journal_gate = 'relink'; UPDATE journal_entry SET url = 'x'",
        "SET LOCAL handoff.journal_gate = 'relink'; DELETE FROM journal_entry",
    ],
)
def test_change_is_refused(statement):
    pk = record("page.visited", url="https://a.test")
    with pytest.raises(ProgrammingError), transaction.atomic():
        connection.cursor().execute(statement)
    assert Entry.objects.get(pk=pk).url == "https://a.test"


def test_orm_is_refused_as_well():
    entry = Entry.objects.get(pk=record("page.visited"))
    entry.name = "other"
    with pytest.raises(ProgrammingError), transaction.atomic():
        entry.save()
    with pytest.raises(ProgrammingError), transaction.atomic():
        entry.delete()
    with pytest.raises(ProgrammingError), transaction.atomic():
        Entry.objects.filter(pk=entry.pk).update(name="x")


def links(pk):
    return Entry.objects.values_list("contact_id", "lead_id", "account_id").get(pk=pk)


class TestRelink:
    def test_merged_contact_hands_over_its_entries(self, cast):
        mine = record("page.visited", contact_id=5, subject=("contact", 5))
        other = record("page.visited", contact_id=6)
        with acting(cast.ann, "browser"):
            assert relink(Move(from_contact=5, contact_id=9, reason="merge")) == 1

        assert links(mine)[0] == 9
        assert links(other)[0] == 6
        joined = Entry.objects.get(name="identity.joined")
        assert (joined.contact_id, joined.subject_id) == (9, 9)
        assert joined.actor_id == cast.ann.pk
        assert joined.data == {"reason": "merge", "from_contact": 5, "entries": 1}

    def test_lead_that_got_its_contact_brings_its_entries(self):
        blank = record("page.visited", subject=("lead", 3), lead_id=3)
        taken = record("page.visited", subject=("lead", 3), lead_id=3, contact_id=1)
        relink(Move(subject=("lead", 3), contact_id=8, account_id=4))

        assert links(blank) == (8, 3, 4)
        assert links(taken) == (1, 3, 4), "what belongs to somebody stays with them"
        joined = Entry.objects.get(name="identity.joined")
        assert (joined.contact_id, joined.lead_id) == (8, 3)

    def test_overwrite_moves_what_belongs_to_somebody_else(self):
        taken = record("page.visited", subject=("lead", 3), lead_id=3, contact_id=1)
        relink(Move(subject=("lead", 3), contact_id=8, overwrite=True))

        assert links(taken)[0] == 8

    def test_recognised_visitor_brings_earlier_visits(self):
        visit = record("page.visited", subject=("visitor", 2), visitor_id=2)
        relink(Move(subject=("visitor", 2), contact_id=8))

        assert links(visit)[0] == 8

    def test_many_moves_are_one_statement(self, django_assert_num_queries):
        for n in range(10):
            record("page.visited", subject=("lead", n), lead_id=n)
        moves = [Move(subject=("lead", n), contact_id=100 + n) for n in range(10)]
        with django_assert_num_queries(1):
            assert relink(*moves) == 10
        assert Entry.objects.filter(name="identity.joined").count() == 10

    def test_sparing_tells_only_of_moves_that_matter(self):
        record("lead.created", subject=("lead", 1), lead_id=1)
        record("lead.created", subject=("lead", 2), lead_id=2)
        record("page.visited", subject=("lead", 2), lead_id=2)
        relink(*(Move(subject=("lead", n), contact_id=n) for n in (1, 2)), sparing=True)

        joined = Entry.objects.filter(name="identity.joined")
        assert [e.lead_id for e in joined] == [2]

    def test_gate_is_shut_afterwards(self):
        record("page.visited", contact_id=5)
        relink(Move(from_contact=5, contact_id=9))
        with pytest.raises(ProgrammingError), transaction.atomic():
            Entry.objects.update(contact_id=1)


def test_erasure_forgets_the_person_but_not_that_something_happened():
    visit = record(
        "page.visited", contact_id=5, url="https://a.test/ann", data={"a": 1}
    )
    lead = record("lead.updated", subject=("lead", 3), data={"changes": {}})
    other = record("page.visited", contact_id=6, url="https://b.test")

    assert erase([5], [("lead", 3)]) == 2

    gone = Entry.objects.get(pk=visit)
    assert (gone.name, gone.url, gone.data) == ("page.visited", "", {})
    assert Entry.objects.get(pk=lead).data == {}
    assert Entry.objects.get(pk=other).url == "https://b.test"
    assert Entry.objects.get(name="identity.erased").data["entries"] == 2
