"""Load demonstration data into an empty database."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from config.demo.load import is_loaded, load, settle
from core.base.errors import Refused
from core.embedded.demo import sign_in_lines


class Command(BaseCommand):
    help = "Load demonstration data: one business, with users of every role."

    def handle(self, *args: Any, **options: Any) -> None:
        if is_loaded():
            self.stdout.write("The demonstration data is there already.")
            return
        try:
            load()
        except Refused as error:
            raise CommandError(f"Nothing was loaded. {error.detail}") from error
        settle()
        self.stdout.write("\n".join(sign_in_lines()))
