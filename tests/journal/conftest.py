"""Consumers that exist for one test."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from core.journal import consumers
from core.journal.consumers import Consumer, register_consumers
from core.journal.pump import ensure_cursors


@dataclass
class Reader:
    """A consumer that remembers what it was given."""

    name: str
    batches: list = field(default_factory=list)

    @property
    def entries(self):
        return [entry for batch in self.batches for entry in batch.entries]

    @property
    def ids(self):
        return [entry.id for entry in self.entries]


@pytest.fixture
def consume(monkeypatch, db):
    """`consume("tag.*", handle=None)` registers a consumer and gives its reader.

    No other consumer is registered meanwhile.
    """
    monkeypatch.setattr(consumers, "_consumers", {})

    def make(*names, handle=None, name="reader", **options):
        reader = Reader(name)

        def remember(batch):
            if handle is not None:
                handle(batch)
            reader.batches.append(batch)

        register_consumers(Consumer(name, names or ("*",), remember, **options))
        ensure_cursors()
        return reader

    return make
