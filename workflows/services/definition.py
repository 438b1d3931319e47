"""Making and editing workflows, activating and deactivating."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.models import Max
from django.db.models.functions import Now

from core.base.errors import Invalid, Refused, Stale
from core.journal.services import record
from core.query.language import Query, QueryError, validate
from core.query.registry import query_entity
from segments.models import Segment
from workflows import rules
from workflows.models import Run, Workflow, WorkflowVersion
from workflows.registry import step_type

SEGMENT_EVENTS = ("segment.entered", "segment.left")
FIELDS = (
    "name",
    "description",
    "entity",
    "on_created",
    "on_changed",
    "on_events",
    "on_segments",
    "on_demand",
    "condition",
    "steps",
    "owner",
    "team",
)


@transaction.atomic
def workflow_create(*, user: Any, **data: Any) -> Workflow:
    """An inactive workflow; steps and condition are checked when it is activated."""
    workflow = Workflow(owner=user, team=getattr(user, "team", None))
    return _save(workflow, data)


@transaction.atomic
def workflow_update(
    *, workflow_id: int, expected_version: int | None = None, **data: Any
) -> Workflow:
    """Change a workflow; of an active one, runs that began keep the old version.

    Locks the workflow. Raises Stale, or Invalid where an active workflow would break.
    """
    workflow = Workflow.objects.select_for_update().get(pk=workflow_id)
    _check_version(workflow, expected_version)
    if "entity" in data and data["entity"] != workflow.entity and workflow.is_active:
        raise Refused("active", "Deactivate the workflow before changing its record.")
    workflow = _save(workflow, data)
    if workflow.is_active:
        workflow_check(workflow)
    return workflow


def _check_version(workflow: Workflow, expected: int | None) -> None:
    if expected is not None and workflow.version != expected:
        raise Stale("stale", "Somebody else changed this workflow. Load it again.")


def _save(workflow: Workflow, data: dict[str, Any]) -> Workflow:
    unknown = set(data) - set(FIELDS)
    if unknown:
        raise Invalid("unknown_field", "There is no such field.", attr=min(unknown))
    for name, value in data.items():
        setattr(workflow, name, value)
    if query_entity(workflow.entity) is None:
        raise Invalid("unknown_entity", "There is no such record.", attr="entity")
    rules.check_shape(workflow.steps)
    workflow.full_clean()
    workflow.save()
    workflow.refresh_from_db()
    return workflow


def condition_query(entity: str, condition: dict[str, Any]) -> Query:
    """The condition as a query on the workflow's record; Invalid where it is broken."""
    tree = {"from": entity, "where": condition or {"and": []}}
    try:
        return validate(tree, starts_from=entity, ends_on=entity)
    except QueryError as error:
        path = str(error.path).removeprefix("where").lstrip(".")
        attr = "condition" + (f".{path}" if path else "")
        raise Invalid(error.code, error.detail, attr=attr) from error


def workflow_check(workflow: Workflow) -> None:
    """Raise Invalid, at its place, for whatever could never work."""
    condition_query(workflow.entity, workflow.condition)
    if not workflow.steps:
        raise Invalid("no_steps", "Add at least one step.", attr="steps")
    triggers = workflow.on_created or workflow.on_changed or workflow.on_events
    if not triggers and not workflow.on_demand:
        raise Invalid("no_trigger", "Say when the workflow starts.", attr="on_demand")
    _check_segments(workflow)
    for position, step in rules.all_steps(workflow.steps):
        step_check(workflow.entity, step, f"steps.{position}")


def _check_segments(workflow: Workflow) -> None:
    """The segments it starts from exist, and its record is one that enters them."""
    wanted = set(workflow.on_segments)
    known = Segment.objects.filter(pk__in=wanted).values_list("pk", flat=True)
    if wanted - set(known):
        raise Invalid("unknown_segment", "Choose segments.", attr="on_segments")
    if workflow.entity != "contact" and set(SEGMENT_EVENTS) & set(workflow.on_events):
        raise Invalid(
            "contacts_only",
            "Contacts enter and leave segments: make this a workflow on contacts.",
            attr="on_events",
        )


def step_check(entity: str, step: rules.Step, where: str) -> None:
    """Raise Invalid, at the setting, for a step that could never work."""
    params = step.get("params", {})
    if step["type"] in (rules.WAIT, rules.STOP):
        return
    if step["type"] == rules.BRANCH:
        condition_query(entity, params.get("condition", {}))
        return
    kind = step_type(step["type"])
    if kind is None or entity not in kind.entities:
        raise Invalid(
            "unknown_step",
            f"There is no step '{step['type']}' for this record.",
            attr=f"{where}.type",
        )
    known = {param.name: param for param in kind.params}
    unknown = set(params) - set(known)
    if unknown:
        attr = f"{where}.params.{min(unknown)}"
        raise Invalid("unknown_key", "This step has no such setting.", attr=attr)
    for name, param in known.items():
        if param.required and params.get(name) in (None, "", []):
            raise Invalid(
                "required",
                f"Fill in: {param.label.lower()}.",
                attr=f"{where}.params.{name}",
            )
    if kind.check is not None:
        _check_params(kind.check, entity, params, where)


def _check_params(check: Any, entity: str, params: Any, where: str) -> None:
    try:
        check(entity, params)
    except Invalid as error:
        attr = f"{where}.params" + (f".{error.attr}" if error.attr else "")
        raise Invalid(error.code, error.detail, attr=attr) from error


def current_version(workflow: Workflow, *, user: Any = None) -> WorkflowVersion:
    """The version that runs begun now belong to; made where the latest differs.

    Runs in the caller's transaction, under the workflow's row lock.
    """
    Workflow.objects.select_for_update(no_key=True).get(pk=workflow.pk)
    latest = workflow.versions.order_by("-number").first()
    content = (workflow.entity, workflow.condition, workflow.steps)
    if latest and (latest.entity, latest.condition, latest.steps) == content:
        return latest
    number = workflow.versions.aggregate(last=Max("number"))["last"] or 0
    return WorkflowVersion.objects.create(
        workflow=workflow,
        number=number + 1,
        entity=workflow.entity,
        condition=workflow.condition,
        steps=workflow.steps,
        created_by=user,
    )


@transaction.atomic
def workflow_activate(*, workflow_id: int, user: Any = None) -> Workflow:
    """Start running for what happens from now on; existing records on demand only.

    Locks the workflow; journals workflow.activated. Raises Invalid where it is broken.
    """
    workflow = Workflow.objects.select_for_update().get(pk=workflow_id)
    if workflow.is_active:
        raise Refused("already_active", "This workflow is active already.")
    workflow_check(workflow)
    workflow.state = Workflow.State.ACTIVE
    workflow.save(update_fields=["state"])
    current_version(workflow, user=user)
    entry = record("workflow.activated", subject=("workflow", workflow.pk))
    Workflow.objects.filter(pk=workflow.pk).update(
        activated_at=Now(), active_from=entry, problem=""
    )
    workflow.refresh_from_db()
    return workflow


@transaction.atomic
def workflow_deactivate(*, workflow_id: int) -> Workflow:
    """Start no more runs; those that wait are stopped and say so.

    Locks the workflow; journals workflow.deactivated.
    """
    workflow = Workflow.objects.select_for_update().get(pk=workflow_id)
    if not workflow.is_active:
        raise Refused("not_active", "This workflow is not active.")
    workflow.state = Workflow.State.INACTIVE
    workflow.save(update_fields=["state"])
    Run.objects.unfinished().filter(version__workflow=workflow, job_id=None).update(
        state=Run.State.STOPPED,
        error="The workflow was deactivated.",
        finished_at=Now(),
    )
    record("workflow.deactivated", subject=("workflow", workflow.pk))
    workflow.refresh_from_db()
    return workflow


@transaction.atomic
def workflow_delete(*, workflow_id: int, expected_version: int | None = None) -> None:
    """Delete an inactive workflow of one's own making, with its runs."""
    workflow = Workflow.objects.select_for_update().get(pk=workflow_id)
    _check_version(workflow, expected_version)
    if workflow.is_active:
        raise Refused("active", "Deactivate the workflow before deleting it.")
    if workflow.shipped:
        raise Refused("shipped", "A shipped workflow stays; leave it inactive.")
    workflow.delete()
