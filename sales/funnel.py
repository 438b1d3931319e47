"""How far the leads of a period came in their processes."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import (
    Count,
    DurationField,
    Exists,
    ExpressionWrapper,
    F,
    OuterRef,
    Q,
)

from core.access.models import User
from crm.models import Process, StageStay
from sales.cohorts import Median, Scope, Where, days, leads_where


@dataclass(frozen=True)
class Reached:
    """A stage of a process: how many leads stood in it ever, and how many do now.

    `days` is the median of the times spent there by those who left it.
    """

    process: str
    process_name: str
    stage: str
    stage_name: str
    reached: int
    here: int
    days: Decimal | None
    where: Where


def stages_reached(*, user: User, scope: Scope | None = None) -> list[Reached]:
    """Each stage that a lead of the scope reached, by process and in its order.

    Two grouped queries and one for the names.
    """
    where = (scope or Scope()).where()
    leads = leads_where(user, where)
    here = {
        (row["process"], row["stage"]): row["number"]
        for row in leads.values("process", "stage").annotate(number=Count("pk"))
    }
    left = _left(leads)
    found = []
    for process, stages in _processes():
        for key, name in stages:
            place = (process.key, key)
            gone, median = left.get(place, (0, None))
            number = here.get(place, 0)
            if number or gone:
                reached = where | {"reached": f"{process.key}:{key}"}
                line = (process.key, process.name, key, name, number + gone, number)
                found.append(Reached(*line, days(median), reached))
    return found


def _left(leads: Any) -> dict[tuple[str, str], tuple[int, Any]]:
    """(process, stage) -> leads that are there no longer, median stay."""
    still = leads.filter(
        pk=OuterRef("record_id"), process=OuterRef("process"), stage=OuterRef("stage")
    )
    span = ExpressionWrapper(F("left_at") - F("entered_at"), DurationField())
    stays = StageStay.objects.filter(entity="lead", record_id__in=leads.values("pk"))
    rows = (
        stays.annotate(still=Exists(still))
        .values("process", "stage")
        .annotate(
            gone=Count("record_id", distinct=True, filter=Q(still=False)),
            median=Median(span),
        )
    )
    return {
        (row["process"], row["stage"]): (row["gone"], row["median"]) for row in rows
    }


def _processes() -> list[tuple[Process, list[tuple[str, str]]]]:
    rows = Process.objects.order_by("position", "name")
    return [(row, [(s["key"], s["name"]) for s in row.stages]) for row in rows]
