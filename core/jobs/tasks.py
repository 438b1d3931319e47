"""Celery's doors to the jobs."""

from __future__ import annotations

from celery import shared_task

from core.jobs.running import sweep
from core.jobs.services import SWEEP
from core.journal.bell import ring


@shared_task(name="jobs.sweep", ignore_result=True)
def run_due_jobs() -> None:
    """Run due jobs for about 20 s, then ring again if work is left."""
    if not sweep(seconds=20):
        ring(*SWEEP)
