"""Who consumes what: the one file that knows everybody.

Each consumer reads the journal by itself; nobody calls across apps.
"""

from __future__ import annotations

from core.journal.consumers import Consumer, register_consumers

# Import the consumers of an app here and add them; the name is kept for ever.
CONSUMERS: list[Consumer] = []


def register() -> None:
    """Make all consumers known. Called once, when the apps are loaded."""
    register_consumers(CONSUMERS)
