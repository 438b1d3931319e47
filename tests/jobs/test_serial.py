"""Jobs and real commits: a worker that dies, two workers, a cancel meanwhile."""

from __future__ import annotations

import os
import signal
import threading

import pytest
from django.db import connection

from core.jobs import registry
from core.jobs.models import Job
from core.jobs.registry import JobKind, register_job_kind
from core.jobs.running import run_chunk, run_to_end
from core.jobs.services import job_cancel, job_start
from crm.models import Tag

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.serial]


@pytest.fixture(autouse=True)
def kinds(monkeypatch):
    monkeypatch.setattr(registry, "_kinds", dict(registry._kinds))


def make_tag(run):
    """One tag a chunk."""
    number = run.cursor.get("next", 0)
    Tag.objects.create(name=f"tag {number}")
    run.advance()
    run.cursor["next"] = number + 1
    return number + 1 >= run.params["n"]


def test_worker_killed_in_the_middle_of_a_chunk_costs_that_chunk_only():
    """A forked worker takes SIGKILL in its third chunk, after it wrote."""
    mortal = []

    def work(run):
        done = make_tag(run)
        if mortal and run.cursor["next"] == 3:
            os.kill(os.getpid(), signal.SIGKILL)
        return done

    register_job_kind(JobKind("test.kill", "Killed", work))
    job = job_start("test.kill", user=None, params={"n": 5})
    connection.close()
    worker = os.fork()
    if worker == 0:
        mortal.append(True)
        run_to_end(job)
        os._exit(0)
    _, status = os.waitpid(worker, 0)
    assert os.WTERMSIG(status) == signal.SIGKILL
    job.refresh_from_db()
    assert (job.done, job.attempts, Tag.objects.count()) == (2, 1, 2)

    run_to_end(job)

    assert (job.state, job.done, job.attempts) == (Job.State.COMPLETED, 5, 0)
    assert set(Tag.objects.values_list("name", flat=True)) == {
        f"tag {n}" for n in range(5)
    }


def test_chunk_has_one_holder_and_cancel_can_be_written_meanwhile():
    inside, go_on = threading.Event(), threading.Event()

    def work(run):
        done = make_tag(run)
        inside.set()
        assert go_on.wait(10)
        return done

    register_job_kind(JobKind("test.hold", "Held", work))
    job = job_start("test.hold", user=None, params={"n": 5})

    def worker():
        try:
            run_chunk(job.pk)
        finally:
            connection.close()

    thread = threading.Thread(target=worker)
    thread.start()
    assert inside.wait(10)
    assert not run_chunk(job.pk), "another worker holds it"
    job_cancel(job)
    go_on.set()
    thread.join()
    run_chunk(job.pk)

    job.refresh_from_db()
    assert (job.state, job.done) == (Job.State.CANCELED, 1)
    assert Tag.objects.count() == 1
