"""Celery doors of workflows."""

from __future__ import annotations

import time

from celery import shared_task

from workflows.services.engine import run_due_batch

# Seconds a task may go on before it gives way to others and is rung again.
SLICE = 20


@shared_task(name="workflows.sweep")
def sweep() -> None:
    """Do the due steps, batch by batch."""
    until = time.monotonic() + SLICE
    while run_due_batch() and time.monotonic() < until:
        pass
