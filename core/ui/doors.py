"""The browser's door: who acts is known before anything is written."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from core.journal.services import acting


@contextmanager
def browser_door(user: Any) -> Iterator[None]:
    """Open the transaction of one request that writes, with its author."""
    with acting(user, via="browser"):
        yield
