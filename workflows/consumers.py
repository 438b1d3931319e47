"""What happens starts workflows: the journal says what, the triggers say which."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models.functions import Now

from core.journal.bell import ring
from core.journal.consumers import Batch, EntryRow
from workflows.models import Run, Workflow, WorkflowVersion
from workflows.services.definition import SEGMENT_EVENTS, current_version
from workflows.services.engine import via_of

RUN_DUE = "workflows.sweep"


def handle(batch: Batch) -> None:
    """Start a run for each entry that an active workflow waits for.

    A workflow is never started by its own effects: such an entry is passed over.
    Journals nothing; the runs' steps do.
    """
    runs: list[Run] = []
    for workflow in Workflow.objects.active().order_by("pk"):
        entries = [entry for entry in batch.entries if triggers(workflow, entry)]
        if entries:
            version = current_version(workflow)
            first = _once(workflow.entity, entries)
            runs += [_run(version, workflow, entry) for entry in first]
    if runs:
        Run.objects.bulk_create(runs, ignore_conflicts=True, batch_size=1_000)
        ring(RUN_DUE, queue="jobs")


def triggers(workflow: Workflow, entry: EntryRow) -> bool:
    """Whether this entry starts this workflow."""
    if subject_of(workflow.entity, entry) is None:
        return False
    if entry.id < workflow.active_from or entry.via == via_of(workflow.pk):
        return False
    if entry.name == f"{workflow.entity}.created":
        return workflow.on_created
    if entry.name == f"{workflow.entity}.updated":
        return not set(workflow.on_changed).isdisjoint(entry.changes)
    if entry.name in SEGMENT_EVENTS and workflow.on_segments:
        return (
            entry.name in workflow.on_events
            and entry.subject_id in workflow.on_segments
        )
    return entry.name in workflow.on_events


def subject_of(entity: str, entry: EntryRow) -> int | None:
    """The record of the workflow's entity that the entry is about."""
    if entry.subject_type == entity:
        return entry.subject_id
    numbers = {
        "contact": entry.contact_id,
        "lead": entry.lead_id,
        "account": entry.account_id,
    }
    return numbers.get(entity)


def _once(entity: str, entries: Iterable[EntryRow]) -> list[EntryRow]:
    """The first entry a record: changes of one batch start one run, not several."""
    first: dict[int | None, EntryRow] = {}
    for entry in entries:
        first.setdefault(subject_of(entity, entry), entry)
    return list(first.values())


def _run(version: WorkflowVersion, workflow: Workflow, entry: EntryRow) -> Run:
    subject = subject_of(workflow.entity, entry)
    assert subject is not None, "checked by triggers"
    return Run(
        version=version,
        subject_type=workflow.entity,
        subject_id=subject,
        cause_id=entry.id,
        depth=entry.depth,
        due_at=Now(),
    )
