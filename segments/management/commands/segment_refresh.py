"""Evaluate live segments whole, now."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from core.base.errors import DomainError
from core.journal.services import acting
from segments.models import Segment
from segments.references import in_order
from segments.services.membership import membership_refresh


class Command(BaseCommand):
    """Refresh the live segments with conditions, all or those named by id.

    A segment that stands on others comes after them.
    """

    help = "Evaluate live segments whole, now."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("ids", nargs="*", type=int, help="Segments; all if none")

    def handle(self, *args: Any, **options: Any) -> None:
        segments = Segment.objects.live().computed().order_by("pk")
        if options["ids"]:
            segments = segments.filter(pk__in=options["ids"])
        failed = False
        for segment in in_order(segments):
            try:
                with acting(None, via="command"):
                    change = membership_refresh(segment_id=segment.pk)
            except DomainError as error:
                failed = True
                self.stderr.write(f"{segment.pk} {segment}: {error}")
                continue
            self.stdout.write(
                f"{segment.pk} {segment}: {change.entered} in, {change.left} out, "
                f"{change.milliseconds} ms"
            )
        if failed:
            raise CommandError("Not every segment could be refreshed.")
