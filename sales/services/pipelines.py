"""Pipelines and their stages: written as one thing, read by key."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Count
from django.utils.text import slugify

from core.base.errors import Invalid, Refused
from core.base.text import text_problem
from sales.models import Opportunity, Pipeline, PipelineStage
from sales.services.checks import check_version, checked

FIELDS = ("name", "description", "is_default", "active")
STAGE_FIELDS = ("name", "probability", "stale_days")
MOST_STAGES = 30


@transaction.atomic
def pipeline_save(
    *,
    pipeline: Pipeline,
    values: Mapping[str, Any],
    stages: Sequence[Mapping[str, Any]] | None = None,
    expected_version: int | None = None,
) -> Pipeline:
    """Make or change a pipeline, and its stages in the given order.

    A stage with a `key` is the one that has it; one without is new. Those that are not
    given are deleted. Probabilities of opportunities stay as they are. The default
    moves here where `is_default` is set. Locks the pipelines' rows, then its stages.
    Raises Invalid by field, Stale, and Refused where a stage that goes has
    opportunities, or the pipeline would lose the default.
    """
    list(Pipeline.objects.select_for_update().order_by("pk").values_list("pk"))
    check_version(pipeline, expected_version)
    _set_pipeline(pipeline, values)
    if pipeline.is_default:
        Pipeline.objects.filter(is_default=True).exclude(pk=pipeline.pk or 0).update(
            is_default=False
        )
    checked(pipeline).save()
    if stages is not None:
        _stages_save(pipeline, stages)
    if not pipeline.stages.exists():
        raise Invalid("required", "Give at least one stage.", attr="stages")
    return pipeline


def _set_pipeline(pipeline: Pipeline, values: Mapping[str, Any]) -> None:
    was_default = pipeline.pk is not None and (
        Pipeline.objects.default_id() == pipeline.pk
    )
    for name in FIELDS:
        if name in values:
            value = values[name]
            if isinstance(value, str) and (problem := text_problem(value)):
                raise Invalid("invalid", problem, attr=name)
            setattr(pipeline, name, value)
    if was_default and not pipeline.is_default:
        raise Refused(
            "default_pipeline",
            "One pipeline is the default. Make another one the default instead.",
            attr="is_default",
        )


def _stages_save(pipeline: Pipeline, stages: Sequence[Mapping[str, Any]]) -> None:
    known = {row.key: row for row in pipeline.stages.select_for_update()}
    if len(stages) > MOST_STAGES:
        raise Invalid("invalid", f"At most {MOST_STAGES} stages.", attr="stages")
    kept = []
    for position, values in enumerate(stages):
        key = values.get("key") or _new_key(str(values.get("name", "")), known)
        row = known.get(key)
        if row is None:
            if values.get("key"):
                text = f"There is no stage {key!r} here."
                raise Invalid("unknown_stage", text, attr="stages")
            row = known[key] = PipelineStage(pipeline=pipeline, key=key)
        if key in kept:
            raise Invalid("twice", f"The stage {key!r} is given twice.", attr="stages")
        kept.append(key)
        _stage_save(row, values, position)
    _stages_drop(pipeline, [key for key in known if key not in kept])


@transaction.atomic
def stage_save(*, stage: PipelineStage, values: Mapping[str, Any]) -> PipelineStage:
    """Make or change one stage; a new one comes last. Invalid by field."""
    for name in ("pipeline", *STAGE_FIELDS, "position"):
        if name in values:
            setattr(stage, name, values[name])
    if not stage.key and stage.pipeline_id:
        known = {row.key: row for row in PipelineStage.objects.of(stage.pipeline_id)}
        stage.key = _new_key(stage.name, known)
        stage.position = values.get("position") or len(known)
    checked(stage).save()
    return stage


@transaction.atomic
def stage_delete(*, stage: PipelineStage) -> None:
    """Delete a stage in which no opportunity stands, unless it is the last one."""
    pipeline = Pipeline.objects.select_for_update().get(pk=stage.pipeline_id)
    if pipeline.stages.count() == 1:
        raise Refused("last_stage", "A pipeline has at least one stage.")
    _stages_drop(pipeline, [stage.key])


def _stage_save(row: PipelineStage, values: Mapping[str, Any], position: int) -> None:
    for name in STAGE_FIELDS:
        if name in values:
            setattr(row, name, values[name])
    row.position = position
    try:
        row.full_clean()
    except ValidationError as error:
        problem = Invalid.of(error)
        text = f"{row.name or 'A stage'}: {problem.detail}"
        raise Invalid(problem.code, text, attr="stages") from error
    row.save()


def _new_key(name: str, known: Mapping[str, PipelineStage]) -> str:
    start = slugify(name)[:30].replace("-", "_") or "stage"
    key, number = start, 1
    while key in known:
        number += 1
        key = f"{start}_{number}"
    return key


def _stages_drop(pipeline: Pipeline, keys: list[str]) -> None:
    rows = Opportunity.objects.filter(pipeline=pipeline, stage__in=keys)
    used = rows.order_by().values("stage").annotate(number=Count("pk"))
    found = {row["stage"]: row["number"] for row in used}
    if found:
        names = dict(pipeline.stages.values_list("key", "name"))
        listed = ", ".join(f"{names[key]} ({n})" for key, n in found.items())
        raise Refused(
            "stage_in_use",
            f"Opportunities stand in {listed}, open or closed. Move them first.",
            attr="stages",
            extra={"opportunities": found},
        )
    pipeline.stages.filter(key__in=keys).delete()


@transaction.atomic
def pipeline_delete(*, pipeline: Pipeline) -> None:
    """Delete a pipeline that nothing went through; Refused for the default one."""
    if Pipeline.objects.default_id() == pipeline.pk:
        raise Refused("default_pipeline", "The default pipeline stays.")
    used = Opportunity.objects.filter(pipeline=pipeline).count()
    if used:
        raise Refused(
            "in_use",
            f"{used} opportunities go through it. Make it inactive instead.",
            extra={"opportunities": used},
        )
    pipeline.delete()


def stage_of(pipeline_id: int, key: str) -> PipelineStage:
    """The stage of a pipeline by its key; Invalid at `stage` with those there are."""
    stages = list(PipelineStage.objects.of(pipeline_id))
    found = next((row for row in stages if row.key == key), None)
    if found is None:
        known = ", ".join(row.key for row in stages)
        raise Invalid(
            "invalid_choice",
            f'"{key[:40]}" is no stage of this pipeline. Known: {known}.',
            attr="stage",
        )
    return found


def stage_to_begin(pipeline_id: int, wanted: str = "") -> PipelineStage:
    """The stage of this key where the pipeline has it, else its first."""
    stages = list(PipelineStage.objects.of(pipeline_id))
    fitting = (row for row in stages if row.key == wanted)
    return next(fitting, stages[0])


def place_after_qualify() -> dict[str, Any]:
    """Where an opportunity made by a qualification stands: its lead has been through
    the first stage already, so it is in the second of the default pipeline."""
    pipeline_id = Pipeline.objects.default_id()
    assert pipeline_id is not None, "shipped rows are made after every migrate"
    stages = list(PipelineStage.objects.of(pipeline_id)[:2])
    return {
        "pipeline_id": pipeline_id,
        "stage": stages[-1].key,
        "probability": stages[-1].probability,
    }
