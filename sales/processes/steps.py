"""The data steps of a stage: writing what they ask for, and what follows from it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import transaction

from core.access.models import User
from core.access.rights import may
from core.base.errors import Denied, Invalid, Refused
from crm.entities import LEAD_FLAGS
from crm.processes.reading import stage_named
from crm.processes.rules import Stage, Step
from crm.services import lead_lifecycle, lead_stage
from crm.services.records import record_update
from sales.processes.places import Locked, check_stage, enter, locked, under_way, write


@transaction.atomic
def process_steps(
    *,
    entity: str,
    record_id: int,
    user: User | None,
    values: Mapping[str, Any],
    stage: str | None = None,
    expected_version: int | None = None,
    from_stage: str | None = None,
) -> Any:
    """Write data steps of a stage (the active one unless named); the record comes back.

    `values` are the steps' keys with their values: those of the field behind a step,
    true or false for a tick. Ticking a step that moves on, in the active stage, moves
    the record; "Sales ready" hands it over. Raises what the moves raise, Invalid at
    the step's key for an unknown step or a wrong value.
    """
    at = locked(
        entity=entity,
        record_id=record_id,
        user=user,
        expected_version=expected_version,
        from_stage=from_stage,
    )
    under_way(at)
    key = stage or at.place[1]
    shown = stage_named(key, at.process, at.definitions, entity)
    steps = _known(shown, values)
    _write_fields(at, [(step, values[step.key]) for step in steps])
    ticks = {
        f"{shown.key}.{step.key}": _boolean(step, values[step.key])
        for step in steps
        if not step.field
    }
    if ticks:
        write(at, {"process_ticks": {**at.record.process_ticks, **ticks}})
    for step in steps:
        if step.field in LEAD_FLAGS:
            _flag(at, step, _boolean(step, values[step.key]))
    if key == at.place[1]:
        _move_on(at, shown, [s for s in steps if s.moves_to and values[s.key] is True])
    return at.record


def _known(stage: Stage, values: Mapping[str, Any]) -> list[Step]:
    by_key = {step.key: step for step in stage.steps}
    unknown = [key for key in values if key not in by_key]
    if unknown:
        raise Invalid.many(
            [
                (str(key)[:80], "unknown_field", f"{stage.name} has no such step.")
                for key in unknown
            ]
        )
    return [step for step in stage.steps if step.key in values]


def _write_fields(at: Locked, given: list[tuple[Step, Any]]) -> None:
    """The steps that show a field of the record, in one update."""
    fields: dict[str, Any] = {}
    for step, value in given:
        if step.field.startswith("custom."):
            custom = fields.setdefault("custom", {})
            custom[step.field.removeprefix("custom.")] = value
        elif step.field and step.field not in LEAD_FLAGS:
            fields[step.field] = value
    if not fields:
        return
    changes_hands = bool({"owner", "team"} & set(fields)) and at.user is not None
    if changes_hands and not may(at.user, "assign", at.record, at.entity):
        raise Denied
    at.record = record_update(record=at.record, values=fields, user=at.user)


def _boolean(step: Step, value: Any) -> bool:
    if not isinstance(value, bool):
        raise Invalid("invalid", "Enter true or false.", attr=step.key)
    return value


def _flag(at: Locked, step: Step, value: bool) -> None:
    """A flag of the lead, with what follows from it."""
    if getattr(at.record, step.field) == value:
        return
    if step.field != "sales_ready":
        write(at, {step.field: value})
    elif value:
        at.record = lead_lifecycle.lead_mark_sales_ready(
            lead_id=at.record.pk, user=at.user
        )
    else:
        raise Refused(
            "sales_ready_stays",
            "A lead stays sales ready. Return it to marketing instead.",
            attr=step.key,
        )


def _move_on(at: Locked, stage: Stage, ticked: list[Step]) -> None:
    for step in ticked[:1]:
        if step.moves_to == "next":
            place = lead_stage.accepted(at.place, at.definitions)
        else:
            check_stage(at, at.process, step.moves_to)
            place = (at.process.key, step.moves_to)
        enter(at, place, "step")
