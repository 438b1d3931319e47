"""Running a workflow for existing records: dry run, job, report."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils import timezone

from core.base.errors import Refused
from core.jobs.models import Job
from core.jobs.registry import JobRun
from core.jobs.services import job_start
from core.journal.services import acting, record
from core.query.language import Context, filter_queryset
from core.query.registry import query_entity
from workflows import rules
from workflows.models import Run, Workflow, WorkflowVersion
from workflows.registry import StepPreview, step_type
from workflows.services.definition import (
    condition_query,
    current_version,
    workflow_check,
)
from workflows.services.engine import runs_advance, via_of

CHUNK = 2_000
EXAMPLES = 20
JOB_KIND = "workflow_run"


@dataclass(frozen=True)
class DryRun:
    """What running on demand would do now: nothing is written."""

    count: int
    examples: list[int]
    sentences: list[str]
    preview: StepPreview | None


def workflow_dry_run(*, workflow: Workflow) -> DryRun:
    """Count and list the records it would run for, and what its first step would do.

    Raises Invalid where the workflow is broken.
    """
    workflow_check(workflow)
    ids = applicable_ids(workflow.entity, workflow.condition)
    first = workflow.steps[0]
    kind = step_type(first["type"])
    preview = None
    if kind is not None and kind.preview is not None:
        preview = kind.preview(ids)
    return DryRun(
        count=ids.count(),
        examples=list(ids.order_by("pk")[:EXAMPLES]),
        sentences=step_sentences(workflow.steps),
        preview=preview,
    )


def applicable_ids(entity: str, condition: dict[str, Any]) -> Any:
    """The records for which the condition holds, as a queryset of ids."""
    found = query_entity(entity)
    assert found is not None, "checked when the workflow was saved"
    query = condition_query(entity, condition)
    rows = filter_queryset(found.queryset(), query, Context())
    return rows.values_list("pk", flat=True)


def step_sentences(steps: rules.Steps) -> list[str]:
    """What each step will do, in plain words, in order."""
    return [step_sentence(step) for _, step in rules.all_steps(steps)]


def step_sentence(step: rules.Step) -> str:
    """What one step will do, in plain words."""
    if step["type"] == rules.WAIT:
        unit, number = next(iter(step["params"]["for"].items()))
        return f"Wait {number} {unit if number != 1 else unit.rstrip('s')}"
    if step["type"] == rules.STOP:
        return "Stop"
    if step["type"] == rules.BRANCH:
        return "Go one of two ways"
    kind = step_type(step["type"])
    return kind.sentence(step.get("params", {})) if kind else step["type"]


@transaction.atomic
def workflow_run_start(*, workflow_id: int, user: Any) -> Job:
    """A job that runs the workflow once for every existing record it applies to.

    Works for inactive workflows too. Raises Refused where it may not run on demand or
    a job of it is running already. Locks the workflow; journals workflow.run.
    """
    workflow = Workflow.objects.select_for_update().get(pk=workflow_id)
    if not workflow.on_demand:
        raise Refused("not_on_demand", "This workflow does not run on demand.")
    workflow_check(workflow)
    running = Job.objects.unfinished().filter(
        kind=JOB_KIND, params__workflow=workflow.pk
    )
    if running.exists():
        raise Refused("already_running", "This workflow is running already.")
    version = current_version(workflow, user=user)
    record("workflow.run", subject=("workflow", workflow.pk))
    return job_start(
        JOB_KIND,
        user=user,
        label=workflow.name,
        params={"workflow": workflow.pk, "version": version.pk},
    )


def run_chunk(run: JobRun) -> bool:
    """The next records, in the order of their ids; True when none is left.

    Runs are written and stepped set-based in the job's transaction: a killed worker
    repeats nothing that was committed, and nothing is done twice.
    """
    version = WorkflowVersion.objects.select_related("workflow").get(
        pk=run.params["version"]
    )
    ids = applicable_ids(version.entity, version.condition)
    if run.total is None:
        run.total = ids.count()
    chunk = list(ids.filter(pk__gt=run.cursor.get("after", 0)).order_by("pk")[:CHUNK])
    if not chunk:
        return True
    runs = [
        Run(
            version=version,
            subject_type=version.entity,
            subject_id=pk,
            job_id=run.id,
            started_at=timezone.now(),
            due_at=timezone.now(),
        )
        for pk in chunk
    ]
    with acting(run.user, via=via_of(version.workflow_id)):
        runs_advance(version, runs, user=run.user)
    Run.objects.bulk_create(runs, batch_size=1_000)
    _report(run, runs)
    run.cursor["after"] = chunk[-1]
    return False


def _report(run: JobRun, runs: list[Run]) -> None:
    """Count what was done and list what was not, with the reason."""
    figures: Counter[str] = Counter()
    for one in runs:
        skipped = [line for line in one.log if line["result"] == "skipped"]
        figures["skipped" if skipped else "done"] += 1
        for line in one.log:
            for name, number in line.get("data", {}).get("figures", {}).items():
                figures[name] += number
        for line in skipped:
            run.add_problem(
                {
                    "detail": line["detail"],
                    "entity": one.subject_type,
                    "id": one.subject_id,
                }
            )
    for name, number in figures.items():
        run.count(name, number)
    run.advance(len(runs))
