"""What became newer while a page was open: new rows, changed rows, a changed record.

Pages ask every ten seconds. The reads are indexed, go through `visible_to` and count
nothing; what is typed or selected stays untouched.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth import get_user_model
from django.core.exceptions import FieldDoesNotExist
from django.db.models import Model, QuerySet
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from core.base.text import whole_number
from core.journal.models import Entry

# A row of a transaction that was open while the page was read is told later.
MARGIN = timedelta(seconds=3)
MOST = 100
AUTHORS = 20


def has_field(model: type[Model], name: str) -> bool:
    try:
        model._meta.get_field(name)
    except FieldDoesNotExist:
        return False
    return True


@dataclass(frozen=True)
class Seen:
    """What a list showed: since when, which rows, in which versions."""

    since: str
    rows: str

    @classmethod
    def of(cls, rows: list[Any]) -> Seen:
        """What these rows are now, for the address that asks for news."""
        since = (timezone.now() - MARGIN).isoformat()
        held = ".".join(f"{row.pk}-{getattr(row, 'version', 0)}" for row in rows)
        return cls(since, held)

    def versions(self) -> dict[int, int]:
        """The rows with their versions; what cannot be read is left out."""
        found = {}
        for part in self.rows.split(".")[:MOST]:
            pk, version = map(whole_number, part.partition("-")[::2])
            if pk is not None and version is not None:
                found[pk] = version
        return found

    def moment(self) -> datetime | None:
        try:
            found = parse_datetime(self.since)
        except ValueError:
            return None
        return found if found is None or found.tzinfo else None


def newer_rows(rows: QuerySet, seen: Seen) -> int:
    """How many rows of a view are newer than what was seen, at most MOST."""
    since = seen.moment()
    if since is None or not has_field(rows.model, "created_at"):
        return 0
    known = list(seen.versions())
    newer = rows.filter(created_at__gt=since).exclude(pk__in=known)
    return len(newer.order_by("-created_at", "-pk").values_list("pk", flat=True)[:MOST])


def changed_rows(rows: QuerySet, seen: Seen) -> int:
    """How many of the rows that were shown are other now, or gone."""
    known = seen.versions()
    if not known or not has_field(rows.model, "version"):
        return 0
    now = dict(rows.filter(pk__in=list(known)).values_list("pk", "version"))
    return sum(1 for pk, version in known.items() if now.get(pk) != version)


def authors(entity: str, pk: int, versions: int, user: Any) -> list[str]:
    """Who changed a record in its last so many versions, but for this user."""
    entries = Entry.objects.of_record(entity, pk).filter(name=f"{entity}.updated")
    ids = set(entries.values_list("actor_id", flat=True)[: min(versions, AUTHORS)])
    people = get_user_model()._default_manager.in_bulk(ids - {user.pk, None})
    others = sorted(str(person) for person in people.values())
    return [*others, *(["Handoff"] if None in ids else [])]
