"""Opportunities as things that files can bring."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.utils import timezone

from core.access.models import User
from core.base.errors import Invalid
from crm.imports.convert import Bad
from crm.imports.lookups import LOOKUPS, find_by
from crm.imports.registry import (
    ImportEntity,
    ImportField,
    model_fields,
    register_import_entity,
)
from crm.services.status_reasons import reason_in_state
from sales.models import Opportunity, Pipeline, PipelineStage
from sales.services.money import RateTable, currency_choices

FIELDS = (
    "name account contact product campaign owner team pipeline stage state "
    "status_reason probability currency estimated_value actual_value estimated_close "
    "created_at closed_at close_note competitor lead_source budget need "
    "proposed_solution purchase_timeframe purchase_process decision_maker description "
    "external_id tags"
)
LISTS = ("lead_source", "purchase_timeframe", "purchase_process")
Values = dict[str, Any]


def register_entities() -> None:
    """Make opportunities importable."""
    lookups = {
        **LOOKUPS,
        "contact": LOOKUPS["parent_contact"],
        "pipeline": find_by(Pipeline, "name"),
    }
    register_import_entity(
        ImportEntity(
            key="opportunity",
            label="Opportunity",
            plural="opportunities",
            model=Opportunity,
            fields=model_fields(
                Opportunity, FIELDS.split(), lists=LISTS, lookups=lookups
            ),
            needs_one_of=("name",),
            match=(),
            preparing=preparing,
            amending=amending,
            reads=("pipeline", "stage", "currency"),
            dynamic=dynamic_fields,
            open_state="open",
        )
    )


def dynamic_fields() -> Mapping[str, ImportField]:
    """Stages by name or key, and the currencies that are active."""
    named = model_fields(Opportunity, ["stage", "currency"])
    stages = dict(PipelineStage.objects.values_list("key", "name"))
    codes = {code: code for code, _ in currency_choices()}
    return {
        "stage": replace(named["stage"], kind="choice", choices=stages),
        "currency": replace(named["currency"], kind="choice", choices=codes),
    }


class _Stages:
    """The stages of every pipeline, read once a chunk."""

    def __init__(self) -> None:
        rows = PipelineStage.objects.order_by("position", "pk")
        self.first: dict[int, str] = {}
        self.likely: dict[tuple[int, str], int] = {}
        for pipeline, key, percent in rows.values_list(
            "pipeline_id", "key", "probability"
        ):
            self.first.setdefault(pipeline, key)
            self.likely[pipeline, key] = percent

    def probability(self, pipeline: int, stage: str) -> int:
        if (pipeline, stage) not in self.likely:
            raise Bad("choice", "The pipeline has no such stage.", "stage")
        return self.likely[pipeline, stage]


def preparing() -> Callable[[Values], None]:
    """Complete new opportunities: three queries a chunk, none a row.

    State, reason and dates agree, the rate is that of the day of closing or of today,
    the probability follows the stage, the team the owner.
    """
    stages, rates = _Stages(), RateTable.read()
    teams = dict(User.objects.values_list("pk", "team_id"))
    reason_of = {state: _reason(state, "") for state in Opportunity.State.values}

    def complete(values: Values) -> None:
        _place(values, stages)
        _state(values, reason_of)
        values["currency"] = values["currency"] or rates.base
        values["rate"] = _rate(rates, values["currency"], values["closed_at"])
        if values["owner"] and not values["team"]:
            values["team"] = teams.get(values["owner"])

    return complete


def _place(values: Values, stages: _Stages) -> None:
    pipeline = values["pipeline"]
    if (pipeline, values["stage"]) not in stages.likely and values[
        "stage"
    ] == "qualify":
        values["stage"] = stages.first[pipeline]
    likely = stages.probability(pipeline, values["stage"])
    if values["probability"] is None:
        sure = {"won": 100, "lost": 0}
        values["probability"] = sure.get(values["state"], likely)
    if values["probability"] > 100:
        raise Bad("number", "From 0 to 100.", "probability")
    values["stage_since"] = values.get("created_at") or timezone.now()


def _state(values: Values, reason_of: Mapping[str, str]) -> None:
    state, now = values["state"], timezone.now()
    if values["status_reason"] in ("", "in_progress"):
        values["status_reason"] = reason_of[state]
    elif values["status_reason"] != reason_of[state]:
        values["status_reason"] = _reason(state, values["status_reason"])
    if state == "open":
        values["closed_at"] = values["actual_value"] = None
        return
    values["closed_at"] = min(values["closed_at"] or now, now)
    if state == "won" and values["actual_value"] is None:
        values["actual_value"] = values["estimated_value"]


def _reason(state: str, reason: str) -> str:
    try:
        return reason_in_state(state, reason or None, "opportunity")
    except Invalid as error:
        raise Bad("choice", error.detail, "status_reason") from error


def _rate(rates: RateTable, code: str, closed_at: datetime | None) -> Decimal:
    day = timezone.localdate(closed_at) if closed_at else timezone.localdate()
    try:
        return rates.rate(code, day)
    except Invalid as error:
        raise Bad(error.code, error.detail, "currency") from error


def amending() -> Callable[[Values, Values], None]:
    """What follows from a change of an open opportunity: stage, likelihood, rate."""
    stages, rates = _Stages(), RateTable.read()

    def amend(now: Values, changes: Values) -> None:
        if {"stage", "pipeline"} & set(changes):
            after = {**now, **changes}
            likely = stages.probability(after["pipeline"], after["stage"])
            changes.setdefault("probability", likely)
            changes["stage_since"] = timezone.now()
        if {"estimated_value", "currency"} & set(changes):
            after = {**now, **changes}
            changes["rate"] = _rate(rates, after["currency"], None)

    return amend
