"""Long work: in chunks, resumable, cancelable, with a report."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db.models.functions import Now

from core.base.errors import Refused
from core.jobs import registry
from core.jobs.models import Job
from core.jobs.registry import JobKind, register_job_kind
from core.jobs.running import MAX_ATTEMPTS, run_chunk, run_to_end, sweep
from core.jobs.services import job_cancel, job_problems, job_retry, job_start, job_view
from core.jobs.tasks import run_due_jobs
from core.journal.models import Entry
from crm.models import Tag

pytestmark = pytest.mark.django_db


@pytest.fixture
def kind(monkeypatch):
    """Register a kind for this test: `kind(run_chunk, ended=None)` gives its key."""
    monkeypatch.setattr(registry, "_kinds", dict(registry._kinds))

    def make(run_chunk, ended=None, key="test.work"):
        register_job_kind(JobKind(key, "Test work", run_chunk, ended))
        return key

    return make


def make_tags(run):
    """Two tags a chunk, until `n` are made."""
    start = run.cursor.get("next", 0)
    for number in range(start, min(start + 2, run.params["n"])):
        Tag.objects.create(name=f"tag {number}")
        run.advance()
        run.count("made")
    run.cursor["next"] = start + 2
    return start + 2 >= run.params["n"]


def due_now(job):
    Job.objects.filter(pk=job.pk).update(due_at=Now())


def test_job_runs_chunk_by_chunk_and_shows_how_far_it_is(kind, cast):
    job = job_start(kind(make_tags), user=cast.ann, params={"n": 5}, total=5)

    run_chunk(job.pk)
    job.refresh_from_db()
    half_way = job_view(job)
    run_to_end(job)

    assert (half_way["state"], half_way["done"], half_way["percent"]) == (
        "running",
        2,
        40,
    )
    done = job_view(job)
    assert (done["state"], done["done"], done["percent"]) == ("completed", 5, 100)
    assert done["result"] == {"made": 5}
    assert job.started_at is not None
    assert job.finished_at is not None


def test_chunk_acts_in_the_name_of_who_started_the_job(kind, cast):
    run_to_end(job_start(kind(make_tags), user=cast.ann, params={"n": 1}))

    entry = Entry.objects.get(name="tag.created")
    assert (entry.actor_id, entry.via) == (cast.ann.pk, "test.work")


def test_finished_job_is_not_run_again(kind):
    job = run_to_end(job_start(kind(make_tags), user=None, params={"n": 2}))

    run_to_end(job)
    run_due_jobs()
    run_due_jobs()

    assert Tag.objects.count() == 2


def test_cancel_stops_before_the_next_chunk_and_keeps_what_was_done(kind):
    job = job_start(kind(make_tags), user=None, params={"n": 50})
    run_chunk(job.pk)

    job_cancel(job)
    sweep(seconds=5)

    job.refresh_from_db()
    assert job.state == Job.State.CANCELED
    assert Tag.objects.count() == 2
    with pytest.raises(Refused):
        job_cancel(job)


def test_canceled_job_goes_on_where_it_stopped_when_retried(kind):
    job = job_start(kind(make_tags), user=None, params={"n": 4})
    run_chunk(job.pk)
    job_cancel(job)
    sweep(seconds=5)

    job_retry(job)
    run_to_end(job)

    assert job.state == Job.State.COMPLETED
    assert Tag.objects.count() == 4


def test_failing_chunk_leaves_nothing_and_is_tried_later(kind):
    healthy = []

    def work(run):
        Tag.objects.create(name="half")
        if not healthy:
            raise ValueError("no connection to the moon")
        return True

    job = job_start(kind(work), user=None)
    run_chunk(job.pk)
    job.refresh_from_db()

    assert not Tag.objects.exists()
    assert job.state == Job.State.RUNNING
    assert "moon" in job_view(job)["error"]
    assert job.due_at - job.touched_at > timedelta(seconds=1)
    assert not run_chunk(job.pk), "not due yet"

    healthy.append(True)
    due_now(job)
    run_to_end(job)
    assert (job.state, job.error) == (Job.State.COMPLETED, "")


def test_chunk_that_always_fails_is_given_up_with_its_error(kind):
    ended = []

    def work(run):
        raise ValueError("broken for good")

    job = job_start(kind(work, ended.append), user=None)
    for _ in range(MAX_ATTEMPTS + 2):
        due_now(job)
        run_chunk(job.pk)

    job.refresh_from_db()
    assert job.state == Job.State.FAILED
    assert "broken for good" in job_view(job)["error"]
    assert [j.state for j in ended] == [Job.State.FAILED]
    assert Entry.objects.filter(name="job.failed", subject_id=job.pk).count() == 1


def test_chunk_that_kills_its_worker_is_given_up(kind):
    """Such a worker never comes to say so: only the count of beginnings tells."""
    job = job_start(kind(make_tags), user=None, params={"n": 1})
    Job.objects.filter(pk=job.pk).update(attempts=MAX_ATTEMPTS, state="running")

    sweep(seconds=5)

    job.refresh_from_db()
    assert job.state == Job.State.FAILED
    assert not Tag.objects.exists()


def test_unknown_kind_fails_with_a_reason_and_does_not_hold_up_others(kind):
    orphan = Job.objects.create(kind="gone.kind", label="Gone")
    job = job_start(kind(make_tags), user=None, params={"n": 3})

    sweep(seconds=5)

    job.refresh_from_db()
    orphan.refresh_from_db()
    assert job.state == Job.State.COMPLETED
    assert "gone.kind" in orphan.error


def test_problems_become_lines_of_the_report(kind):
    def work(run):
        run.add_problem({"row": 3, "detail": "No such country"})
        run.add_problem({"row": 9, "detail": "No such owner"})
        return True

    job = run_to_end(job_start(kind(work), user=None))

    assert job.problem_count == 2
    assert [p.data["row"] for p in job_problems(job)] == [3, 9]


def test_jobs_take_turns(kind):
    first = job_start(kind(make_tags, key="a"), user=None, params={"n": 3})
    second = job_start(kind(make_tags, key="b"), user=None, params={"n": 0})

    assert sweep(seconds=5)

    assert set(Job.objects.values_list("pk", "state")) == {
        (first.pk, "completed"),
        (second.pk, "completed"),
    }


def test_people_see_their_own_jobs_and_administrators_all(kind, cast):
    mine = job_start(kind(make_tags), user=cast.ann, params={"n": 0})
    other = job_start(kind(make_tags), user=cast.ben, params={"n": 0})

    assert set(Job.objects.visible_to(cast.ann)) == {mine}
    assert set(Job.objects.visible_to(cast.admin)) == {mine, other}
