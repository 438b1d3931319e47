"""Runs after the fact: trying failed ones again."""

from __future__ import annotations

from django.db import transaction
from django.db.models.functions import Now

from core.base.errors import Refused
from core.journal.bell import ring
from core.journal.services import record
from workflows.models import Run, Workflow


@transaction.atomic
def runs_retry(*, workflow: Workflow, run_ids: list[int] | None = None) -> int:
    """Let failed runs go on at the step where they failed; gives how many.

    All failed ones of the workflow where no ids are given. Journals workflow.retried.
    Raises Refused where none of them has failed.
    """
    rows = Run.objects.filter(version__workflow=workflow, state=Run.State.FAILED)
    if run_ids is not None:
        rows = rows.filter(pk__in=run_ids)
    number = rows.update(
        state=Run.State.PENDING, attempts=0, error="", due_at=Now(), finished_at=None
    )
    if not number:
        raise Refused("nothing_failed", "There is no failed run to try again.")
    record("workflow.retried", subject=("workflow", workflow.pk), data={"runs": number})
    ring("workflows.sweep", queue="jobs")
    return number
