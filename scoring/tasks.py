"""Celery doors of scoring."""

from __future__ import annotations

import time

from celery import shared_task

from scoring.services.run import clock_sweep, score_due_batch

# Seconds a task may go on before it gives way to others and is rung again.
SLICE = 20


@shared_task(name="scoring.sweep")
def sweep() -> None:
    """Score the leads that are due, those that the clock moved included."""
    until = time.monotonic() + SLICE
    clock_sweep()
    while score_due_batch() and time.monotonic() < until:
        pass
