"""Which record stands where: locking it, and writing its place in the process."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils import timezone

from core.access.models import User
from core.base.errors import Invalid, Refused
from core.journal.services import record as journal
from crm.models import Lead, ProcessState
from crm.processes.reading import Standing, definition_for, standing
from crm.processes.registry import process_entity
from crm.processes.rules import Definition, Stage
from crm.services import lead_lifecycle, lead_stage
from crm.services.processes import process_definitions
from sales.kinds import must_be_open
from sales.models import PipelineStage
from sales.services.opportunities import opportunity_lock, opportunity_write

Place = tuple[str, str]


@dataclass
class Locked:
    """A locked record with the processes it may stand in."""

    entity: str
    record: Any
    user: User | None
    definitions: Mapping[str, Definition]

    @property
    def place(self) -> Place:
        """The process and the stage in which it stands."""
        at = process_entity(self.entity)
        return getattr(self.record, at.process), getattr(self.record, at.stage)

    @property
    def process(self) -> Definition:
        return definition_for(self.place[0], self.definitions)

    def standing(self) -> Standing:
        """Where it stands, with its past."""
        return standing(self.entity, self.record, self.definitions)

    def stage(self) -> Stage:
        """The stage it stands in."""
        return self.standing().stage


def locked(
    *,
    entity: str,
    record_id: int,
    user: User | None,
    expected_version: int | None = None,
    from_stage: str | None = None,
) -> Locked:
    """Lock an open record whose process is under way.

    `from_stage` is the stage that the caller saw: Refused (stage_moved) where the
    record has left it meanwhile, so that two people who press Next move it once.
    Raises DoesNotExist, Denied, Stale, and Refused for a closed record.
    """
    if entity == "lead":
        row: Any = lead_lifecycle.lead_lock(
            lead_id=record_id, user=user, expected_version=expected_version
        )
        lead_lifecycle.must_be_open(row)
    else:
        row = opportunity_lock(record_id, user, "update", expected_version)
        must_be_open(row)
    found = Locked(entity, row, user, process_definitions())
    if from_stage and from_stage != found.place[1]:
        raise Refused(
            "stage_moved",
            f"Somebody moved it on. It stands in {found.stage().name} now.",
            extra={"process": found.place[0], "stage": found.place[1]},
        )
    return found


def under_way(at: Locked) -> None:
    """Refused where the process of the record is over."""
    if at.record.process_state != ProcessState.ACTIVE:
        said = at.record.get_process_state_display().lower()
        raise Refused("process_over", f"This process is {said}. Resume it first.")


def write(at: Locked, values: dict[str, Any]) -> None:
    """Write columns of the locked record."""
    if at.entity == "lead":
        lead_lifecycle.lead_change(at.record, values)
    else:
        opportunity_write(at.record, values)


def enter(at: Locked, place: Place, how: str) -> None:
    """Bring the record to a stage of a process; journals what happened.

    A stage that hands over makes the lead sales ready, which needs the right to.
    """
    before = at.place
    stage = definition_for(place[0], at.definitions).by_key.get(place[1])
    if at.entity == "lead":
        _lead_enters(at, place, stage)
    else:
        write(at, _entered(at, place) | _pipeline_follows(at, place))
    if at.place != before:
        _tell(at, before, how)


def _lead_enters(at: Locked, place: Place, stage: Stage | None) -> None:
    lead: Lead = at.record
    if stage is not None and stage.hands_over_to:
        if not lead.sales_ready:
            ready = lead_lifecycle.lead_mark_sales_ready(lead_id=lead.pk, user=at.user)
            at.record = ready
        place = (stage.hands_over_to, stage.key)
    values = lead_stage.entered(at.record, place)
    handed = lead.stage not in at.process.by_key
    if handed and stage is not None and stage.key in at.process.by_key:
        # Whoever goes on from the hand-over has accepted the lead.
        values["sales_accepted"] = True
    lead_lifecycle.lead_change(at.record, values)


def _entered(at: Locked, place: Place) -> dict[str, Any]:
    alive = {"process_state": ProcessState.ACTIVE, "process_ended_at": None}
    if at.place == place:
        return alive
    process, stage = place
    moved = {"process": process, "process_stage": stage}
    return moved | {"process_since": timezone.now()} | alive


def _pipeline_follows(at: Locked, place: Place) -> dict[str, Any]:
    """The pipeline has a stage of the same key: the card moves along."""
    row = at.record
    stages = PipelineStage.objects.filter(pipeline=row.pipeline_id, key=place[1])
    found = stages.first()
    if found is None or row.stage == found.key:
        return {}
    now = timezone.now()
    return {
        "stage": found.key,
        "stage_since": now,
        "probability": found.probability,
    }


def _tell(at: Locked, before: Place, how: str) -> None:
    row: Any = at.record
    links = (
        {
            "lead_id": row.pk,
            "contact_id": row.parent_contact_id,
            "account_id": row.parent_account_id,
        }
        if at.entity == "lead"
        else {
            "lead_id": row.originating_lead_id,
            "contact_id": row.contact_id,
            "account_id": row.account_id,
        }
    )
    process, stage = at.place
    journal(
        f"{at.entity}.stage_entered",
        subject=(at.entity, row.pk),
        data={
            "process": process,
            "stage": stage,
            "stage_name": at.stage().name,
            "from_process": before[0],
            "from_stage": before[1],
            "how": how,
        },
        **links,
    )


def check_stage(at: Locked, process: Definition, key: str) -> Stage:
    """The stage of this key, where this record may stand in it.

    Raises Invalid for an unknown one and Refused for one of the other entity.
    """
    stage = process.by_key.get(key)
    if stage is None:
        known = ", ".join(process.by_key)
        raise Invalid(
            "invalid_choice", f"Choose one of the stages: {known}.", attr="stage"
        )
    if stage.entity != at.entity:
        raise _elsewhere(stage)
    return stage


def _elsewhere(stage: Stage) -> Refused:
    if stage.entity == "opportunity":
        return Refused(
            "qualify_to_continue",
            f"{stage.name} is a stage of the opportunity. Qualify the lead to go on.",
        )
    return Refused(
        "stage_of_lead", f"{stage.name} is a stage of the lead, which is behind it."
    )
