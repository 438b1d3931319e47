"""Make users and teams from a CSV file, so that an import finds owners by name."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils.text import slugify

from core.access.models import Role, Team, User
from core.journal.services import acting


class Command(BaseCommand):
    help = (
        "Make the people of a CSV file: people_from_csv FILE --name COLUMN "
        "[--team COLUMN ...] [--role KEY]. Several --team columns nest, the first on "
        "top. Who exists stays as they are. Nobody gets a password: set one to let "
        "them sign in."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--name", required=True, help="Column of the full name.")
        parser.add_argument("--team", action="append", default=[])
        parser.add_argument("--role", default="salesperson")

    def handle(self, *args: Any, **options: Any) -> None:
        role = Role.objects.get(key=options["role"])
        made = 0
        with options["file"].open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file))
        with acting(None, via="command"):
            for row in rows:
                names = [row[column].strip() for column in options["team"]]
                made += self.person(row[options["name"]].strip(), names, role)
        self.stdout.write(f"{len(rows)} people, {made} of them new.")

    def person(self, name: str, teams: list[str], role: Role) -> bool:
        """Make somebody, unless there is an account of this name already."""
        team: Team | None = None
        for each in teams:
            if each:
                team, _ = Team.objects.get_or_create(
                    name=each, defaults={"parent": team}
                )
        first, _, last = name.partition(" ")
        user, new = User.objects.get_or_create(
            username=slugify(name), defaults={"first_name": first, "last_name": last}
        )
        if new:
            user.team = team
            user.set_unusable_password()
            user.save()
            user.roles.add(role)
        return new
