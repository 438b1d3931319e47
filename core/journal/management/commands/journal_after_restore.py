"""Fits a restored journal to its new database cluster."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from core.journal.restoring import offset_raise


class Command(BaseCommand):
    help = "Run once after restoring a dump, before anything may write."

    def handle(self, *args: Any, **options: Any) -> None:
        offset = offset_raise()
        if offset.after == offset.before:
            self.stdout.write("Nothing to do: the journal fits this cluster.")
        else:
            self.stdout.write(f"Offset set to {offset.after} (was {offset.before}).")
