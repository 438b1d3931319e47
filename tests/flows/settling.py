"""All workers in one process: everything due comes to rest."""

from __future__ import annotations

from core.jobs.models import Job
from core.jobs.running import sweep as jobs_sweep
from core.journal.models import FailedEvent
from core.journal.pump import pump_to_rest
from marketing.services.submissions import submissions_match_pending
from scoring.services.run import score_due_batch
from segments.services.sweep import recount_next_due, refresh_next_due
from workflows.services.engine import run_due_batch


def settle() -> None:
    """Do what the bell and the jobs worker do, until nothing is left to do."""
    while True:
        pump_to_rest()
        worked = [
            submissions_match_pending(),
            _jobs(),
            run_due_batch(),
            score_due_batch(),
            refresh_next_due(),
            recount_next_due(),
        ]
        if not any(worked):
            break
    assert not Job.objects.unfinished().exists()
    assert not Job.objects.filter(state=Job.State.FAILED).exists()
    assert not FailedEvent.objects.exists()


def _jobs() -> bool:
    waiting = Job.objects.due().exists()
    jobs_sweep(seconds=60)
    return waiting
