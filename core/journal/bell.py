"""Ringing the workers: "look now". Losing a ring costs a second, never work."""

from __future__ import annotations

import logging
import os
import threading
from functools import cache, partial

from celery import current_app
from django.conf import settings
from django.db import connection, transaction

log = logging.getLogger(__name__)

PUMP = "journal.pump"


def ring(task: str = PUMP, queue: str = "bell") -> None:
    """Ring on commit, so that the worker finds what this transaction wrote.

    Never raises and never waits: a thread of this process sends the message, many
    rings become one, and where Redis is down beat's ring a second later does it.
    """
    if not settings.HANDOFF_BELL:
        return
    callback = _callback(task, queue)
    pending = connection.run_on_commit
    # Rung in this transaction already, and not in a savepoint that may still go?
    rung = pending and pending[-1][1] is callback
    if not (rung and pending[-1][0] <= set(connection.savepoint_ids)):
        transaction.on_commit(callback)


@cache
def _callback(task: str, queue: str) -> partial[None]:
    return partial(_rings, task, queue)


def _rings(task: str, queue: str) -> None:
    _ringer().ring(task, queue)


class _Ringer:
    """A thread that sends what rang since it last looked."""

    def __init__(self) -> None:
        self.pid = os.getpid()
        self._wanted: set[tuple[str, str]] = set()
        self._lock = threading.Lock()
        self._bell = threading.Event()
        self._thread = threading.Thread(target=self._run, name="bell", daemon=True)
        self._thread.start()

    def ring(self, task: str, queue: str) -> None:
        with self._lock:
            self._wanted.add((task, queue))
        self._bell.set()

    def _run(self) -> None:
        while True:
            self._bell.wait()
            self._bell.clear()
            with self._lock:
                wanted, self._wanted = self._wanted, set()
            for task, queue in sorted(wanted):
                _send(task, queue)


def _send(task: str, queue: str) -> None:
    try:
        current_app.send_task(task, queue=queue, retry=False, ignore_result=True)
    except Exception as error:  # noqa: BLE001 - whatever the broker has, beat rings too
        log.warning("The bell %s could not ring: %s", task, error)


_current: _Ringer | None = None
_making = threading.Lock()


def _ringer() -> _Ringer:
    """The thread of this process; a fork makes its own."""
    global _current
    with _making:
        if _current is None or _current.pid != os.getpid():
            _current = _Ringer()
        return _current
