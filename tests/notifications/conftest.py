"""News for tests."""

from __future__ import annotations

import pytest

from core.journal.pump import pump_to_rest
from core.notifications.models import Notification


@pytest.fixture
def told(db):
    """`told(user)` brings everything to rest and gives the kinds that user was told."""

    def kinds(user):
        pump_to_rest()
        rows = Notification.objects.filter(user=user).order_by("pk")
        return [row.kind for row in rows]

    pump_to_rest()
    return kinds
