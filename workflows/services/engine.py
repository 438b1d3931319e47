"""The engine: what is due, step by step, many records at once.

Runs are claimed with SKIP LOCKED, those at the same step of the same version
together. Effects, log and position of a batch are one transaction: a killed worker
leaves the runs due, and another does the step for the first time.
"""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Mapping, Sequence
from typing import Any

from django.db import transaction
from django.utils import timezone

from core.base.errors import DomainError
from core.journal.services import acting
from core.query.language import Context, matching
from workflows import rules
from workflows.models import Run, WorkflowVersion
from workflows.registry import Outcome, StepContext, step_type
from workflows.services.definition import condition_query

log = logging.getLogger(__name__)
BATCH = 500
MAX_ATTEMPTS = 5
NO_MATCH = "The condition does not hold for this record."


def run_due_batch() -> int:
    """Do the next step of the runs that are due; gives how many runs were moved."""
    with transaction.atomic():
        first = (
            Run.objects.due()
            .order_by("due_at", "id")
            .select_for_update(skip_locked=True, of=("self",))
            .select_related("version__workflow")
            .first()
        )
        if first is None:
            return 0
        runs = _alike(first)
        try:
            with transaction.atomic():
                _advance(first.version, runs)
        except Exception as error:
            log.exception("Workflow %s failed at %s.", first.version, first.position)
            _failed(first.version, runs, error)
    return len(runs)


def _alike(first: Run) -> list[Run]:
    """Due runs at the same place, locked; depth is kept apart as the guard needs."""
    return list(
        Run.objects.due()
        .filter(
            version_id=first.version_id,
            position=first.position,
            depth=first.depth,
            # A batch that failed is tried one by one.
            attempts=first.attempts,
        )
        .order_by("subject_id", "id")
        .select_for_update(skip_locked=True, of=("self",))[
            : 1 if first.attempts else BATCH
        ]
    )


def _advance(version: WorkflowVersion, runs: Sequence[Run]) -> None:
    """Move runs at one position until each waits or has ended."""
    workflow = version.workflow
    cause = runs[0].cause_id if len(runs) == 1 else None
    with acting(None, via=via_of(workflow.pk), cause_id=cause, depth=runs[0].depth + 1):
        runs_advance(version, runs)
    Run.objects.bulk_update(
        runs,
        ["state", "position", "log", "attempts", "error", "due_at", "finished_at"],
        batch_size=BATCH,
    )


def via_of(workflow_id: int) -> str:
    """The door through which a workflow's effects come, as the journal shows it."""
    return f"workflow:{workflow_id}"


def runs_advance(
    version: WorkflowVersion, runs: Sequence[Run], *, user: Any = None
) -> None:
    """Do every step up to the next wait, in memory and in the running transaction.

    Runs are changed but not saved. All must be at the same position.
    """
    todo = list(runs)
    if todo and not todo[0].position:
        todo = _begin(version, todo)
    groups: dict[str, list[Run]] = {}
    for run in todo:
        groups.setdefault(run.position, []).append(run)
    while groups:
        position, group = groups.popitem()
        for run in _step(version, position, group, user):
            groups.setdefault(run.position, []).append(run)


def _begin(version: WorkflowVersion, runs: list[Run]) -> list[Run]:
    """Pass over the records for which the condition does not hold."""
    holding = _holding(version, version.condition, runs)
    start = rules.first_position(version.steps)
    begun = []
    for run in runs:
        if run.subject_id not in holding:
            _end(run, Run.State.SKIPPED, NO_MATCH)
        elif _move(run, start):
            begun.append(run)
    return begun


def _holding(
    version: WorkflowVersion, condition: dict[str, Any], runs: Sequence[Run]
) -> set[int]:
    query = condition_query(version.entity, condition)
    return matching(query, [run.subject_id for run in runs], Context())


def _step(
    version: WorkflowVersion, position: str, runs: list[Run], user: Any
) -> list[Run]:
    """One step for all these runs; gives those that go on at once."""
    step = rules.step_at(version.steps, position)
    assert step is not None, f"no step at {position}"
    if step["type"] == rules.WAIT:
        return _wait(version, position, step, runs)
    if step["type"] == rules.STOP:
        for run in runs:
            _end(run, Run.State.COMPLETED, "Stopped here.", position)
        return []
    if step["type"] == rules.BRANCH:
        return _branch(version, position, step, runs)
    return _do(version, position, step, runs, user)


def _wait(
    version: WorkflowVersion, position: str, step: rules.Step, runs: list[Run]
) -> list[Run]:
    until = timezone.now() + rules.wait_of(step)
    following = rules.next_position(version.steps, position)
    for run in runs:
        _note(run, position, "wait", f"Waits until {until:%Y-%m-%d %H:%M} UTC.")
        if _move(run, following):
            run.state, run.due_at = Run.State.WAITING, until
    return []


def _branch(
    version: WorkflowVersion, position: str, step: rules.Step, runs: list[Run]
) -> list[Run]:
    holding = _holding(version, step.get("params", {}).get("condition", {}), runs)
    going = []
    for run in runs:
        holds = run.subject_id in holding
        _note(run, position, "branch", "The condition holds." if holds else NO_MATCH)
        if _move(run, rules.arm_position(version.steps, position, holds=holds)):
            going.append(run)
    return going


def _do(
    version: WorkflowVersion,
    position: str,
    step: rules.Step,
    runs: list[Run],
    user: Any,
) -> list[Run]:
    kind = step_type(step["type"])
    if kind is None:
        raise LookupError(f"The step '{step['type']}' is not installed.")
    context = StepContext(
        workflow_id=version.workflow_id,
        workflow_name=version.workflow.name,
        entity=version.entity,
        user=user,
    )
    outcomes = kind.run_many(
        context, [run.subject_id for run in runs], step.get("params", {})
    )
    following = rules.next_position(version.steps, position)
    return [
        run
        for run in runs
        if _after(run, position, outcomes[run.subject_id], following)
    ]


def _after(run: Run, position: str, outcome: Outcome, following: str | None) -> bool:
    _note(run, position, outcome.result, outcome.detail, outcome.data)
    if outcome.result == "stop":
        _end(run, Run.State.COMPLETED)
        return False
    return _move(run, following)


def _note(
    run: Run,
    position: str,
    result: str,
    detail: str,
    data: Mapping[str, Any] | None = None,
) -> None:
    line = {
        "step": position,
        "result": result,
        "detail": detail,
        "at": timezone.now().isoformat(timespec="seconds"),
    }
    run.log = [*run.log, {**line, **({"data": dict(data)} if data else {})}]


def _move(run: Run, position: str | None) -> bool:
    """Go on at a position; a run without one is complete."""
    run.attempts, run.error = 0, ""
    if position is None:
        _end(run, Run.State.COMPLETED)
        return False
    run.position = position
    return True


def _end(run: Run, state: str, detail: str = "", position: str = "") -> None:
    if detail:
        _note(run, position, state, detail)
    run.state = state
    run.finished_at = timezone.now()


def _failed(version: WorkflowVersion, runs: Sequence[Run], error: Exception) -> None:
    """Keep the error; try again later, one by one, and give up after some attempts.

    The runs' objects were changed in memory by the attempt: only the rows count.
    """
    shown = error.detail if isinstance(error, DomainError) else str(error)
    for run in runs:
        attempts = Run.objects.get(pk=run.pk).attempts + 1
        pause = dt.timedelta(seconds=2**attempts)
        state = {"attempts": attempts, "error": shown, "due_at": timezone.now() + pause}
        if attempts >= MAX_ATTEMPTS:
            state |= {"state": Run.State.FAILED, "finished_at": timezone.now()}
        Run.objects.filter(pk=run.pk).update(**state)
