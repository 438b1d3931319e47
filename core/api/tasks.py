"""Celery doors of the API."""

from celery import shared_task

from core.api.services import idempotency_keys_clean


@shared_task(name="api.clean_idempotency_keys", soft_time_limit=50, time_limit=60)
def clean_idempotency_keys() -> int:
    """Hourly: forget old answers."""
    return idempotency_keys_clean()
