"""Ringing: on commit, once, and never in the way of a request."""

from __future__ import annotations

import threading
import time

import pytest
from celery import Celery
from django.db import connection, transaction

from core.journal import bell
from core.journal.services import acting, record
from crm.models import Tag

pytestmark = pytest.mark.django_db


@pytest.fixture
def rung(monkeypatch, settings):
    """What was sent, by a thread that sends to this list instead of to Redis."""
    settings.HANDOFF_BELL = True
    sent = []
    monkeypatch.setattr(bell, "_current", None)
    monkeypatch.setattr(bell, "_send", lambda task, queue: sent.append((task, queue)))
    return sent


def wait_for(condition):
    end = time.monotonic() + 5
    while not condition():
        assert time.monotonic() < end, "nobody rang"
        time.sleep(0.01)


def test_acting_rings_the_pump_on_commit(rung, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True), acting(None, "test"):
        Tag.objects.create(name="a")
        assert rung == []
    wait_for(lambda: rung == [("journal.pump", "bell")])


def test_many_entries_ring_once(rung, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks() as callbacks, acting(None, "test"):
        for _ in range(100):
            record("page.visited")
    assert len(callbacks) == 1


def test_ring_of_a_savepoint_that_was_undone_does_not_silence_the_next(rung):
    def undone():
        with transaction.atomic():
            bell.ring()
            raise ValueError("undone")

    with transaction.atomic():
        before = len(connection.run_on_commit)
        with pytest.raises(ValueError, match="undone"):
            undone()
        bell.ring()
        assert len(connection.run_on_commit) == before + 1


def test_request_does_not_wait_for_a_broker_that_hangs(
    rung, monkeypatch, django_capture_on_commit_callbacks
):
    """The sender hangs until the end of the test: the commit has long returned."""
    release = threading.Event()
    monkeypatch.setattr(bell, "_send", lambda task, queue: release.wait(10))
    with django_capture_on_commit_callbacks(execute=True):
        bell.ring()
        bell.ring("jobs.sweep", "jobs")
    assert not release.is_set()
    release.set()


def test_broker_that_is_away_is_only_noted(caplog, monkeypatch):
    """The real sender, against a port where nobody listens."""
    away = Celery("away", broker="redis://127.0.0.1:1/0", set_as_current=False)
    away.conf.broker_transport_options = {"max_retries": 1, "interval_start": 0}
    monkeypatch.setattr(bell, "current_app", away)
    bell._send("journal.pump", "bell")
    assert "could not ring" in caplog.text
