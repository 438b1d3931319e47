"""Celery doors of segments."""

from __future__ import annotations

import time

from celery import shared_task

from segments.services.audit import audit_next_due
from segments.services.sweep import recount_next_due, refresh_next_due

# Seconds a task may go on before it gives way to others and is rung again.
SLICE = 20


@shared_task(name="segments.sweep")
def sweep() -> None:
    """Refresh the live segments that something or the clock may have changed.

    Then count the members of those that lost deleted contacts.
    """
    until = time.monotonic() + SLICE
    for step in (refresh_next_due, recount_next_due):
        while time.monotonic() < until and step():
            pass


@shared_task(name="segments.sweep_audits")
def sweep_audits() -> None:
    """Compare the members of live segments with their queries, once a night."""
    until = time.monotonic() + SLICE
    while time.monotonic() < until and audit_next_due():
        pass
