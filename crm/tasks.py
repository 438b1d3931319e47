"""Celery doors of customers and leads."""

from __future__ import annotations

from celery import shared_task

from core.journal.services import acting
from crm.duplicates.scan import changed_check
from crm.services.attachment_files import discarded_files_remove
from crm.services.bin import bin_empty


@shared_task(name="crm.remove_discarded_files", soft_time_limit=50, time_limit=60)
def remove_discarded_files() -> int:
    """Hourly: take files from the disk that nothing has named for a month."""
    return discarded_files_remove()


@shared_task(name="crm.empty_bin", soft_time_limit=50, time_limit=60)
def empty_bin() -> int:
    """Hourly: empty what was deleted more than 30 days ago."""
    with acting(None, "bin"):
        return bin_empty()


@shared_task(name="crm.check_duplicates", ignore_result=True)
def check_duplicates() -> None:
    """Hourly: start comparing what was made or changed since the last time."""
    with acting(None, "duplicates"):
        changed_check()
