"""Scores told: of one lead in words, of a model as a distribution."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Max, Min

from crm.models import Lead
from scoring.models import LeadScore, ScoringModel, ScoringRule
from scoring.services.compute import Batch, model_rules, scores_simulate
from scoring.services.words import rule_sentence

SIMULATED = 1_000


@dataclass(frozen=True)
class Line:
    """One rule's share of a score."""

    rule: int
    name: str
    sentence: str
    points: int


@dataclass(frozen=True)
class Told:
    """The score that one model gives a lead, with where it comes from."""

    model: int
    model_name: str
    score: int
    grade: str
    sales_ready_score: int
    changed_at: Any
    breakdown: list[Line]


def lead_scores(*, lead: Lead) -> list[Told]:
    """Every model's score of a lead, the largest share first; two queries."""
    scores = LeadScore.objects.filter(lead=lead).select_related("model")
    found = list(scores.order_by("-score", "model_id"))
    ids = {int(key) for score in found for key in score.breakdown}
    rules = ScoringRule.objects.in_bulk(ids)
    return [_told(score, rules) for score in found]


def _told(score: LeadScore, rules: dict[int, ScoringRule]) -> Told:
    lines = [
        _line(rules.get(int(key)), int(key), points)
        for key, points in score.breakdown.items()
    ]
    return Told(
        model=score.model_id,
        model_name=score.model.name,
        score=score.score,
        grade=score.grade,
        sales_ready_score=score.model.sales_ready_score,
        changed_at=score.changed_at,
        breakdown=sorted(lines, key=lambda line: -abs(line.points)),
    )


def _line(rule: ScoringRule | None, rule_id: int, points: int) -> Line:
    if rule is None:
        return Line(rule_id, "A rule that is no more", "", points)
    return Line(rule_id, rule.name, rule_sentence(rule), points)


def model_distribution(*, model: ScoringModel) -> dict[str, Any]:
    """How many leads were scored, how many are over the threshold, and by grade."""
    scores = LeadScore.objects.filter(model=model)
    edges = scores.aggregate(
        leads=Count("lead"), highest=Max("score"), lowest=Min("score")
    )
    grades = scores.values("grade").annotate(n=Count("lead")).order_by("-n")
    return {
        **edges,
        "over_threshold": scores.filter(score__gte=model.sales_ready_score).count(),
        "grades": [{"grade": row["grade"], "leads": row["n"]} for row in grades],
    }


def model_simulate(*, model: ScoringModel, user: Any) -> dict[str, Any]:
    """What a draft would give the newest open leads that the user sees.

    Stores nothing. At most 1,000 leads. Raises QueryError for a broken condition.
    """
    rows = Lead.objects.visible_to(user).open().order_by("-pk")
    ids = list(rows.values_list("pk", flat=True)[:SIMULATED])
    rules = model_rules(model)
    if not ids or not rules:
        return {"leads": 0, "over_threshold": 0, "highest": None, "top": []}
    scored = scores_simulate(model=model, rules=rules, batch=Batch(lead_ids=ids))
    scored.sort(key=lambda row: -row[1])
    return {
        "leads": len(scored),
        "over_threshold": sum(row[1] >= model.sales_ready_score for row in scored),
        "highest": scored[0][1],
        "top": [{"lead": row[0], "score": row[1]} for row in scored[:10]],
    }
