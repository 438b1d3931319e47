"""Celery doors of assignment."""

from __future__ import annotations

import time

from celery import shared_task

from sales.assignment.services.runs import assign_due_batch

# Seconds a task may go on before it gives way to others and is rung again.
SLICE = 20


@shared_task(name="assignment.sweep")
def sweep() -> None:
    """Give the leads that are due."""
    until = time.monotonic() + SLICE
    while assign_due_batch() and time.monotonic() < until:
        pass
