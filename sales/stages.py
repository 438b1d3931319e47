"""How long an opportunity stood in which stage: read from what happened to it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q
from django.utils import timezone

from core.access.models import User
from core.journal.models import Entry
from sales.models import Opportunity, PipelineStage


@dataclass(frozen=True)
class Stay:
    """A time in one stage; `until` is None where it still stands there."""

    stage: str
    name: str
    since: datetime
    until: datetime | None
    by: str

    @property
    def time(self) -> timedelta:
        return (self.until or timezone.now()) - self.since

    @property
    def days(self) -> int:
        return self.time.days

    def as_data(self) -> dict[str, Any]:
        return {
            "stage": self.stage,
            "name": self.name,
            "since": self.since,
            "until": self.until,
            "days": self.days,
            "by": self.by,
        }


def stage_history(row: Opportunity) -> list[Stay]:
    """Every stage it stood in, the first one first. Three queries.

    The stays follow each other without a gap, from its making until it was closed, or
    until now: together they are its age.
    """
    moves = _moves(row)
    ends: list[datetime | None] = [since for _, since, _ in moves[1:]]
    ends.append(row.closed_at)
    names = dict(
        PipelineStage.objects.order_by("-pipeline_id").values_list("key", "name")
    ) | dict(PipelineStage.objects.of(row.pipeline_id or 0).values_list("key", "name"))
    return [
        Stay(key, names.get(key, key), since, _not_before(until, since), by)
        for (key, since, by), until in zip(moves, ends, strict=True)
    ]


def _not_before(until: datetime | None, since: datetime) -> datetime | None:
    """A closing that was dated back ends what began later at once."""
    return max(until, since) if until else None


def _moves(row: Opportunity) -> list[tuple[str, datetime, str]]:
    """(stage, since, who) for its making and each move."""
    entries = Entry.objects.filter(
        Q(name="opportunity.created")
        | Q(name="opportunity.updated", data__changes__has_key="stage"),
        subject_type="opportunity",
        subject_id=row.pk,
    ).order_by("id")
    found = list(entries)
    people = User.objects.in_bulk({e.actor_id for e in found if e.actor_id})
    moves: list[tuple[str, datetime, str]] = []
    for entry in found:
        data = entry.data or {}
        key = (
            data.get("values", {}).get("stage")
            or data.get("changes", {}).get("stage", ["", ""])[1]
        )
        since = entry.occurred_at if moves else row.created_at
        by = people.get(entry.actor_id) if entry.actor_id else None
        moves.append((key, since, str(by or "")))
    return moves or [(row.stage, row.created_at, "")]
