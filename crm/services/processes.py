"""Processes as data: reading their definitions, and writing them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from core.base.errors import Invalid, Refused, Stale
from core.base.text import text_problem
from crm.models import CustomField, Process
from crm.processes.registry import process_entities
from crm.processes.rules import Definition, definition_of, stages_clean

MARKETING, SALES = "marketing", "sales"


def process_definitions() -> dict[str, Definition]:
    """Every process by its key, in their order. One query."""
    rows = Process.objects.values("key", "name", "stages", "active", "position")
    return {row["key"]: definition_of(**row) for row in rows.order_by("position", "pk")}


def process_choices() -> list[tuple[str, str]]:
    """Keys and names of the processes."""
    return list(Process.objects.values_list("key", "name"))


def stage_choices(entity: str) -> list[tuple[str, str]]:
    """Keys and names of the stages in which records of an entity can stand."""
    found: dict[str, str] = {}
    for definition in process_definitions().values():
        for stage in definition.on(entity):
            found.setdefault(stage.key, stage.name)
    return list(found.items())


def step_fields() -> dict[str, frozenset[str]]:
    """The fields that data steps of each entity may show, custom ones included."""
    entities = process_entities()
    custom: dict[str, set[str]] = {key: set() for key in entities}
    rows = CustomField.objects.filter(entity__in=entities, active=True)
    for entity, key in rows.values_list("entity", "key"):
        custom[entity].add(f"custom.{key}")
    return {
        key: entity.fields() | frozenset(custom[key])
        for key, entity in entities.items()
    }


@transaction.atomic
def process_save(
    *,
    values: Mapping[str, Any],
    process: Process | None = None,
    expected_version: int | None = None,
) -> Process:
    """Make or change a process. Raises Invalid with every problem and its place.

    Locks the row. The key stays once it is made. Refused (409) where a stage would
    go in which open records stand, with their number; what closed records say of it
    stays readable. Raises Stale where the version is not the one given.
    """
    row = _locked(process, expected_version)
    for name in ("name", "description", "position", "active", "key"):
        if name in values:
            _set(row, name, values[name])
    if "stages" in values:
        others = Process.objects.exclude(pk=row.pk).filter(active=True)
        row.stages = stages_clean(
            values["stages"],
            fields=step_fields(),
            processes=frozenset(others.values_list("key", flat=True)),
        )
    if not row._state.adding:
        _check_automation(row)
        _check_nobody_stranded(row)
    try:
        row.full_clean(exclude=["stages"] if row.stages else [])
    except ValidationError as error:
        raise Invalid.of(error) from error
    row.save()
    row.refresh_from_db(fields=["version", "updated_at"])
    return row


def _locked(process: Process | None, expected_version: int | None) -> Process:
    if process is None:
        return Process()
    row = Process.objects.select_for_update().filter(pk=process.pk).first()
    if row is None:
        raise Stale("deleted", "Somebody deleted this process.")
    if expected_version is not None and row.version != expected_version:
        raise Stale("version_mismatch", "Somebody changed this process meanwhile.")
    return row


def _set(row: Process, name: str, value: Any) -> None:
    if isinstance(value, str) and (problem := text_problem(value, max_length=2_000)):
        raise Invalid("invalid", problem, attr=name)
    if name == "key" and row.pk is not None and value != row.key:
        raise Refused("fixed", "The key stays: records are stored by it.", attr="key")
    if name == "active" and not value and row.shipped:
        raise Refused("shipped", "Leads start here: this process stays in use.")
    setattr(row, name, value)


def _standing(process: str, keep: frozenset[tuple[str, str]]) -> dict[str, int]:
    """Open records of this process in a stage that is not kept, by entity."""
    found = {}
    for key, at in process_entities().items():
        rows = at.model._default_manager.filter(**{at.process: process}, state="open")
        stages = [stage for entity, stage in keep if entity == key]
        number = rows.exclude(**{f"{at.stage}__in": stages}).count()
        if number:
            found[key] = number
    return found


# Where new leads, scores and the hand-over put leads: their names are free.
AUTOMATION = {
    MARKETING: {"inquiry", "automated_marketing_qualification", "sales_acceptance"},
    SALES: {"qualify", "develop"},
}


def _check_automation(row: Process) -> None:
    keys = {stage["key"] for stage in row.stages}
    gone = AUTOMATION.get(row.key, set()) - keys
    if gone:
        raise Refused(
            "stage_needed",
            f"Scores and hand-over use the stage {', '.join(sorted(gone))}. "
            "Rename it instead.",
            attr="stages",
        )


def _check_nobody_stranded(row: Process) -> None:
    stages = definition_of(key=row.key, name=row.name, stages=row.stages).stages
    keep = {(entity, stage.key) for stage in stages for entity in process_entities()}
    for other in Process.objects.exclude(pk=row.pk):
        for stage in other.stages:
            if stage.get("hands_over_to") == row.key:
                keep.add(("lead", stage["key"]))
    stranded = _standing(row.key, frozenset(keep))
    if stranded:
        words = " and ".join(f"{n:,} open {key}s" for key, n in stranded.items())
        raise Refused(
            "stage_in_use",
            f"In a stage that would go stand {words}. Move them first.",
            attr="stages",
            extra={"standing": stranded},
        )


@transaction.atomic
def process_delete(*, process: Process) -> None:
    """Delete a process that no open record stands in and none hands over to.

    Refused for the shipped ones.
    """
    row = _locked(process, None)
    if row.shipped:
        raise Refused("shipped", "This process comes with the product.")
    standing = _standing(row.key, frozenset())
    if standing:
        words = " and ".join(f"{n:,} open {key}s" for key, n in standing.items())
        raise Refused("in_use", f"{words} stand in this process. Move them first.")
    handing = Process.objects.filter(stages__contains=[{"hands_over_to": row.key}])
    if other := handing.exclude(pk=row.pk).first():
        raise Refused("in_use", f"{other} hands over to this process.")
    row.delete()
