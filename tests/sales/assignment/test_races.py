"""Two runs at once, and a worker that dies in the middle."""

from __future__ import annotations

import os
import signal
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection, connections

from crm.models import Lead
from sales.assignment.models import Due, Given, RuleSet
from sales.assignment.services import runs
from sales.assignment.services.assign import MOMENT, leads_assign
from sales.assignment.services.definition import rule_create, rule_set_create
from tests.factories import LeadFactory, TeamFactory, UserFactory

pytestmark = [pytest.mark.serial, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def world(db):
    """Four salespeople in turn, and sixty new leads."""
    team = TeamFactory(name="Sales")
    crew = [UserFactory(team=team, roles=["salesperson"]) for _ in range(4)]
    made = rule_set_create(values={"name": "All leads"})
    values = {"name": "In turn", "people": [one.pk for one in crew]}
    rule_create(rule_set_id=made.pk, values=values | {"available_within": None})
    RuleSet.objects.update(active=True)
    return [LeadFactory().pk for _ in range(60)]


def together(*works):
    """Run each in a thread of its own, begun at the same moment."""
    start = Barrier(len(works), timeout=30)

    def run(work):
        try:
            connection.ensure_connection()
            start.wait()
            work()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(works)) as pool:
        list(pool.map(run, works))


def fairly_once(number):
    given = Counter(Lead.objects.values_list("owner", flat=True))
    assert None not in given
    assert max(given.values()) - min(given.values()) <= 1
    assert Given.objects.count() == number
    assert Given.objects.values("lead").distinct().count() == number


def test_two_runs_at_once_give_each_lead_once_and_fairly(world):
    def run(ids):
        return lambda: leads_assign(lead_ids=ids, moment=MOMENT.ON_DEMAND)

    together(run(world), run(world[::-1]), run(world[:30]), run(world[20:]))
    fairly_once(60)


def test_two_workers_share_what_is_due(world, monkeypatch):
    monkeypatch.setattr(runs, "DUE_BATCH", 7)
    runs.leads_mark_due(moments=dict.fromkeys(world, MOMENT.CREATED))

    def work():
        while runs.assign_due_batch():
            pass

    together(work, work, work)
    assert not Due.objects.exists()
    fairly_once(60)


def test_worker_killed_in_the_middle_leaves_each_lead_given_once(world, monkeypatch):
    """A forked worker takes SIGKILL in its third batch, after it wrote."""
    monkeypatch.setattr(runs, "DUE_BATCH", 20)
    runs.leads_mark_due(moments=dict.fromkeys(world, MOMENT.CREATED))
    connection.close()
    worker = os.fork()
    if worker == 0:
        real, seen = runs.leads_assign, []

        def mortal(**kwargs):
            done = real(**kwargs)
            seen.append(1)
            if len(seen) == 3:
                os.kill(os.getpid(), signal.SIGKILL)
            return done

        runs.leads_assign = mortal
        while runs.assign_due_batch():
            pass
        os._exit(0)
    _, status = os.waitpid(worker, 0)
    assert os.WTERMSIG(status) == signal.SIGKILL
    assert Given.objects.count() == 40
    assert Due.objects.count() == 20

    while runs.assign_due_batch():
        pass
    fairly_once(60)
