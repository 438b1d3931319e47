"""Making and editing scoring models, going live and stopping."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from zoneinfo import available_timezones

from django.db import transaction
from django.db.models.functions import Now

from core.base.errors import Invalid, Refused, Stale
from core.base.models import Organisation
from core.jobs.models import Job
from core.jobs.services import job_start
from core.journal.interactions import interaction_names
from core.journal.services import record
from core.query.language import QueryError, validate
from scoring import rules
from scoring.models import LeadScore, ScoringModel, ScoringRule

FIELDS = (
    "name",
    "description",
    "sales_ready_score",
    "grades",
    "time_zone",
    "owner",
    "team",
)
RULE_FIELDS = (
    "name",
    "kind",
    "condition",
    "interactions",
    "window_days",
    "frequency",
    "times",
    "points",
    "cap",
    "half_life_days",
    "scope",
)


@transaction.atomic
def scoring_model_create(*, user: Any, **data: Any) -> ScoringModel:
    """A draft with its rules (`rules`: a list of dicts), owned by whoever makes it."""
    model = ScoringModel(owner=user, team=getattr(user, "team", None))
    return _save(model, data)


@transaction.atomic
def scoring_model_update(
    *, model_id: int, expected_version: int | None = None, **data: Any
) -> ScoringModel:
    """Change a draft or stopped model; `rules`, where given, replaces all its rules.

    Locks the model. Raises Refused while it is live, Stale when somebody else changed
    it since, Invalid at the field or rule.
    """
    model = ScoringModel.objects.select_for_update().get(pk=model_id)
    _check_version(model, expected_version)
    rules.check_can_edit(model.state)
    return _save(model, data)


def _check_version(model: ScoringModel, expected: int | None) -> None:
    if expected is not None and model.version != expected:
        raise Stale("stale", "Somebody else changed this model. Load it again.")


def _save(model: ScoringModel, data: dict[str, Any]) -> ScoringModel:
    wanted = data.pop("rules", None)
    unknown = set(data) - set(FIELDS)
    if unknown:
        raise Invalid("unknown_field", "There is no such field.", attr=min(unknown))
    for name, value in data.items():
        setattr(model, name, value)
    rules.check_grades(model.grades)
    if model.time_zone not in available_timezones():
        raise Invalid(
            "unknown_time_zone",
            "Use a name such as Europe/Amsterdam.",
            attr="time_zone",
        )
    model.full_clean()
    model.save()
    if wanted is not None:
        _rules_replace(model, wanted)
    model.refresh_from_db()
    return model


def _rules_replace(model: ScoringModel, wanted: Sequence[Mapping[str, Any]]) -> None:
    """Write the rules in their order, keeping the ids of those that have one."""
    if len(wanted) > rules.MAX_RULES:
        raise Invalid(
            "too_many_rules", f"At most {rules.MAX_RULES} rules.", attr="rules"
        )
    present = {rule.pk: rule for rule in model.rules.all()}
    kept = set()
    for position, data in enumerate(wanted):
        where = f"rules[{position}]"
        rule = _rule(model, present, data, where)
        rule.position = position
        _rule_check(rule, where)
        rule.save()
        kept.add(rule.pk)
    model.rules.exclude(pk__in=kept).delete()


def _rule(
    model: ScoringModel,
    present: Mapping[int, ScoringRule],
    data: Mapping[str, Any],
    where: str,
) -> ScoringRule:
    unknown = set(data) - set(RULE_FIELDS) - {"id"}
    if unknown:
        attr = f"{where}.{min(unknown)}"
        raise Invalid("unknown_field", "There is no such field.", attr=attr)
    if data.get("id") is None:
        rule = ScoringRule(model=model)
    elif data["id"] in present:
        rule = present[data["id"]]
    else:
        raise Invalid(
            "does_not_exist", "This model has no such rule.", attr=f"{where}.id"
        )
    for name in RULE_FIELDS:
        if name in data:
            setattr(rule, name, data[name])
    if "points" not in data and rule.points is None:
        raise Invalid("required", "Say how many points.", attr=f"{where}.points")
    return rule


def _rule_check(rule: ScoringRule, where: str) -> None:
    rules.check_rule({name: getattr(rule, name) for name in RULE_FIELDS}, where)
    rule.full_clean(exclude=["model"])
    unknown = set(rule.interactions) - set(interaction_names())
    if unknown:
        raise Invalid(
            "unknown_interaction",
            f"'{min(unknown)}' is not a kind of interaction.",
            attr=f"{where}.interactions",
        )
    if rule.condition:
        _condition_check(rule, where)


def _condition_check(rule: ScoringRule, where: str) -> None:
    entity = "lead" if rule.kind == ScoringRule.Kind.CONDITION else "interaction"
    tree = {"from": entity, "where": rule.condition}
    try:
        validate(tree, starts_from=entity, ends_on=entity)
    except QueryError as error:
        path = str(error.path).removeprefix("where").lstrip(".")
        attr = f"{where}.condition" + (f".{path}" if path else "")
        raise Invalid(error.code, error.detail, attr=attr) from error


@transaction.atomic
def scoring_model_go_live(*, model_id: int, user: Any) -> tuple[ScoringModel, Job]:
    """Score every open lead by a job, and keep the scores right from now on.

    Locks the model; journals scoring_model.live. Gives the model and the job.
    """
    model = ScoringModel.objects.select_for_update().get(pk=model_id)
    rules.check_can_go_live(model.state, model.rules.count())
    model.state = ScoringModel.State.LIVE
    model.save(update_fields=["state"])
    ScoringModel.objects.filter(pk=model.pk).update(went_live_at=Now())
    record("scoring_model.live", subject=("scoring_model", model.pk))
    job = score_all_start(model=model, user=user)
    model.refresh_from_db()
    return model, job


def score_all_start(*, model: ScoringModel, user: Any) -> Job:
    """A job that scores every open lead by this model."""
    return job_start(
        kind="score_all",
        label=f"Score all leads by {model.name}",
        params={"model": model.pk},
        user=user,
    )


@transaction.atomic
def scoring_model_stop(*, model_id: int) -> ScoringModel:
    """Stop scoring; the scores go where the organisation wants them cleaned up.

    Locks the model; journals scoring_model.stopped. Sales ready stays as it is.
    """
    model = ScoringModel.objects.select_for_update().get(pk=model_id)
    if not model.is_live:
        raise Refused("not_live", "Only a live model can be stopped.")
    model.state = ScoringModel.State.STOPPED
    model.next_check_at = None
    model.save(update_fields=["state", "next_check_at"])
    if Organisation.current().score_cleanup:
        LeadScore.objects.filter(model=model).delete()
    record("scoring_model.stopped", subject=("scoring_model", model.pk))
    model.refresh_from_db()
    return model


@transaction.atomic
def scoring_model_delete(*, model_id: int, expected_version: int | None = None) -> None:
    """Delete a model that is not live, with its rules and scores."""
    model = ScoringModel.objects.select_for_update().get(pk=model_id)
    _check_version(model, expected_version)
    rules.check_can_edit(model.state)
    model.delete()
