"""Edits, publishes, go-lives, stops and refreshes of one segment, all at once."""

from __future__ import annotations

import itertools
import random
from contextlib import suppress

import pytest

from core.base.errors import Invalid, Refused, Stale
from core.base.shipped import ensure_shipped
from crm.models import Contact
from segments.models import Segment
from segments.services.drafts import draft_discard, draft_publish
from segments.services.lifecycle import (
    segment_create,
    segment_go_live,
    segment_stop,
    segment_update,
)
from segments.services.membership import exception_set, membership_refresh
from segments.services.sweep import refresh_next_due
from tests.segments.conftest import members
from tests.segments.test_serial import pump_all, repeated, rest
from tests.segments.test_versions import city

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.serial]
PEOPLE, CITIES = 60, ("Rome", "Oslo", "Bern")
ROUNDS = 60


@pytest.fixture
def people(transactional_db):
    ensure_shipped()
    return Contact.objects.bulk_create(
        Contact(last_name=f"P{n}", city=CITIES[n % 3]) for n in range(PEOPLE)
    )


def refused_is_fine(work):
    """Another was faster, or the state does not allow it: what the doors answer."""

    def run():
        with suppress(Refused, Stale):
            work()

    return run


def of_city(name):
    return set(Contact.objects.filter(city=name).values_list("pk", flat=True))


def test_whoever_comes_last_the_members_are_what_is_live(people):
    segment = segment_create(user=None, name="Busy", definition=city("Rome"))
    segment_go_live(segment_id=segment.pk)
    what = {"segment_id": segment.pk}
    guest = people[-1].pk
    exception_set(
        contact_id=guest, mode="always", reason="Our guest", user=None, **what
    )
    wanted, problems = itertools.cycle(CITIES), []
    works = [
        lambda: segment_update(definition=city(next(wanted)), **what),
        lambda: draft_publish(**what),
        lambda: draft_discard(**what),
        lambda: segment_go_live(**what),
        lambda: segment_stop(**what),
        lambda: membership_refresh(**what),
        refresh_next_due,
        pump_all,
    ]
    dice = random.Random(5)
    with repeated([refused_is_fine(work) for work in works], problems):
        for _ in range(ROUNDS):
            pk = people[dice.randrange(PEOPLE)].pk
            Contact.objects.filter(pk=pk).update(city=dice.choice(CITIES))
    refused_is_fine(lambda: segment_go_live(**what))()
    rest()

    assert not problems
    segment.refresh_from_db()
    live = segment.definition["where"]["value"]
    assert members(segment) == of_city(live) | {guest}
    assert segment.member_count == len(members(segment))
    numbers = list(segment.versions.values_list("number", flat=True))
    assert sorted(numbers) == list(range(1, len(numbers) + 1))


def test_two_halves_of_a_circle_are_not_both_let_through(people):
    first, second = (
        segment_create(user=None, name=name, definition=city("Rome"))
        for name in ("First", "Second")
    )
    for one, other in ((first, second), (second, first)):
        segment_go_live(segment_id=one.pk)
        segment_update(segment_id=one.pk, definition={"segment": other.pk})
    problems, refused = [], []

    def publish(segment):
        def run():
            try:
                draft_publish(segment_id=segment.pk)
            except Invalid as error:
                refused.append(error.code)
            except Refused:
                pass

        return run

    with repeated([publish(first), publish(second)], problems):
        while not refused and not problems:
            Segment.objects.count()
    assert not problems
    assert set(refused) == {"cycle"}
    assert Segment.objects.exclude(draft=None).count() == 1
