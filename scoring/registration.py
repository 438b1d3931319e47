"""What this app makes known to the others."""

from __future__ import annotations

from core.access.entities import Entity, register_entity
from core.jobs.registry import JobKind, register_job_kind
from core.query.registry import (
    Field,
    QueryEntity,
    Relation,
    extend_query_entity,
    register_query_entity,
)
from crm.services.holds import register_computed
from scoring.homes import register_homes
from scoring.models import LeadScore, ScoringModel
from scoring.services.run import score_all_chunk
from scoring.uses import segments_used
from segments.freshness import register_fact
from segments.usage import register_segment_usage


def register() -> None:
    """Called once, when the apps are loaded."""
    register_computed(LeadScore)
    register_entity(
        Entity(
            "scoring_model",
            "Scoring model",
            "Scoring models",
            ScoringModel,
            extra_actions={"publish": "Go live and stop"},
        )
    )
    register_job_kind(JobKind("score_all", "Score all leads", score_all_chunk))
    register_query_entity(
        QueryEntity(
            "score",
            "Score",
            "Scores",
            LeadScore,
            fields=[
                Field("score", "Score", "number"),
                Field("grade", "Grade", "text"),
                Field("model", "Scoring model", "text", path="model__name"),
            ],
            start=False,
        )
    )
    extend_query_entity(
        "lead",
        relations=[
            Relation(
                "scores",
                "Scores",
                "score",
                local="pk",
                remote="lead_id",
                column="lead",
                column_on_target=True,
            )
        ],
    )
    register_fact("score.changed", "score")
    register_segment_usage("scoring", segments_used)
    register_homes()
