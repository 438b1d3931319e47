"""Imports as jobs: progress, cancel and retry come with them."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from core.jobs.models import Job
from core.jobs.registry import JobKind, JobRun, register_job_kind
from core.jobs.services import job_start
from crm.duplicates.scan import import_check
from crm.imports.running import OPEN_STATES, import_run_chunk
from crm.models import Import

KIND = "import"


def register_kind() -> None:
    """Make imports known as jobs."""
    register_job_kind(JobKind(KIND, "Import", _run_chunk, _ended))


@transaction.atomic
def import_enqueue(*, batch: Import) -> Import:
    """Hand a started import to the workers; journals `job.started`."""
    job = job_start(
        KIND,
        user=batch.created_by,
        params={"import": batch.pk},
        label=f"Import of {batch.file_name}",
        total=batch.total,
    )
    batch.job_id = job.pk
    batch.save(update_fields=["job_id"])
    return batch


def _run_chunk(run: JobRun) -> bool:
    finished = import_run_chunk(import_id=run.params["import"])
    batch = Import.objects.get(pk=run.params["import"])
    run.total, run.done = batch.total, batch.done
    for name in ("created", "updated", "unchanged", "rejected"):
        run.result[name] = getattr(batch, name)
    return finished


def _check_duplicates(job: Job) -> None:
    batch = Import.objects.get(pk=job.params["import"])
    if not batch.dry_run:
        import_check(import_id=batch.pk, entity=batch.entity, user=batch.created_by)


def _ended(job: Job) -> None:
    """Look for duplicates among what was made; a stopped job stops its import."""
    _check_duplicates(job)
    if job.state == "completed":
        return
    state = Import.State.CANCELED if job.state == "canceled" else Import.State.FAILED
    problem = (job.error.strip().splitlines() or [""])[-1]
    Import.objects.filter(pk=job.params["import"], state__in=OPEN_STATES).update(
        state=state, problem=problem, finished_at=timezone.now()
    )
