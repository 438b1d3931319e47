"""Moving a lead or an opportunity through its business process, by hand.

Every service locks the record's row, checks that the caller may change it (user None
is the system), and refuses (409) what its state does not allow: lead_closed,
opportunity_closed, process_over, stage_moved. Open `acting(user, via)` around them.
They journal ENTITY.stage_entered or ENTITY.process_ended, _resumed, _switched.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db import transaction
from django.utils import timezone

from core.access.models import User
from core.base.errors import Invalid, Refused
from core.journal.services import record as journal
from crm.models import ProcessState
from crm.processes.reading import steps_missing
from crm.processes.rules import Stage
from crm.services import lead_stage
from sales.processes.places import (
    Locked,
    Place,
    check_stage,
    enter,
    locked,
    under_way,
    write,
)


@transaction.atomic
def process_next(**call: Any) -> Any:
    """On to the next stage; the record comes back.

    Refused while a required step of the stage is not done (steps_missing, with their
    names), at the last stage (last_stage), and where the next stage is one of the
    opportunity (qualify_to_continue).
    """
    at = locked(**call)
    under_way(at)
    stage = at.stage()
    _check_steps(at, stage)
    enter(at, _behind(at, stage), "next")
    return at.record


def _behind(at: Locked, stage: Stage) -> Place:
    """The place behind the present stage."""
    if at.entity == "lead" and stage.key not in at.process.by_key:
        # The stage that handed over: the first of the process it handed over to.
        place = lead_stage.accepted(at.place, at.definitions)
        check_stage(at, at.process, place[1])
        return place
    following = at.process.after(stage.key)
    if following is None:
        raise Refused("last_stage", "This is the last stage. Finish the process.")
    check_stage(at, at.process, following.key)
    return at.process.key, following.key


def _check_steps(at: Locked, stage: Stage) -> None:
    missing = steps_missing(at.record, stage)
    if missing:
        names = ", ".join(step.label for step in missing)
        raise Refused(
            "steps_missing",
            f"To be done first: {names}.",
            attr=missing[0].field or missing[0].key,
            extra={"missing": [step.key for step in missing]},
        )


@transaction.atomic
def process_back(**call: Any) -> Any:
    """Back to the stage before; Refused at the first one."""
    at = locked(**call)
    under_way(at)
    before = at.process.before(at.place[1])
    if before is None:
        raise Refused("first_stage", "This is the first stage.")
    check_stage(at, at.process, before.key)
    enter(at, (at.process.key, before.key), "back")
    return at.record


@transaction.atomic
def process_enter(*, stage: str, **call: Any) -> Any:
    """Set the active stage: any stage of the process that this record can stand in.

    Required steps are not asked for: this is how a person overrules the order.
    """
    at = locked(**call)
    under_way(at)
    check_stage(at, at.process, stage)
    enter(at, (at.process.key, stage), "set")
    return at.record


@transaction.atomic
def process_switch(*, process: str, **call: Any) -> Any:
    """Show another process, at the place where the record last stood in it.

    A process that the record never was in begins at its first stage. Where the record
    stands in a stage that both share (the hand-over), it stays there. Refused for a
    process without a stage for this record.
    """
    at = locked(**call)
    target = at.definitions.get(process)
    if target is None or not target.active:
        raise Invalid("does_not_exist", "There is no such process.", attr="process")
    own = target.on(at.entity)
    if not own:
        raise Refused(
            "no_stage_here", f"{target.name} has no stage for this {at.entity}."
        )
    if process == at.place[0]:
        return at.record
    before = at.place
    place = (process, _kept_place(at, process, [stage.key for stage in own]))
    if at.entity == "lead":
        write(at, lead_stage.entered(at.record, place))
    else:
        enter(at, place, "switch")
    _tell(at, "process_switched", {"from_process": before[0], "from_stage": before[1]})
    return at.record


def _kept_place(at: Locked, process: str, own: list[str]) -> str:
    if at.place[1] in own:
        return at.place[1]
    stood = [s.stage for s in at.standing().stays if s.process == process]
    return next((key for key in reversed(stood) if key in own), own[0])


@transaction.atomic
def process_finish(**call: Any) -> Any:
    """End the process at its last stage, with its required steps done.

    The record itself stays open. Refused before the last stage (not_last_stage).
    """
    at = locked(**call)
    under_way(at)
    stage = at.stage()
    if at.process.after(stage.key) is not None or stage.key not in at.process.by_key:
        raise Refused("not_last_stage", "A process is finished at its last stage.")
    _check_steps(at, stage)
    _end(at, ProcessState.FINISHED, "")
    return at.record


@transaction.atomic
def process_abandon(*, reason: str = "", **call: Any) -> Any:
    """Give the process up at any stage; the record itself stays open."""
    at = locked(**call)
    under_way(at)
    _end(at, ProcessState.ABANDONED, reason)
    return at.record


def _end(at: Locked, state: ProcessState, reason: str) -> None:
    write(at, {"process_state": state.value, "process_ended_at": timezone.now()})
    _tell(at, "process_ended", {"state": state.value, "reason": reason})


@transaction.atomic
def process_resume(**call: Any) -> Any:
    """Take up a finished or abandoned process again, in the stage where it ended."""
    at = locked(**call)
    if at.record.process_state == ProcessState.ACTIVE:
        raise Refused("process_active", "This process is under way.")
    write(at, {"process_state": ProcessState.ACTIVE.value, "process_ended_at": None})
    _tell(at, "process_resumed", {})
    return at.record


def _tell(at: Locked, name: str, data: dict[str, Any]) -> None:
    process, stage = at.place
    said = {"process": process, "process_name": at.process.name, "stage": stage}
    lead = at.record.pk if at.entity == "lead" else at.record.originating_lead_id
    journal(
        f"{at.entity}.{name}",
        subject=(at.entity, at.record.pk),
        lead_id=lead,
        data=said | data,
    )


MOVES: dict[str, Callable[..., Any]] = {
    "next": process_next,
    "back": process_back,
    "enter": process_enter,
    "switch": process_switch,
    "finish": process_finish,
    "abandon": process_abandon,
    "resume": process_resume,
}


def process_move(
    *,
    entity: str,
    record_id: int,
    user: User | None,
    move: str,
    expected_version: int | None = None,
    from_stage: str | None = None,
    **options: Any,
) -> Any:
    """One move by its name, for the doors that offer them all."""
    return MOVES[move](
        entity=entity,
        record_id=record_id,
        user=user,
        expected_version=expected_version,
        from_stage=from_stage,
        **options,
    )
