"""One consumer's turn of the pump: batches, retries, halving, failed events."""

from __future__ import annotations

import logging
import random
import time
import traceback
from dataclasses import dataclass, field
from itertools import takewhile

from django.db import InterfaceError, OperationalError, connection, transaction
from django.db.models.functions import Now

from core.journal.consumers import Batch, Consumer, EntryRow
from core.journal.models import Cursor, FailedEvent
from core.journal.reading import Place, wanted, window_end
from core.journal.services import acting

log = logging.getLogger(__name__)

MAX_DEPTH = 8
# So often a batch is tried again at once after a deadlock or a time-out.
RETRIES = 5
# Given up so often for locks or time-outs, a single entry becomes a failed event.
MAX_ATTEMPTS = 20
TURN_SECONDS = 1.0
# Serialisation, deadlock, lock not available, statement time-out.
_TRANSIENT = {"40001", "40P01", "55P03", "57014"}
_LIMITS = "SET LOCAL lock_timeout = '5s'; SET LOCAL statement_timeout = '20s'"


class _Busy(Exception):
    """Another pump holds this consumer's cursor."""


class _Transient(Exception):
    """A deadlock, a lock or a statement time-out: worth another try."""


class _Fault(Exception):
    """The consumer raised."""


@dataclass(slots=True)
class Turn:
    """Batches of one consumer until nothing waits, or its second has passed."""

    consumer: Consumer
    own: bool = False
    keep_failures: bool = True
    batches: int = 0
    entries: int = 0
    failed: int = 0
    limit: int = 0
    tried: list[EntryRow] = field(default_factory=list)

    def run(self) -> bool:
        """Give False where the consumer cannot go on now (locked, or stalled)."""
        self.limit = self.consumer.batch_size
        end = time.monotonic() + TURN_SECONDS
        try:
            while self._step() and time.monotonic() < end:
                pass
        except _Busy:
            return False
        except _Transient as error:
            return self._stall(error)
        return True

    def _step(self) -> bool:
        """Handle the next batch, a smaller one after a failure; False for none."""
        try:
            moved = self._with_retries()
        except (_Transient, _Fault) as error:
            if not self.keep_failures and error.__cause__ is not None:
                raise error.__cause__ from None
            if len(self.tried) > 1:
                self.limit = max(1, len(self.tried) // 2)
                return True
            if isinstance(error, _Transient):
                raise
            self._fail(str(error))
            moved = True
            self.limit = self.consumer.batch_size
        return moved

    def _with_retries(self) -> bool:
        for attempt in range(1, RETRIES + 1):
            try:
                return self._batch()
            except _Transient:
                if attempt == RETRIES:
                    raise
                pause = 0.02 * 2**attempt
                time.sleep(pause + random.uniform(0, pause))  # noqa: S311 - jitter
        raise AssertionError("unreachable")

    def _batch(self) -> bool:
        """One transaction: read, handle, move the cursor. False where none waits."""
        self.tried = []
        with transaction.atomic():
            cursor = self._lock()
            after = Place(cursor.xid, cursor.position)
            until = window_end(after, own=self.own)
            if until is None:
                return False
            found = wanted(self.consumer, after, until, limit=self.limit)
            self.tried = list(takewhile(lambda e: e.depth == found[0].depth, found))
            if len(self.tried) < len(found) or len(found) == self.limit:
                until = _place(self.tried[-1])
            if self.tried:
                self._deliver()
            self._move(until)
        self.batches += bool(self.tried)
        self.entries += len(self.tried)
        return True

    def _lock(self) -> Cursor:
        if not self.own:
            with connection.cursor() as cursor:
                cursor.execute(_LIMITS)
        rows = Cursor.objects.select_for_update(skip_locked=True)
        row = rows.filter(pk=self.consumer.name).first()
        if row is None:
            raise _Busy
        return row

    def _move(self, place: Place) -> None:
        Cursor.objects.filter(pk=self.consumer.name).update(
            xid=place.xid, position=place.id, attempts=0, moved_at=Now()
        )

    def _deliver(self) -> None:
        depth = self.tried[0].depth
        if depth > MAX_DEPTH:
            for entry in self.tried:
                self._keep(
                    entry,
                    FailedEvent.Reason.DEPTH,
                    f"Stopped: {depth} reactions in a row. Something answers itself.",
                )
            return
        try:
            deliver(self.consumer, self.tried)
        except (OperationalError, InterfaceError) as error:
            code = getattr(error.__cause__, "pgcode", None)
            if code in _TRANSIENT:
                raise _Transient(str(error)) from error
            if code is None or code.startswith(("57P", "08")):
                raise  # the connection is gone: nobody's entry
            raise _Fault(traceback.format_exc()) from error
        except Exception as error:
            raise _Fault(traceback.format_exc()) from error

    def _fail(self, error: str) -> None:
        """Keep the one entry that was tried as a failed event and pass over it."""
        [entry] = self.tried
        log.error("%s failed on entry %s:\n%s", self.consumer.name, entry.id, error)
        with transaction.atomic():
            cursor = self._lock()
            if Place(cursor.xid, cursor.position) < _place(entry):
                self._keep(entry, FailedEvent.Reason.ERROR, error)
                self._move(_place(entry))

    def _keep(self, entry: EntryRow, reason: FailedEvent.Reason, error: str) -> None:
        FailedEvent.objects.update_or_create(
            consumer=self.consumer.name,
            entry_id=entry.id,
            defaults={"reason": reason, "error": error, "resolved_at": None},
        )
        self.failed += 1

    def _stall(self, error: Exception) -> bool:
        """Leave the entry for the next ring; after many of them give it up."""
        log.warning("%s waits: %s", self.consumer.name, error)
        if not self.tried:
            return False
        cursor = Cursor.objects.get(pk=self.consumer.name)
        if cursor.attempts + 1 >= MAX_ATTEMPTS:
            self._fail(str(error))
            return True
        Cursor.objects.filter(pk=cursor.pk).update(attempts=cursor.attempts + 1)
        return False


def deliver(consumer: Consumer, entries: list[EntryRow]) -> None:
    """Let a consumer handle entries of one depth, inside the caller's transaction.

    What it writes has this depth + 1; a single entry is its cause. Deferred
    constraints are checked at once, so that an error falls on these entries.
    """
    depth = entries[0].depth
    cause = entries[0].id if len(entries) == 1 else None
    with acting(None, f"consumer:{consumer.name}", depth=depth + 1, cause_id=cause):
        consumer.handle(Batch(consumer.name, depth, entries))
        connection.check_constraints()


def _place(entry: EntryRow) -> Place:
    return Place(entry.xid, entry.id)
