"""Celery doors of customers and leads."""

from celery import shared_task

from crm.services.attachment_files import discarded_files_remove


@shared_task(name="crm.remove_discarded_files", soft_time_limit=50, time_limit=60)
def remove_discarded_files() -> int:
    """Hourly: take files from the disk that nothing has named for a month."""
    return discarded_files_remove()
