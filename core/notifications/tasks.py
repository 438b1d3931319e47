"""Celery doors of notifications."""

from __future__ import annotations

import time

from celery import shared_task

from core.journal.services import acting
from core.notifications.digests import digest_send_next, digests_ensure, digests_write

# Seconds a task may go on before it gives way to others and is rung again.
SLICE = 30


@shared_task(name="notifications.sweep")
def sweep() -> None:
    """Write the digests that are due, and send those that wait."""
    until = time.monotonic() + SLICE
    with acting(None, via="digest"):
        digests_ensure()
        digests_write()
    while digest_send_next() and time.monotonic() < until:
        pass
