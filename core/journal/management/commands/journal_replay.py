"""Gives failed events to their consumers again."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from core.journal.failures import failed_event_replay
from core.journal.models import FailedEvent


class Command(BaseCommand):
    help = "Replay failed events: all open ones, or those of the given ids."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("ids", nargs="*", type=int)
        parser.add_argument("--consumer", help="only the events of this consumer")
        parser.add_argument("--list", action="store_true", help="only show them")

    def handle(self, *args: Any, **options: Any) -> None:
        events = FailedEvent.objects.filter(resolved_at=None).order_by("id")
        if options["ids"]:
            events = events.filter(pk__in=options["ids"])
        if options["consumer"]:
            events = events.filter(consumer=options["consumer"])
        for event in events:
            line = f"{event.pk}: {event.consumer}, entry {event.entry_id}"
            if options["list"]:
                reason = (event.error.strip().splitlines() or [""])[-1]
                self.stdout.write(f"{line}, {event.attempts} attempts: {reason}")
            else:
                done = failed_event_replay(event_id=event.pk)
                self.stdout.write(f"{line}: {'done' if done else 'failed again'}")
