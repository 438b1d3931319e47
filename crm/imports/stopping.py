"""Stopping an import, whether it waits, runs as a job or is being mapped."""

from __future__ import annotations

from django.db import transaction

from core.jobs.models import Job
from core.jobs.services import job_cancel
from crm.imports.services import import_cancel
from crm.models import Import


@transaction.atomic
def import_stop(*, batch: Import) -> Import:
    """Cancel the import and its job; raises Refused where it is over already."""
    stopped = import_cancel(batch=batch)
    job = Job.objects.unfinished().filter(pk=stopped.job_id or 0).first()
    if job is not None:
        job_cancel(job)
    return stopped
