"""Who acts, and what is written down about it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.db import DataError, connection, transaction
from django.http import HttpResponse
from django.test import RequestFactory

from core.journal.doors import acting_view
from core.journal.interactions import interaction_kind, interaction_names
from core.journal.models import Entry
from core.journal.services import NewEntry, acting, record, record_many
from crm.models import Tag

pytestmark = pytest.mark.django_db


def who():
    tag = Tag.objects.create(name=f"tag {Tag.objects.count()}")
    entry = Entry.objects.get(name="tag.created", subject_id=tag.pk)
    return entry.actor_id, entry.via


def fail_as(user):
    with acting(user, "inner"):
        Tag.objects.create(name="gone")
        raise ValueError("x")


class TestActing:
    def test_names_the_actor_and_the_door(self, cast):
        with acting(cast.ann, "browser"):
            assert who() == (cast.ann.pk, "browser")

    def test_nobody_means_the_system(self):
        with acting(None, "form"):
            assert who() == (None, "form")

    def test_inner_actor_holds_inside_and_outer_one_afterwards(self, cast):
        with acting(cast.ann, "browser"):
            with acting(None, "workflow"):
                assert who() == (None, "workflow")
            assert who() == (cast.ann.pk, "browser")

    def test_outer_actor_is_back_after_an_error_inside(self, cast):
        with acting(cast.ann, "browser"):
            with pytest.raises(ValueError, match="x"):
                fail_as(cast.ben)
            assert who() == (cast.ann.pk, "browser")
        assert not Tag.objects.filter(name="gone").exists()

    def test_actor_outlives_a_savepoint_that_is_rolled_back(self, cast):
        with acting(cast.ann, "browser"):
            with pytest.raises(DataError), transaction.atomic():
                connection.cursor().execute("SELECT 1/0")
            assert who() == (cast.ann.pk, "browser")

    def test_costs_the_same_few_queries(self, cast, django_assert_num_queries):
        # savepoint, read, write, write, release
        with django_assert_num_queries(5), acting(cast.ann, "browser"):
            pass


class TestRecord:
    def test_writes_one_entry_and_gives_its_id(self, cast):
        with acting(cast.ann, "api"):
            pk = record(
                "lead.qualified",
                subject=("lead", 7),
                lead_id=7,
                contact_id=8,
                account_id=9,
                source=("form", 3),
                url="https://x.test/",
                machine=True,
                data={"a": ["ä", None, 1.5]},
                occurred_at=datetime(2024, 5, 6, tzinfo=UTC),
                cause_id=4,
            )
        entry = Entry.objects.get(pk=pk)
        assert (entry.name, entry.subject_type, entry.subject_id) == (
            "lead.qualified",
            "lead",
            7,
        )
        assert (entry.contact_id, entry.lead_id, entry.account_id) == (8, 7, 9)
        assert (entry.source_type, entry.source_id) == ("form", 3)
        assert (entry.url, entry.machine) == ("https://x.test/", True)
        assert entry.data == {"a": ["ä", None, 1.5]}
        assert entry.occurred_at == datetime(2024, 5, 6, tzinfo=UTC)
        assert (entry.actor_id, entry.via, entry.depth) == (cast.ann.pk, "api", 0)
        assert entry.cause_id == 4

    @pytest.mark.parametrize("n", [0, 1, 49, 50, 300])
    def test_many_arrive_whole_by_either_way(self, n):
        text = 'tab\t line\n back\\slash \\N "q" 😀'
        new = [
            NewEntry(
                name="page.visited",
                contact_id=k if k % 3 else None,
                url=text,
                data={"k": k, "text": text},
                occurred_at=datetime(2024, 1, 1, tzinfo=UTC) if k % 2 else None,
            )
            for k in range(n)
        ]
        assert record_many(new) == n

        stored = Entry.objects.filter(name="page.visited").order_by("id")
        assert [e.data for e in stored] == [e.data for e in new]
        assert all(e.url == text for e in stored)
        assert [e.contact_id for e in stored] == [e.contact_id for e in new]
        assert all(
            (e.occurred_at.year == 2024) == (e.data["k"] % 2 == 1) for e in stored
        )

    def test_ten_cost_as_many_queries_as_one(self, django_assert_num_queries):
        for n in (1, 10):
            with django_assert_num_queries(0):  # execute_values bypasses the log
                record_many([NewEntry(name="page.visited") for _ in range(n)])


@pytest.mark.django_db(transaction=True)
@pytest.mark.serial
def test_entry_needs_the_transaction_of_its_effect():
    with pytest.raises(transaction.TransactionManagementError):
        record("lead.qualified")


class TestDoor:
    def call(self, method, user, view):
        request = getattr(RequestFactory(), method)("/")
        request.user = user
        return acting_view("browser")(view)(request)

    def test_a_change_is_made_in_the_name_of_the_user(self, cast):
        def view(request):
            return HttpResponse(repr(who()))

        response = self.call("post", cast.ann, view)
        assert response.content.decode() == repr((cast.ann.pk, "browser"))

    def test_an_error_leaves_nothing_half_written(self, cast):
        def view(request):
            Tag.objects.create(name="half")
            raise ValueError("no")

        with pytest.raises(ValueError, match="no"):
            self.call("post", cast.ann, view)
        assert not Tag.objects.exists()

    def test_reading_opens_nothing(self, cast, django_assert_num_queries):
        with django_assert_num_queries(0):
            self.call("get", cast.ann, lambda request: HttpResponse())


def test_interactions_have_words_and_an_icon():
    assert {"page.visited", "form.submitted", "email.opened"} <= set(
        interaction_names()
    )
    kind = interaction_kind("email.clicked")
    assert kind.sentence.format(who="Ann", what="May news") == (
        "Ann clicked a link in May news"
    )
    assert interaction_kind("contact.updated") is None
