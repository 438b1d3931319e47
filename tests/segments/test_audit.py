"""The nightly comparison: real drift is mended and told, what is on its way is not."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from core.journal.models import Entry
from core.journal.pump import pump_to_rest
from crm.models import Contact
from segments.models import Membership, Segment, SegmentAudit
from segments.services.audit import audit_next_due, last_night
from segments.tasks import sweep_audits
from tests.factories import ContactFactory
from tests.segments.conftest import members

pytestmark = pytest.mark.django_db
ROME = {"from": "contact", "where": {"field": "city", "op": "eq", "value": "Rome"}}


@pytest.fixture
def romans(live):
    people = [ContactFactory(city="Rome"), ContactFactory(city="Rome")]
    ContactFactory(city="Oslo")
    segment = live(ROME)
    Segment.objects.update(refresh_due_at=None)
    return segment, people


def audit():
    """What the task does through a night, while the journal is read beside it."""
    while audit_next_due():
        pump_to_rest()


def drift_entries():
    return Entry.objects.filter(name="segment.drift")


def test_a_segment_that_is_right_is_looked_at_once_a_night(romans):
    segment, _ = romans
    audit()
    assert segment.audit.finished_at is not None
    assert (segment.audit.looks, segment.audit.drifted_at) == (1, None)
    assert not drift_entries().exists()
    assert not audit_next_due(), "tonight it is done"
    SegmentAudit.objects.update(finished_at=timezone.now() - timedelta(days=1))
    assert audit_next_due(), "tomorrow it is due again"


def test_drift_is_mended_journaled_and_shown(romans, cast, client):
    segment, people = romans
    stranger = ContactFactory(city="Oslo")
    pump_to_rest()
    Membership.objects.filter(segment=segment, contact=people[0]).delete()
    Membership.objects.create(segment=segment, contact=stranger)

    audit()

    assert members(segment) == {person.pk for person in people}
    (entry,) = drift_entries()
    assert entry.subject_id == segment.pk
    assert entry.data["missing"] == entry.data["surplus"] == 1
    assert set(entry.data["contacts"]) == {people[0].pk, stranger.pk}
    told = Entry.objects.filter(name__in=["segment.entered", "segment.left"])
    assert told.filter(subject_id=segment.pk).count() == 2
    client.force_login(cast.ann, backend="django.contrib.auth.backends.ModelBackend")
    page = client.get(reverse("segment_members", args=[segment.pk]))
    text = page.content.decode()
    assert "The nightly check" in text
    assert "surplus members, and put them right" in text


def test_a_change_on_its_way_is_no_drift(romans):
    segment, people = romans
    Contact.objects.filter(pk=people[0].pk).update(city="Oslo")
    assert audit_next_due()
    assert segment.audit.suspects == [people[0].pk]
    assert not audit_next_due(), "it waits until the journal has been read"
    audit_after_pump = pump_to_rest()
    assert audit_after_pump.at_rest
    audit()
    assert members(segment) == {people[1].pk}
    assert SegmentAudit.objects.get().drifted_at is None
    assert not drift_entries().exists()


def test_what_time_moved_is_no_drift(live):
    older = {"field": "created_at", "op": "older_than", "value": {"minutes": 5}}
    contact = ContactFactory()
    segment = live({"from": "contact", "where": older})
    now = timezone.now()
    Contact.objects.filter(pk=contact.pk).update(created_at=now - timedelta(minutes=7))
    pump_to_rest()
    Membership.objects.all().delete()
    ago = now - timedelta(minutes=4)
    Segment.objects.update(refresh_due_at=None, evaluated_at=ago)
    audit()
    assert SegmentAudit.objects.get(segment=segment).drifted_at is None
    assert not drift_entries().exists()


def test_exceptions_are_no_drift(romans):
    segment, people = romans
    segment.exceptions.create(contact=people[0], mode="never")
    Membership.objects.filter(segment=segment, contact=people[0]).delete()
    audit()
    assert not drift_entries().exists()
    assert members(segment) == {people[1].pk}


def test_the_task_may_run_twice(romans):
    sweep_audits()
    sweep_audits()
    assert SegmentAudit.objects.get().looks == 1


@pytest.mark.parametrize(
    ("now", "night"),
    [((5, 1, 59), (4, 2)), ((5, 2, 0), (5, 2)), ((5, 23, 0), (5, 2))],
)
def test_the_night_begins_at_two(now, night):
    day, hour, minute = now
    found = last_night(datetime(2026, 3, day, hour, minute, tzinfo=UTC))
    assert found == datetime(2026, 3, night[0], night[1], tzinfo=UTC)
