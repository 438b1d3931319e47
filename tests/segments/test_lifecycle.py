"""Draft, live, stopped; what is refused and what is kept."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from core.base.errors import Invalid, Refused, Stale
from core.journal.models import Entry
from crm.models import Contact
from segments.services.drafts import draft_publish
from segments.services.lifecycle import (
    segment_create,
    segment_delete,
    segment_duplicate,
    segment_go_live,
    segment_stop,
    segment_update,
)
from segments.services.membership import (
    exception_set,
    members_change,
    membership_refresh,
)
from segments.services.preview import segment_preview
from tests.factories import ContactFactory
from tests.segments.conftest import members, settle

pytestmark = pytest.mark.django_db
ROME = {"from": "contact", "where": {"field": "city", "op": "eq", "value": "Rome"}}


def test_going_live_evaluates_at_once_and_tells_one_entry(live):
    contacts = {ContactFactory(city="Rome").pk for _ in range(3)}
    segment = live(ROME)
    assert members(segment) == contacts
    assert segment.member_count == 3
    told = Entry.objects.filter(subject_type="segment", subject_id=segment.pk)
    assert told.filter(name="segment.live").count() == 1
    assert not told.filter(name="segment.entered").exists()


@pytest.mark.parametrize(
    ("definition", "attr"),
    [
        ({}, "definition"),
        ({"from": "lead"}, "from"),
        ({"from": "contact", "where": {"field": "shoe", "op": "blank"}}, "where.field"),
    ],
)
def test_broken_definition_stays_a_draft(cast, definition, attr):
    segment = segment_create(user=cast.ann, name="Draft", definition=definition)
    with pytest.raises(Invalid) as caught:
        segment_go_live(segment_id=segment.pk)
    assert caught.value.attr == attr
    segment.refresh_from_db()
    assert segment.state == "draft"


def test_kind_is_fixed_after_going_live(live):
    segment = live(ROME)
    segment_stop(segment_id=segment.pk)
    with pytest.raises(Invalid) as caught:
        segment_update(segment_id=segment.pk, kind="static")
    assert caught.value.attr == "kind"


def test_lost_race_is_told(cast):
    segment = segment_create(user=cast.ann, name="Draft")
    segment_update(segment_id=segment.pk, description="First", expected_version=1)
    with pytest.raises(Stale):
        segment_update(segment_id=segment.pk, description="Second", expected_version=1)


def test_circle_is_refused_with_its_path(live):
    first = live(ROME, name="First")
    second = live({"segment": first.pk}, name="Second")
    segment_update(segment_id=first.pk, definition={"segment": second.pk})
    with pytest.raises(Invalid) as caught:
        draft_publish(segment_id=first.pk)
    assert "First" in caught.value.detail
    assert "Second" in caught.value.detail


def test_segment_in_use_is_not_deleted(live):
    first = live(ROME, name="First")
    live({"segment": first.pk}, name="Second")
    with pytest.raises(Refused) as caught:
        segment_delete(segment_id=first.pk)
    assert "Second" in caught.value.detail


def test_duplicate_is_a_draft_with_a_free_name(live, cast):
    segment = live(ROME, name="First")
    names = {
        segment_duplicate(segment_id=segment.pk, user=cast.ann).name for _ in range(2)
    }
    assert names == {"First (copy)", "First (copy) 2"}


class TestStatic:
    def test_members_are_added_and_removed_by_hand(self, cast):
        segment = segment_create(user=cast.ann, name="Hand-picked", kind="static")
        segment_go_live(segment_id=segment.pk)
        contacts = [ContactFactory().pk for _ in range(3)]
        members_change(segment_id=segment.pk, add=contacts, user_id=cast.ben.pk)
        change = members_change(segment_id=segment.pk, remove=contacts[:1])
        assert (change.entered, change.left) == (0, 1)
        assert members(segment) == set(contacts[1:])
        segment.refresh_from_db()
        assert segment.member_count == 2

    def test_refresh_leaves_hand_picked_members_alone(self, cast):
        segment = segment_create(user=cast.ann, name="Hand-picked", kind="static")
        members_change(segment_id=segment.pk, add=[ContactFactory().pk])
        membership_refresh(segment_id=segment.pk)
        assert len(members(segment)) == 1


class TestExceptions:
    def test_they_survive_every_refresh(self, live, cast):
        rome, oslo = ContactFactory(city="Rome"), ContactFactory(city="Oslo")
        segment = live(ROME)
        for contact, mode in ((rome, "never"), (oslo, "always")):
            exception_set(
                segment_id=segment.pk,
                contact_id=contact.pk,
                mode=mode,
                reason="Asked for it",
                user=cast.ann,
            )
        assert members(segment) == {oslo.pk}
        membership_refresh(segment_id=segment.pk)
        assert members(segment) == {oslo.pk}

    def test_lifting_one_brings_the_conditions_back(self, live, cast):
        rome = ContactFactory(city="Rome")
        segment = live(ROME)
        what = {"segment_id": segment.pk, "contact_id": rome.pk, "user": cast.ann}
        exception_set(mode="never", reason="", **what)
        exception_set(mode=None, reason="", **what)
        assert members(segment) == {rome.pk}


def test_preview_says_how_many_can_be_emailed_and_why_not(cast):
    ContactFactory(city="Rome")
    ContactFactory(city="Rome", email="")
    ContactFactory(city="Rome", do_not_email=True, do_not_bulk_email=True)
    ContactFactory(city="Rome", do_not_bulk_email=True)
    ContactFactory(city="Rome", state="inactive", email="")
    found = segment_preview(definition=ROME, user=cast.ann)
    assert (found.count, found.mailable) == (5, 1)
    assert found.reasons == {
        "Inactive": 1,
        "No email address": 1,
        "Email not allowed": 1,
        "Bulk email not allowed": 1,
    }
    assert "city" in found.sentence.lower()
    assert len(found.sample) == 5


def test_relative_dates_are_looked_at_again(live):
    segment = live(
        {
            "from": "contact",
            "where": {
                "field": "created_at",
                "op": "within_last",
                "value": {"days": 30},
            },
        }
    )
    contact = ContactFactory()
    settle()
    assert members(segment) == {contact.pk}
    segment.refresh_from_db()
    assert segment.next_check_at is not None
    Contact.objects.filter(pk=contact.pk).update(created_at="2020-01-01T00:00Z")
    settle()
    assert members(segment) == set()


@pytest.mark.parametrize(
    "change",
    [
        lambda pk: segment_update(segment_id=pk, name="Another name"),
        lambda pk: segment_stop(segment_id=pk),
        lambda pk: segment_delete(segment_id=pk),
    ],
    ids=["update", "stop", "delete"],
)
def test_a_change_waits_for_a_refresh_before_it_locks_the_row(live, change):
    """The refresh writes the row at its end: the other order would deadlock."""
    segment = live(ROME)
    with CaptureQueriesContext(connection) as asked:
        change(segment.pk)
    said = [query["sql"] for query in asked]
    waits = [n for n, sql in enumerate(said) if "pg_advisory_xact_lock" in sql]
    locks = [n for n, sql in enumerate(said) if "FOR UPDATE" in sql]
    assert waits
    assert locks
    assert waits[0] < locks[0]
