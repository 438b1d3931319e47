"""Refreshes, checks and scoring at the same time, and a worker that dies in one."""

from __future__ import annotations

import os
import random
import signal
import threading
import time
from contextlib import contextmanager

import pytest
from django.db import connection, connections
from django.utils import timezone

from core.base.shipped import ensure_shipped
from core.jobs.running import run_to_end
from core.journal.pump import lag, pump_all
from crm.models import Contact, Lead
from scoring.models import LeadScore
from scoring.services.lifecycle import (
    score_all_start,
    scoring_model_create,
    scoring_model_go_live,
)
from scoring.services.run import score_due_batch
from segments.models import Segment
from segments.services import sweep
from segments.services.lifecycle import segment_create, segment_go_live
from segments.services.membership import membership_refresh
from segments.services.sweep import refresh_next_due
from tests.scoring.conftest import city
from tests.segments.conftest import members
from tests.segments.walk import clause

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.serial]
PEOPLE = 120
OF_CONTACT = {"from": "contact", "where": clause("city", "rome")}
OF_LEAD = {"from": "lead", "where": clause("city", "rome"), "to": ["parent_contact"]}


@pytest.fixture
def people(transactional_db):
    ensure_shipped()
    contacts = Contact.objects.bulk_create(
        Contact(last_name=f"P{n}", city="Oslo") for n in range(PEOPLE)
    )
    Lead.objects.bulk_create(
        Lead(last_name=f"P{n}", city="Oslo", parent_contact=contact)
        for n, contact in enumerate(contacts)
    )
    return contacts


def live(definition, name):
    segment = segment_create(user=None, name=name, definition=definition)
    return segment_go_live(segment_id=segment.pk)


def rome(model, key):
    return set(model.objects.filter(city="Rome").values_list(key, flat=True))


def rest():
    """What the workers do, until nothing is left and every entry was read."""
    until = time.monotonic() + 60
    while True:
        pump_all()
        if any([score_due_batch(), refresh_next_due()]):
            continue
        if not any(one.entries for one in lag()):
            break
        # An open transaction anywhere in the cluster hides what came after it.
        assert time.monotonic() < until, "the journal does not come to rest"


@contextmanager
def repeated(works, problems):
    """Each of these works in a thread of its own, over and over."""
    stop = threading.Event()

    def run(work):
        try:
            while not stop.is_set():
                work()
        except Exception as error:  # noqa: BLE001 - told by the test
            problems.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join(30)


def change_cities():
    dice = random.Random(11)
    for _ in range(300):
        chosen = dice.choice([Contact, Lead])
        first = chosen.objects.order_by("pk")[0].pk
        ids = [first + dice.randrange(PEOPLE) for _ in range(3)]
        chosen.objects.filter(pk__in=ids).update(city=dice.choice(["Rome", "Oslo"]))


def test_refreshes_and_checks_at_once_leave_nobody_out(people):
    by_contact, by_lead = live(OF_CONTACT, "Contacts"), live(OF_LEAD, "Leads")
    model = scoring_model_create(user=None, name="Fit", rules=[city("Rome", 5)])
    model, job = scoring_model_go_live(model_id=model.pk, user=None)
    run_to_end(job)
    problems = []

    def refresh():
        for segment in (by_contact, by_lead):
            membership_refresh(segment_id=segment.pk)

    def score():
        run_to_end(score_all_start(model=model, user=None))

    works = (refresh, score, pump_all, score_due_batch, refresh_next_due)
    with repeated(works, problems):
        change_cities()
    rest()

    assert not problems
    assert members(by_contact) == rome(Contact, "pk")
    assert members(by_lead) == rome(Lead, "parent_contact")
    for segment in Segment.objects.all():
        assert segment.member_count == len(members(segment))
    scored = set(LeadScore.objects.filter(score=5).values_list("lead", flat=True))
    assert scored == rome(Lead, "pk")
    assert LeadScore.objects.count() == PEOPLE


def test_worker_killed_in_a_refresh_leaves_it_due(people, monkeypatch):
    segment = live(OF_CONTACT, "Contacts")
    Contact.objects.update(city="Rome")
    Segment.objects.update(refresh_due_at=timezone.now())
    real = sweep.membership_refresh

    def mortal(**options):
        real(**options)
        os.kill(os.getpid(), signal.SIGKILL)

    connection.close()
    worker = os.fork()
    if worker == 0:
        monkeypatch.setattr(sweep, "membership_refresh", mortal)
        refresh_next_due()
        os._exit(0)
    _, status = os.waitpid(worker, 0)
    assert os.WTERMSIG(status) == signal.SIGKILL
    assert members(segment) == set()

    rest()

    assert len(members(segment)) == PEOPLE
    segment.refresh_from_db()
    assert (segment.member_count, segment.refresh_due_at) == (PEOPLE, None)
