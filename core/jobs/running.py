"""Running jobs: one chunk, one transaction, one holder."""

from __future__ import annotations

import logging
import time
import traceback
from datetime import timedelta

from django.db import connection, transaction
from django.db.models import F, Value
from django.db.models.functions import Coalesce, Now

from core.jobs.models import Job, JobProblem
from core.jobs.registry import JobRun, job_kind
from core.journal.services import acting, record

log = logging.getLogger(__name__)

# A chunk that began so often without ending (its worker died, it raised) is given up.
MAX_ATTEMPTS = 5
# One job's turn, before the next job has its own.
TURN_SECONDS = 3.0
_LOCK_CLASS = 0x484A  # "HJ": apart from every other advisory lock of the database


def sweep(*, seconds: float = 20.0) -> bool:
    """Run what is due for about so long; say whether nothing is due any more."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        # Asked anew for each job: a job that had its turn goes to the end.
        ran = False
        for job_id in list(Job.objects.due().values_list("pk", flat=True)[:100]):
            ran = _turn(job_id, end) or ran
            if time.monotonic() > end:
                break
        if not ran:
            return True
    return not Job.objects.due().exists()


def run_to_end(job: Job, *, chunks: int = 100_000) -> Job:
    """Run one job's chunks until it has ended (commands and tests)."""
    for _ in range(chunks):
        if not run_chunk(job.pk):
            break
    job.refresh_from_db()
    return job


def _turn(job_id: int, end: float) -> bool:
    end = min(end, time.monotonic() + TURN_SECONDS)
    ran = False
    while run_chunk(job_id):
        ran = True
        if time.monotonic() > end:
            break
    return ran


def run_chunk(job_id: int) -> bool:
    """Do the next chunk of a job; False where none is due, or not for us now.

    Its beginning is counted and committed first, so that a chunk which kills its
    worker is known by its attempts. The chunk itself is one transaction under an
    advisory lock: not a row lock, so that canceling can be written meanwhile.
    """
    if not _begin(job_id):
        return False
    try:
        return _chunk(job_id)
    except Exception:
        log.exception("A chunk of job %s failed.", job_id)
        _failed(job_id)
        return True


def _begin(job_id: int) -> bool:
    with acting(None, "jobs"):
        if not _try_lock(job_id):
            return False
        job = Job.objects.due().filter(pk=job_id).first()
        if job is None:
            return False
        if job.cancel_requested:
            _end(job, Job.State.CANCELED)
            return False
        if job.attempts >= MAX_ATTEMPTS:
            _give_up(job, "The worker died each time it ran the next part.")
            return False
        Job.objects.filter(pk=job_id).update(
            state=Job.State.RUNNING,
            attempts=F("attempts") + 1,
            started_at=Coalesce("started_at", Now()),
            touched_at=Now(),
        )
    return True


def _chunk(job_id: int) -> bool:
    with transaction.atomic():
        if not _try_lock(job_id):
            return False
        job = Job.objects.select_related("created_by").get(pk=job_id)
        if job.is_finished:
            return False
        kind = job_kind(job.kind)
        run = _run_of(job)
        with acting(job.created_by, kind.key):
            finished = kind.run_chunk(run)
            connection.check_constraints()
            _save(job, run)
            if finished:
                _end(job, Job.State.COMPLETED)
    return True


def _try_lock(job_id: int) -> bool:
    """Hold the job until the transaction ends, unless another worker does."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_try_advisory_xact_lock(%s, (%s %% 2147483647)::int)",
            [_LOCK_CLASS, job_id],
        )
        return bool(cursor.fetchone()[0])


def _run_of(job: Job) -> JobRun:
    return JobRun(
        id=job.pk,
        kind=job.kind,
        params=job.params,
        cursor=job.cursor,
        result=job.result,
        user=job.created_by,
        total=job.total,
        done=job.done,
    )


def _save(job: Job, run: JobRun) -> None:
    """Save what the chunk did. `cancel_requested` is somebody else's to write."""
    JobProblem.objects.bulk_create(
        [JobProblem(job_id=job.pk, data=problem) for problem in run.problems]
    )
    Job.objects.filter(pk=job.pk).update(
        cursor=run.cursor,
        result=run.result,
        total=run.total,
        done=run.done,
        problem_count=F("problem_count") + len(run.problems),
        attempts=0,
        error="",
        touched_at=Now(),
    )


def _end(job: Job, state: Job.State) -> None:
    """Close a job and tell its kind; journals `job.completed` and the like."""
    Job.objects.filter(pk=job.pk).update(
        state=state, finished_at=Now(), touched_at=Now()
    )
    record(f"job.{state.value}", subject=("job", job.pk), data={"kind": job.kind})
    job.refresh_from_db()
    _tell(job)


def _tell(job: Job) -> None:
    """Call the kind's `ended`. Its error undoes a completion, but not a failure."""
    try:
        kind = job_kind(job.kind)
    except KeyError:
        return
    if kind.ended is None:
        return
    try:
        with transaction.atomic():
            kind.ended(job)
    except Exception:
        if job.state == Job.State.COMPLETED:
            raise
        log.exception("The end of job %s could not be told.", job.pk)


def _failed(job_id: int) -> None:
    """Keep the error; try again later, longer each time, or give the job up."""
    with acting(None, "jobs"):
        job = Job.objects.get(pk=job_id)
        if job.attempts >= MAX_ATTEMPTS:
            _give_up(job, traceback.format_exc())
            return
        pause = timedelta(seconds=2**job.attempts)
        Job.objects.filter(pk=job_id).update(
            error=traceback.format_exc(), due_at=Now() + Value(pause), touched_at=Now()
        )


def _give_up(job: Job, error: str) -> None:
    Job.objects.filter(pk=job.pk).update(error=error)
    _end(job, Job.State.FAILED)
