"""Import a CSV file from the command line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from django.core.files.base import File
from django.core.management.base import BaseCommand, CommandError, CommandParser

from core.access.models import User
from core.base.errors import DomainError
from crm.imports.registry import import_entities
from crm.imports.running import import_run
from crm.imports.services import import_create
from crm.models import Import

SHOWN = 10


class Command(BaseCommand):
    help = "Import a CSV file: import_file lead FILE --mapping MAP.json [--dry-run]."

    def add_arguments(self, parser: CommandParser) -> None:
        keys = [entity.key for entity in import_entities()]
        parser.add_argument("entity", choices=keys)
        parser.add_argument("file", type=Path)
        parser.add_argument("--mapping", type=Path, required=True)
        parser.add_argument("--dry-run", action="store_true")
        parser.add_argument("--user", help="Import as this user, with their rights.")

    def handle(self, *args: Any, **options: Any) -> None:
        mapping = _read_json(options["mapping"])
        user = _user(options["user"])
        try:
            with options["file"].open("rb") as stream:
                batch = import_create(
                    user=user,
                    entity=options["entity"],
                    file=File(stream),
                    file_name=options["file"].name,
                    mapping=mapping,
                    dry_run=options["dry_run"],
                )
            self._report(import_run(import_id=batch.pk))
        except DomainError as error:
            where = f"{error.attr}: " if error.attr else ""
            raise CommandError(f"{where}{error.detail}") from error
        except OSError as error:
            raise CommandError(str(error)) from error

    def _report(self, batch: Import) -> None:
        for note in batch.notes:
            self.stdout.write(note)
        kind = "Dry run" if batch.dry_run else "Import"
        self.stdout.write(f"{kind} {batch.pk} {batch.get_state_display().lower()}.")
        for name in [
            "total",
            "created",
            "updated",
            "unchanged",
            "rejected",
            "contacts_created",
            "accounts_created",
        ]:
            label = name.replace("_", " ")
            self.stdout.write(f"  {label:17} {getattr(batch, name):>10,}")
        for row in batch.rows.filter(result="rejected")[:SHOWN]:
            reasons = "; ".join(
                f"{e['attr']}: {e['detail']}" if e["attr"] else e["detail"]
                for e in row.errors
            )
            self.stdout.write(f"  row {row.row_no}: {reasons}")
        if batch.problem:
            raise CommandError(batch.problem)


def _read_json(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError) as error:
        raise CommandError(f"{path}: {error}") from error


def _user(name: str | None) -> User | None:
    if not name:
        return None
    user = User.objects.filter(username=name, is_active=True).first()
    if user is None:
        raise CommandError(f"There is no active user {name!r}.")
    return user
