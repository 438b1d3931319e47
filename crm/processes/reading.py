"""Where a record stands in its process, and how long it stood where."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from crm.models import StageStay
from crm.processes.registry import process_entity
from crm.processes.rules import Definition, Stage, Step

NOTHING = timedelta()


@dataclass(frozen=True)
class ShownStage:
    """One stage of the bar: done, now or ahead, and the time spent in it."""

    stage: Stage
    side: str
    spent: timedelta
    visits: int


@dataclass
class Standing:
    """Where one record stands, and where it was."""

    entity: str
    record: Any
    process: Definition
    stage: Stage
    since: datetime
    until: datetime
    stays: Sequence[StageStay]
    shown: list[ShownStage] = field(default_factory=list)

    @property
    def state(self) -> str:
        """Active, crossed, finished or abandoned."""
        return str(self.record.process_state)

    @property
    def here(self) -> timedelta:
        """How long it has been in the present stage since it last entered it."""
        return max(self.until - self.since, NOTHING)

    @property
    def age(self) -> timedelta:
        """How long the record has been in processes at all."""
        start = self.stays[0].entered_at if self.stays else self.since
        return max(self.until - start, NOTHING)

    def spent(self, process: str, stage: str) -> timedelta:
        """The time in a stage, all visits together."""
        past = sum(
            (
                stay.left_at - stay.entered_at
                for stay in self.stays
                if (stay.process, stay.stage) == (process, stage)
            ),
            NOTHING,
        )
        now = (self.process.key, self.stage.key) == (process, stage)
        return past + self.here if now else past


def standing(
    entity: str, record: Any, definitions: Mapping[str, Definition]
) -> Standing:
    """Where a record stands. One query for its past."""
    at = process_entity(entity)
    rows = StageStay.objects.filter(entity=entity, record_id=record.pk)
    process = definition_for(getattr(record, at.process), definitions)
    key = getattr(record, at.stage)
    found = Standing(
        entity,
        record,
        process,
        stage_named(key, process, definitions, entity),
        getattr(record, at.since) or record.created_at,
        _end(record),
        list(rows.order_by("pk")),
    )
    found.shown = list(_shown(found, definitions))
    return found


def definition_for(key: str, definitions: Mapping[str, Definition]) -> Definition:
    """The process of this key; one that was deleted is shown by its key alone."""
    return definitions.get(key) or Definition(key, key.capitalize(), ())


def stage_named(
    key: str,
    process: Definition,
    definitions: Mapping[str, Definition],
    entity: str,
) -> Stage:
    """The stage of this key: of the process, of one that hands over to it, or gone."""
    if key in process.by_key:
        return process.by_key[key]
    for other in definitions.values():
        stage = other.by_key.get(key)
        if stage is not None and stage.hands_over_to == process.key:
            return stage
    return Stage(key, key.replace("_", " ").capitalize(), entity)


def _end(record: Any) -> datetime:
    """Until when the clock of the present stage runs."""
    ends: list[datetime | None] = [record.process_ended_at, record.closed_at]
    return min([timezone.now(), *(each for each in ends if each is not None)])


def _shown(at: Standing, definitions: Mapping[str, Definition]) -> Any:
    """The stages of the bar; the one that handed over stands before them."""
    stages = list(at.process.stages)
    entry = next((s for s in _entries(at, definitions)), None)
    if entry is not None:
        stages.insert(0, entry)
    keys = [stage.key for stage in stages]
    here = keys.index(at.stage.key) if at.stage.key in keys else -1
    visits: dict[tuple[str, str], int] = defaultdict(int)
    for stay in at.stays:
        visits[stay.process, stay.stage] += 1
    for n, stage in enumerate(stages):
        side = "now" if n == here else "done" if n < here else "ahead"
        spent = at.spent(at.process.key, stage.key)
        yield ShownStage(stage, side, spent, visits[at.process.key, stage.key])


def _entries(at: Standing, definitions: Mapping[str, Definition]) -> Any:
    """The stage through which this record came from another process."""
    if at.stage.key not in at.process.by_key:
        yield at.stage
    stood = {s.stage for s in at.stays if s.process == at.process.key}
    for other in definitions.values():
        stage = other.hand_over
        if stage and stage.hands_over_to == at.process.key and stage.key in stood:
            yield stage


def step_value(record: Any, stage: Stage, step: Step) -> Any:
    """What a record says to a data step: its field, or the tick of its own."""
    if not step.field:
        return bool(record.process_ticks.get(f"{stage.key}.{step.key}"))
    if step.field.startswith("custom."):
        return record.custom.get(step.field.removeprefix("custom."))
    return getattr(record, step.field)


def steps_missing(record: Any, stage: Stage) -> list[Step]:
    """The required steps of a stage that are not done."""
    missing: tuple[Any, ...] = (None, "", False, [])
    return [
        step
        for step in stage.steps
        if step.required and step_value(record, stage, step) in missing
    ]
