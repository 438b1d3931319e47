"""Who consumes what: the one file that knows everybody.

Each consumer reads the journal by itself; nobody calls across apps.
"""

from __future__ import annotations

from core.journal.consumers import Consumer, register_consumers
from core.notifications import consumers as notifications
from core.notifications.registry import names
from sales.assignment import consumers as assignment
from scoring import consumers as scoring
from segments import consumers as segments
from workflows import consumers as workflows


def consumers() -> list[Consumer]:
    """All consumers; a name is kept for ever, since the cursor bears it."""
    return [
        Consumer("segments", segments.names(), segments.handle),
        Consumer("scoring", segments.names(), scoring.handle),
        Consumer("workflows", ("*",), workflows.handle),
        Consumer("notifications", names(), notifications.handle),
        Consumer("assignment", assignment.NAMES, assignment.handle),
    ]


def register() -> None:
    """Make all consumers known. Called once, when the apps are loaded."""
    register_consumers(*consumers())
