"""The end of long work is told to whoever started it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta

from core.jobs.models import Job
from core.journal.consumers import EntryRow
from core.notifications.registry import (
    News,
    NotificationKind,
    Told,
    register_notification,
)

# What ends sooner was still being watched.
LONG = timedelta(seconds=15)


def find(entries: Sequence[EntryRow]) -> Iterable[News]:
    ids = [entry.subject_id for entry in entries if entry.subject_id]
    jobs = Job.objects.in_bulk(ids)
    for entry in entries:
        job = jobs.get(entry.subject_id or 0)
        if job is not None and job.created_by_id and _worth_telling(job):
            said = {"label": job.label, "state": job.state, "left": job.problem_count}
            yield News(job.created_by_id, entry, ("job", job.pk), said, own_deed=True)


def _worth_telling(job: Job) -> bool:
    if job.state == Job.State.FAILED or job.finished_at is None:
        return True
    return job.finished_at - job.created_at >= LONG


def tell(told: Told) -> str:
    label, left = told.data.get("label", "A job"), told.data.get("left")
    if told.data.get("state") == Job.State.FAILED:
        return f"{label} failed"
    return f"{label} is done" + (f", {left:,} rows were left" if left else "")


def register() -> None:
    """Called once, when the apps are loaded."""
    register_notification(
        NotificationKind(
            "job_finished",
            "Long job finished",
            "loader-2",
            ("job.completed", "job.failed"),
            find,
            tell,
            "jobs ended",
            "job_list",
            in_digest=False,
        )
    )
