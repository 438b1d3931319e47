"""Scoring models and scores over the API: doors to the services."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.base import RecordViewSet, record_action
from core.api.serializers import RecordSerializer, StrictSerializer
from core.jobs.services import job_view
from scoring.filters import ScoringModelFilter
from scoring.models import ScoringModel, ScoringRule
from scoring.services import lifecycle
from scoring.services.report import lead_scores, model_distribution, model_simulate
from scoring.services.words import rule_sentence


class RuleSerializer(StrictSerializer):
    """A rule as it is written and read; `id` keeps a rule through an edit."""

    id = serializers.IntegerField(required=False)
    name = serializers.CharField(max_length=200)
    kind = serializers.ChoiceField(ScoringRule.Kind.choices, default="condition")
    condition = serializers.JSONField(default=dict)
    interactions = serializers.ListField(
        child=serializers.CharField(max_length=60), default=list, max_length=50
    )
    window_days = serializers.IntegerField(
        allow_null=True, default=None, min_value=1, max_value=3650
    )
    frequency = serializers.ChoiceField(ScoringRule.Frequency.choices, default="each")
    times = serializers.IntegerField(default=1, min_value=1, max_value=10_000)
    points = serializers.IntegerField(min_value=-100_000, max_value=100_000)
    cap = serializers.IntegerField(
        allow_null=True, default=None, min_value=1, max_value=1_000_000
    )
    half_life_days = serializers.IntegerField(
        allow_null=True, default=None, min_value=1, max_value=3650
    )
    scope = serializers.ChoiceField(ScoringRule.Scope.choices, default="all")
    sentence = serializers.SerializerMethodField()

    def get_sentence(self, rule: ScoringRule) -> str:
        return rule_sentence(rule)


class GradeSerializer(serializers.Serializer):
    """A grade: its name and the score from which it holds."""

    name = serializers.CharField(max_length=60)

    def get_fields(self) -> dict[str, Any]:
        return {**super().get_fields(), "from": serializers.IntegerField()}


class ScoringModelSerializer(RecordSerializer):
    """A scoring model with its rules, in their order."""

    rules = RuleSerializer(many=True, required=False)
    grades = GradeSerializer(many=True, required=False)

    class Meta:
        model = ScoringModel
        fields = [
            "id",
            "name",
            "description",
            "state",
            "sales_ready_score",
            "grades",
            "rules",
            "time_zone",
            "owner",
            "team",
            "went_live_at",
            "scored_at",
            "version",
            "created_at",
            "updated_at",
        ]
        read_only_fields = ["state"]


class ShareSerializer(serializers.Serializer):
    rule = serializers.IntegerField()
    name = serializers.CharField()
    sentence = serializers.CharField()
    points = serializers.IntegerField()


class LeadScoreSerializer(serializers.Serializer):
    """What one model gives a lead; the breakdown adds up to the score."""

    model = serializers.IntegerField()
    model_name = serializers.CharField()
    score = serializers.IntegerField()
    grade = serializers.CharField()
    sales_ready_score = serializers.IntegerField()
    changed_at = serializers.DateTimeField()
    breakdown = ShareSerializer(many=True)


class GradeCount(serializers.Serializer):
    grade = serializers.CharField()
    leads = serializers.IntegerField()


class DistributionAnswer(serializers.Serializer):
    leads = serializers.IntegerField()
    highest = serializers.IntegerField(allow_null=True)
    lowest = serializers.IntegerField(allow_null=True)
    over_threshold = serializers.IntegerField()
    grades = GradeCount(many=True)


class TopLead(serializers.Serializer):
    lead = serializers.IntegerField()
    score = serializers.IntegerField()


class SimulationAnswer(serializers.Serializer):
    leads = serializers.IntegerField()
    over_threshold = serializers.IntegerField()
    highest = serializers.IntegerField(allow_null=True)
    top = TopLead(many=True)


class ScoringModelViewSet(RecordViewSet):
    """How leads earn points, and from which score they are ready for sales."""

    entity = "scoring_model"
    queryset = ScoringModel.objects.none()
    serializer_class = ScoringModelSerializer
    filterset_class = ScoringModelFilter
    orderings = {"id": "pk", "name": "name", "created_at": "created_at"}
    ordering = "name"

    def get_queryset(self) -> Any:
        return super().get_queryset().prefetch_related("rules")

    def create_record(self, values: dict[str, Any]) -> ScoringModel:
        return lifecycle.scoring_model_create(user=self.request.user, **values)

    def update_record(
        self, record: Any, values: dict[str, Any], version: int | None
    ) -> ScoringModel:
        return lifecycle.scoring_model_update(
            model_id=record.pk, expected_version=version, **values
        )

    def delete_record(self, record: Any, version: int | None) -> None:
        lifecycle.scoring_model_delete(model_id=record.pk, expected_version=version)

    @record_action("go-live", right="publish")
    def go_live(self, request: Request, record: Any, values: dict[str, Any]) -> Any:
        """Score every open lead by a job (in `job`), and keep the scores right."""
        model, job = lifecycle.scoring_model_go_live(
            model_id=record.pk, user=request.user
        )
        shown = {**self.get_serializer(model).data, "job": job_view(job)}
        return Response(shown, status=202)

    @record_action("stop", right="publish")
    def stop(self, request: Request, record: Any, values: dict[str, Any]) -> Any:
        """Stop scoring; its scores go where the organisation wants it."""
        return lifecycle.scoring_model_stop(model_id=record.pk)

    @record_action("simulate", right="read", response=SimulationAnswer)
    def simulate(self, request: Request, record: Any, values: dict[str, Any]) -> Any:
        """What the model would give the newest open leads; stores nothing."""
        return model_simulate(model=record, user=request.user)

    @extend_schema(responses=DistributionAnswer)
    @action(detail=True, methods=["get"], filter_backends=[], pagination_class=None)
    def distribution(self, request: Request, pk: str) -> Response:
        """How the scores of a model are spread."""
        return Response(model_distribution(model=self.get_object()))


@extend_schema(responses=LeadScoreSerializer(many=True))
@action(
    detail=True,
    methods=["get"],
    url_path="scores",
    filter_backends=[],
    pagination_class=None,
)
def scores(self: Any, request: Request, pk: str) -> Response:
    """The lead's score in every model, with the breakdown."""
    return Response([asdict(told) for told in lead_scores(lead=self.get_object())])
