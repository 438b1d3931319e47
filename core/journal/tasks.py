"""Celery's doors to the journal."""

from __future__ import annotations

from celery import shared_task

from core.journal.bell import ring
from core.journal.pump import pump_all


@shared_task(name="journal.pump", ignore_result=True)
def pump() -> None:
    """Bring all consumers up to date. Rung on commit and by beat every second."""
    if not pump_all(seconds=20).at_rest:
        ring()
