"""Starting, canceling and retrying jobs, and telling how far one is."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.db.models.functions import Now

from core.base.errors import Refused
from core.jobs.models import Job, JobProblem
from core.jobs.registry import job_kind
from core.journal.bell import ring
from core.journal.services import record

SWEEP = ("jobs.sweep", "jobs")


@transaction.atomic
def job_start(
    kind: str,
    *,
    user: Any,
    params: dict[str, Any] | None = None,
    label: str = "",
    total: int | None = None,
) -> Job:
    """Write down a piece of work and ring for it; journals `job.started`.

    `params` must be JSON. The work begins once this transaction commits. Raises
    KeyError for a kind that no app registered.
    """
    job = Job.objects.create(
        kind=kind,
        label=label or job_kind(kind).label,
        params=params or {},
        total=total,
        created_by=user,
    )
    record("job.started", subject=("job", job.pk), data={"kind": kind})
    ring(*SWEEP)
    return job


@transaction.atomic
def job_cancel(job: Job) -> Job:
    """Ask a job to stop. The running chunk ends first; what it did stays done.

    Raises Refused where the job has ended.
    """
    asked = Job.objects.unfinished().filter(pk=job.pk)
    if not asked.update(cancel_requested=True, due_at=Now()):
        raise Refused("job_finished", "This job has ended already.")
    ring(*SWEEP)
    job.refresh_from_db()
    return job


@transaction.atomic
def job_retry(job: Job) -> Job:
    """Go on with a failed or canceled job where it stopped.

    Raises Refused where the job is still running or was completed.
    """
    stopped = Job.objects.filter(
        pk=job.pk, state__in=[Job.State.FAILED, Job.State.CANCELED]
    )
    if not stopped.update(
        state=Job.State.PENDING,
        attempts=0,
        error="",
        cancel_requested=False,
        finished_at=None,
        due_at=Now(),
    ):
        raise Refused(
            "job_not_stopped", "Only a failed or canceled job can be retried."
        )
    ring(*SWEEP)
    job.refresh_from_db()
    return job


def job_problems(job: Job) -> QuerySet[JobProblem]:
    """The lines of a job's report, in order."""
    return job.problems.order_by("id")


def job_view(job: Job) -> dict[str, Any]:
    """A job as the API and the pages show it."""
    return {
        "id": job.pk,
        "kind": job.kind,
        "label": job.label,
        "state": job.state,
        "total": job.total,
        "done": job.done,
        "percent": job.percent,
        "problem_count": job.problem_count,
        "cancel_requested": job.cancel_requested,
        "result": job.result,
        "error": (job.error.strip().splitlines() or [""])[-1],
        "created_by": job.created_by_id,
        "created_at": job.created_at,
        "started_at": job.started_at,
        "finished_at": job.finished_at,
    }
