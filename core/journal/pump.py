"""The pump: brings each entry to each consumer that wants it, exactly once.

A consumer's cursor row is locked (SKIP LOCKED: another pump passes by), the next
entries of one depth are read, handled, and the cursor moved: effect and receipt are
one transaction. A batch that fails is halved until the bad entry is found; that one
is kept as a failed event and the rest goes on.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from django.db import connection

from core.journal.consumers import registered_consumers
from core.journal.models import Cursor
from core.journal.reading import Place, behind, place_now, refuse_if_ahead
from core.journal.running import Turn

# Lag is counted up to here: beyond, only that it is more matters.
LAG_COUNTED = 10_000


@dataclass(slots=True)
class PumpResult:
    """What one run of the pump did: batches and entries handled, by consumer."""

    batches: int = 0
    entries: int = 0
    failed: int = 0
    at_rest: bool = True
    by_consumer: dict[str, int] = field(default_factory=dict)

    def add(self, turn: Turn) -> None:
        """Count one consumer's turn."""
        self.batches += turn.batches
        self.entries += turn.entries
        self.failed += turn.failed
        name = turn.consumer.name
        self.by_consumer[name] = self.by_consumer.get(name, 0) + turn.entries


def ensure_cursors() -> None:
    """Give every consumer without a cursor its start. Harmless to run twice."""
    known = set(Cursor.objects.values_list("consumer", flat=True))
    new = [c for c in registered_consumers() if c.name not in known]
    if not new:
        return
    now, start = place_now(), Place(0, 0)
    places = {c.name: start if c.from_start else now for c in new}
    Cursor.objects.bulk_create(
        [Cursor(consumer=n, xid=p.xid, position=p.id) for n, p in places.items()],
        ignore_conflicts=True,
    )


def pump_all(*, seconds: float = 20.0) -> PumpResult:
    """Bring all consumers up to date, or as far as this time allows.

    Raises JournalAhead after a restore without its command, and database errors
    that are nobody's entry (connection lost).
    """
    refuse_if_ahead()
    ensure_cursors()
    return _pump(until=time.monotonic() + seconds, own=False, keep_failures=True)


def pump_to_rest(*, keep_failures: bool = False) -> PumpResult:
    """For tests: also read the running transaction's entries, until none waits.

    An error of a consumer is raised; `keep_failures` makes failed events instead, as
    in production.
    """
    ensure_cursors()
    return _pump(until=None, own=True, keep_failures=keep_failures)


def _pump(*, until: float | None, own: bool, keep_failures: bool) -> PumpResult:
    result = PumpResult()
    consumers = {c.name: c for c in registered_consumers()}
    stuck: set[str] = set()
    while names := behind([n for n in consumers if n not in stuck], own=own):
        for name in names:
            if until is not None and time.monotonic() > until:
                result.at_rest = False
                return result
            turn = Turn(consumers[name], own, keep_failures)
            if not turn.run():
                stuck.add(name)
            result.add(turn)
    result.at_rest = not stuck
    return result


@dataclass(frozen=True, slots=True)
class Lag:
    """How far a consumer is behind: entries (at most 10,000) and seconds."""

    consumer: str
    entries: int
    seconds: float


def lag() -> list[Lag]:
    """The lag of every registered consumer, for `/readyz` and the status page.

    Counts all entries after the cursor, also those above the horizon, so an open
    transaction that holds everybody shows. One query.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.consumer, w.n, greatest(coalesce(extract(epoch FROM "
            "clock_timestamp() - w.oldest), 0), 0)::float FROM journal_cursor c, "
            "LATERAL (SELECT count(*) AS n, min(recorded_at) AS oldest FROM ("
            "SELECT e.recorded_at FROM journal_entry e WHERE (e.xid, e.id) > "
            "(c.xid, c.position) ORDER BY e.xid, e.id LIMIT %s) AS next) AS w "
            "WHERE c.consumer = ANY(%s) ORDER BY 1",
            [LAG_COUNTED, [c.name for c in registered_consumers()]],
        )
        return [Lag(*row) for row in cursor.fetchall()]
