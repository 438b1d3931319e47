"""Possible duplicates over the API: ask, search, review, and the rules behind it."""

from __future__ import annotations

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.base import ReadViewSet, RecordViewSet, record_action
from core.api.door import require
from core.api.serializers import RecordSerializer, StrictSerializer
from core.api.work import JobSerializer
from core.base.errors import Invalid
from core.base.text import json_problem
from crm.duplicates import filters, services
from crm.duplicates.folding import READS
from crm.duplicates.scan import scan_start
from crm.duplicates.showing import duplicates_shown
from crm.models import DuplicatePair, DuplicateRule
from crm.models.duplicates import ENTITIES


class DuplicatePairSerializer(RecordSerializer):
    class Meta:
        model = DuplicatePair
        fields = (
            "id",
            "entity",
            "first_id",
            "second_id",
            "score",
            "reason",
            "rule",
            "state",
            "found_at",
            "decided_at",
            "decided_by",
        )
        read_only_fields = fields


class DuplicateRuleSerializer(RecordSerializer):
    parts = serializers.ListField(
        child=serializers.DictField(),
        help_text='[{"field": "email", "how": "same" or "alike", "weight": 6, '
        '"needed": true}, ...]',
    )

    class Meta:
        model = DuplicateRule
        fields = (
            "id",
            "key",
            "name",
            "description",
            "entity",
            "parts",
            "threshold",
            "refuse_from",
            "active",
            "position",
            "shipped",
        )
        read_only_fields = ("shipped",)


class CheckSerializer(StrictSerializer):
    entity = serializers.ChoiceField(ENTITIES)
    values = serializers.DictField(
        help_text="The fields of the record that is about to be made."
    )


class ScanSerializer(StrictSerializer):
    entity = serializers.ChoiceField(ENTITIES)


class DuplicateViewSet(ReadViewSet):
    """Pairs to review, the most alike first; merge them at the record itself."""

    entity = "duplicate"
    queryset = DuplicatePair.objects.none()
    serializer_class = DuplicatePairSerializer
    filterset_class = filters.DuplicatePairFilter
    orderings = {"id": "pk", "score": "score", "found_at": "found_at"}
    ordering = "-score"

    def _decide(self, record: DuplicatePair, state: str) -> DuplicatePair:
        user: Any = self.request.user
        return services.pair_decide(pair=record, user=user, state=state)

    @record_action("dismiss", right="update")
    def dismiss(self, request: Request, record: Any, values: dict[str, Any]) -> Any:
        """These two are not one; no later search brings them up again."""
        return self._decide(record, "dismissed")

    @record_action("later", right="update")
    def later(self, request: Request, record: Any, values: dict[str, Any]) -> Any:
        """Leave the pair for later."""
        return self._decide(record, "later")

    @record_action("reopen", right="update")
    def reopen(self, request: Request, record: Any, values: dict[str, Any]) -> Any:
        """Put the pair back among those to review."""
        return self._decide(record, "open")

    @extend_schema(request=CheckSerializer, responses=OpenApiTypes.OBJECT)
    @action(detail=False, methods=["post"], pagination_class=None, filter_backends=[])
    def check(self, request: Request) -> Response:
        """Who is likely to be here already, before anything is written."""
        shape = CheckSerializer(data=request.data)
        shape.is_valid(raise_exception=True)
        entity, values = shape.validated_data["entity"], shape.validated_data["values"]
        require(request.user, entity, "read")
        _check_values(entity, values)
        found = duplicates_shown(entity, values, request.user)
        return Response({"results": [each.as_data() for each in found]})

    @extend_schema(request=ScanSerializer, responses={202: JobSerializer})
    @action(detail=False, methods=["post"], pagination_class=None, filter_backends=[])
    def scan(self, request: Request) -> Response:
        """Search all records of an entity; follow the job at `jobs/{id}/`."""
        require(request.user, "duplicate", "scan")
        shape = ScanSerializer(data=request.data)
        shape.is_valid(raise_exception=True)
        job = scan_start(entity=shape.validated_data["entity"], user=request.user)
        return Response(JobSerializer(job).data, status=202)


def _check_values(entity: str, values: dict[str, Any]) -> None:
    known = READS[entity]
    for name, value in values.items():
        if name not in known:
            raise Invalid(
                "unknown_field",
                f"Compared are: {', '.join(known)}.",
                attr=f"values.{name}"[:200],
            )
        problem = json_problem(value, f"values.{name}")
        if problem is None and (
            isinstance(value, dict | list) or len(str(value)) > 1000
        ):
            problem = (f"values.{name}", "Give a text of at most 1,000 characters.")
        if problem:
            raise Invalid("invalid", problem[1], attr=problem[0])


class DuplicateRuleViewSet(RecordViewSet):
    """What counts as a duplicate."""

    entity = "duplicate_rule"
    queryset = DuplicateRule.objects.none()
    serializer_class = DuplicateRuleSerializer
    filterset_class = filters.DuplicateRuleFilter
    orderings = {"id": "pk", "position": "position", "name": "name"}
    ordering = "position"

    def create_record(self, values: dict[str, Any]) -> DuplicateRule:
        return services.duplicate_rule_save(rule=DuplicateRule(), values=values)

    def update_record(
        self, record: Any, values: dict[str, Any], version: int | None
    ) -> DuplicateRule:
        return services.duplicate_rule_save(rule=record, values=values)

    def delete_record(self, record: Any, version: int | None) -> None:
        services.duplicate_rule_delete(rule=record)
