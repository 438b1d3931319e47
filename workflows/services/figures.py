"""What a workflow did, in numbers: as a whole, and at each step."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import Count, Max, Q
from django.utils import timezone

from workflows.models import Run, Workflow


@dataclass
class StepFigures:
    """How many records a step did, passed over, holds now, or failed for."""

    done: int = 0
    skipped: int = 0
    waiting: int = 0
    failed: int = 0
    ways: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Figures:
    """A workflow's runs so far."""

    started: int
    today: int
    left_out: int
    waiting: int
    failed: int
    last: datetime | None
    steps: dict[str, StepFigures]


# What every line of the log of the version that runs now says about its step.
_LINES = """
SELECT line ->> 'step', line ->> 'result',
       CASE WHEN line ->> 'result' = 'branch' THEN line ->> 'detail' END, count(*)
FROM workflows_run r
JOIN workflows_workflowversion v ON v.id = r.version_id,
     jsonb_array_elements(r.log) line
WHERE v.id = %s
GROUP BY 1, 2, 3
"""

# Where the unfinished and the failed stand: at the wait they are in, else at the step
# that is next for them.
_STANDING = """
SELECT CASE WHEN r.log -> -1 ->> 'result' = 'wait' THEN r.log -> -1 ->> 'step'
            WHEN r.position = '' THEN '0' ELSE r.position END,
       r.state, count(*)
FROM workflows_run r
WHERE r.version_id = %s AND r.state IN ('pending', 'waiting', 'failed')
GROUP BY 1, 2
"""


def workflow_figures(workflow: Workflow) -> Figures:
    """Numbers of all runs, and of each step in the version that runs now.

    Three queries: one over the runs, two over those of the latest version.
    """
    midnight = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    unstarted = Q(state=Run.State.SKIPPED)
    whole = Run.objects.filter(version__workflow=workflow).aggregate(
        started=Count("pk"),
        today=Count("pk", filter=Q(started_at__gte=midnight)),
        left_out=Count("pk", filter=unstarted),
        waiting=Count("pk", filter=Q(state__in=("pending", "waiting"))),
        failed=Count("pk", filter=Q(state=Run.State.FAILED)),
        last=Max("started_at"),
        version=Max("version_id"),
    )
    version = whole.pop("version")
    return Figures(**whole, steps=_steps(version) if version else {})


def _rows(sql: str, version_id: int) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, [version_id])
        return list(cursor.fetchall())


def _steps(version_id: int) -> dict[str, StepFigures]:
    found: dict[str, StepFigures] = {}
    for position, result, detail, number in _rows(_LINES, version_id):
        step = found.setdefault(position, StepFigures())
        # The line of a record that never began stands at no step.
        if result == "skipped" and position:
            step.skipped += number
        elif position:
            step.done += number
        if detail:
            step.ways[detail] = step.ways.get(detail, 0) + number
    for position, state, number in _rows(_STANDING, version_id):
        step = found.setdefault(position, StepFigures())
        if state == Run.State.FAILED:
            step.failed += number
        else:
            step.waiting += number
            # A record that waits is not through the wait yet.
            step.done = max(0, step.done - (number if state == "waiting" else 0))
    return found


def job_reasons(job_id: int) -> list[tuple[str, int]]:
    """Why a job passed records over, with how many each; the most frequent first."""
    lines = Run.objects.filter(job_id=job_id).exclude(log=[]).values_list("log")
    counts: Counter[str] = Counter()
    for (log,) in lines.filter(log__contains=[{"result": "skipped"}]).iterator():
        counts.update({x["detail"] for x in log if x["result"] == "skipped"})
    return counts.most_common()
