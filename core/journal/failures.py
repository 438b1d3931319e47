"""Failed events: what a consumer could not handle, and handling it again."""

from __future__ import annotations

import traceback

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now

from core.base.errors import Refused
from core.journal.consumers import consumer_called
from core.journal.models import FailedEvent
from core.journal.reading import entry_row
from core.journal.running import deliver


def failed_event_replay(*, event_id: int) -> bool:
    """Give a failed event to its consumer again; say whether that worked.

    Locks the event, so that two people who press the button replay it once. Raises
    Refused where it is resolved already or its consumer no longer exists.
    """
    with transaction.atomic():
        event = FailedEvent.objects.select_for_update().get(pk=event_id)
        if event.resolved_at is not None:
            raise Refused("already_resolved", "This event was handled already.")
        try:
            consumer = consumer_called(event.consumer)
        except KeyError:
            raise Refused(
                "consumer_gone", f"Nothing called {event.consumer} reacts any more."
            ) from None
        entry = entry_row(event.entry_id)
        row = FailedEvent.objects.filter(pk=event.pk)
        try:
            with transaction.atomic():
                if entry is not None:
                    deliver(consumer, [entry])
                row.update(resolved_at=Now(), attempts=F("attempts") + 1)
        except Exception:  # noqa: BLE001 - whatever it raises is shown to the operator
            row.update(error=traceback.format_exc(), attempts=F("attempts") + 1)
            return False
        return True


def failed_event_dismiss(*, event_id: int) -> None:
    """Take a failed event off the list without handling it."""
    FailedEvent.objects.filter(pk=event_id, resolved_at=None).update(resolved_at=Now())
