"""Keeping scores right: all leads by a job, changed leads as the journal tells."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from django.db import connection, transaction
from django.db.models import Max
from django.db.models.functions import Now
from django.utils import timezone

from core.base.statistics import statistics_renew
from core.jobs.registry import JobRun
from core.journal.bell import ring
from core.journal.services import acting
from core.query.language import dependencies, validate
from crm.models import Lead
from scoring.models import LeadScore, ScoreDue, ScoringModel, ScoringRule
from scoring.services.compute import Batch, Scored, model_rules, scores_store
from scoring.services.effects import scores_take_effect

STRETCH = 20_000
DUE_BATCH = 2_000
# Windows and half-lives move with the clock: scores are looked at this often.
CLOCK_EVERY = dt.timedelta(hours=1)


def models_live() -> list[ScoringModel]:
    """The models that score now, in the order in which they were made."""
    return list(ScoringModel.objects.live().order_by("pk"))


def _interactions(models: Iterable[ScoringModel]) -> list[str]:
    rows = ScoringRule.objects.filter(model__in=list(models)).values_list(
        "interactions", flat=True
    )
    return sorted({name for names in rows for name in names})


def score_all_chunk(run: JobRun) -> bool:
    """One stretch of leads, by id; True when none is left.

    Scores, stages and sales ready of the stretch are one transaction with the job's
    cursor, so that a killed worker repeats at most this stretch.
    """
    model = ScoringModel.objects.filter(pk=run.params["model"]).first()
    if model is None or not model.is_live:
        return True
    upto = run.cursor.get("upto")
    if upto is None:
        upto = Lead.objects.aggregate(last=Max("pk"))["last"] or 0
        run.cursor["upto"] = upto
        run.total = Lead.objects.open().count()
    after = run.cursor.get("after", 0)
    ids = list(
        Lead.objects.open()
        .filter(pk__gt=after, pk__lte=upto)
        .order_by("pk")
        .values_list("pk", flat=True)[:STRETCH]
    )
    if not ids:
        ScoringModel.objects.filter(pk=model.pk).update(
            scored_at=Now(), next_check_at=next_check(model)
        )
        return True
    scored = _score(model, Batch(after=after, upto=ids[-1]))
    scores_take_effect(lead_ids=ids, interactions=_interactions([model]))
    statistics_renew("scoring_leadscore")
    run.cursor["after"] = ids[-1]
    run.advance(scored.leads)
    return False


def _hold(models: Iterable[ScoringModel]) -> None:
    """Let one transaction at a time compute the scores of each of these models.

    A statement stores what it saw when it began: beside a large one, a small one that
    began later would be overwritten with what was known before.
    """
    with connection.cursor() as cursor:
        for model_id in sorted(model.pk for model in models):
            cursor.execute(
                "SELECT pg_advisory_xact_lock(hashtext('scoring'), %s)", [model_id]
            )


def _score(model: ScoringModel, batch: Batch) -> Scored:
    _hold([model])
    with connection.cursor() as cursor:
        # One batch is one large aggregate; the default is sized for many small reads.
        cursor.execute("SET LOCAL work_mem = '128MB'")
    return scores_store(model=model, rules=model_rules(model), batch=batch)


def score_leads(*, lead_ids: list[int]) -> int:
    """Score some leads by every live model now, in the caller's transaction.

    Gives the number of scores that changed. Takes the models' advisory locks;
    journals score.changed, lead.sales_ready.
    """
    models = models_live()
    if not models or not lead_ids:
        return 0
    _hold(models)
    changed = 0
    for model in models:
        scored = scores_store(
            model=model, rules=model_rules(model), batch=Batch(lead_ids=lead_ids)
        )
        changed += scored.changed
    scores_take_effect(lead_ids=lead_ids, interactions=_interactions(models))
    return changed


def leads_mark_due(*, lead_ids: Iterable[int]) -> None:
    """Note that these leads are to be scored again, and ring on commit."""
    rows = [ScoreDue(lead_id=pk) for pk in sorted(set(lead_ids))]
    if rows:
        ScoreDue.objects.bulk_create(rows, ignore_conflicts=True)
        ring("scoring.sweep", queue="jobs")


def score_due_batch() -> int:
    """Score the next leads that are due; gives how many there were.

    Claims by SKIP LOCKED and deletes in the same transaction: a killed worker leaves
    them due.
    """
    with acting(None, via="scoring"):
        # Before the claim: whoever waits here keeps no row that the pump would add.
        _hold(models_live())
        due = list(
            ScoreDue.objects.select_for_update(skip_locked=True)
            .order_by("since")
            .values_list("lead_id", flat=True)[:DUE_BATCH]
        )
        if due:
            # Deleted first: a change while we compute makes a new row, which waits
            # for this transaction and is then computed again.
            ScoreDue.objects.filter(lead_id__in=due).delete()
            score_leads(lead_ids=sorted(due))
    return len(due)


def next_check(model: ScoringModel) -> dt.datetime | None:
    """When the clock alone can change a score of this model, if ever."""
    return timezone.now() + CLOCK_EVERY if moves_with_time(model) else None


def moves_with_time(model: ScoringModel) -> bool:
    """Whether a rule has a window, a half-life or a relative date."""
    return any(_rule_moves(rule) for rule in model.rules.all())


def _rule_moves(rule: ScoringRule) -> bool:
    if rule.window_days or rule.half_life_days:
        return True
    if not rule.condition:
        return False
    entity = "lead" if rule.kind == ScoringRule.Kind.CONDITION else "interaction"
    tree = {"from": entity, "where": rule.condition}
    query = validate(tree, starts_from=entity, ends_on=entity)
    return dependencies(query).uses_time


@transaction.atomic
def clock_sweep() -> int:
    """Mark the leads due whose score the clock may have moved since the last look.

    Behaviour that counted can only fade for leads that have it in their breakdown;
    conditions with relative dates and rules of the kind `none` can turn for any lead.
    """
    models = ScoringModel.objects.live().filter(next_check_at__lte=Now())
    marked = 0
    for model in models.select_for_update(skip_locked=True):
        ids = _clock_leads(model)
        leads_mark_due(lead_ids=ids)
        marked += len(ids)
        ScoringModel.objects.filter(pk=model.pk).update(next_check_at=next_check(model))
    return marked


def _clock_leads(model: ScoringModel) -> list[int]:
    moving = [rule for rule in model.rules.all() if _rule_moves(rule)]
    scores = LeadScore.objects.filter(model=model, lead__state=Lead.State.OPEN)
    anyone = any(
        rule.kind == ScoringRule.Kind.CONDITION
        or rule.frequency == ScoringRule.Frequency.NONE
        for rule in moving
    )
    if not anyone:
        keys = [str(rule.pk) for rule in moving]
        scores = scores.filter(breakdown__has_any_keys=keys)
    return list(scores.values_list("lead_id", flat=True))
