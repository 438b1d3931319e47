"""Workflows over the API: doors to the services."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from django.db.models import QuerySet
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.base import RecordViewSet, record_action
from core.api.door import require
from core.api.pagination import KeysetPagination
from core.api.serializers import RecordSerializer
from core.jobs.services import job_view
from workflows.filters import WorkflowFilter
from workflows.models import Run, Workflow
from workflows.registry import Param, StepType, step_types
from workflows.services import definition
from workflows.services.on_demand import (
    step_sentences,
    workflow_dry_run,
    workflow_run_start,
)


class WorkflowSerializer(RecordSerializer):
    """A workflow with its triggers, condition and steps."""

    sentences = serializers.SerializerMethodField()

    class Meta:
        model = Workflow
        fields = [
            "id",
            "key",
            "name",
            "description",
            "entity",
            "state",
            "on_created",
            "on_changed",
            "on_events",
            "on_segments",
            "on_demand",
            "condition",
            "steps",
            "sentences",
            "owner",
            "team",
            "activated_at",
            "problem",
            "version",
            "created_at",
            "updated_at",
        ]
        read_only_fields = ["key", "state"]

    def get_sentences(self, workflow: Workflow) -> list[str]:
        return step_sentences(workflow.steps)


class RunSerializer(serializers.ModelSerializer):
    """What a workflow did for one record."""

    class Meta:
        model = Run
        fields = [
            "id",
            "subject_type",
            "subject_id",
            "state",
            "position",
            "log",
            "attempts",
            "error",
            "due_at",
            "started_at",
            "finished_at",
        ]


class PreviewSerializer(serializers.Serializer):
    figures = serializers.DictField(child=serializers.IntegerField())
    skipped = serializers.DictField(child=serializers.IntegerField())
    examples = serializers.ListField(child=serializers.DictField())


class DryRunAnswer(serializers.Serializer):
    """What running on demand would do now."""

    count = serializers.IntegerField()
    examples = serializers.ListField(child=serializers.IntegerField())
    sentences = serializers.ListField(child=serializers.CharField())
    preview = PreviewSerializer(allow_null=True)


def param_shape(param: Param) -> dict[str, Any]:
    """One setting of a step as JSON."""
    choices = param.choices() if param.choices else ()
    return {
        "name": param.name,
        "label": param.label,
        "kind": param.kind,
        "required": param.required,
        "help_text": param.help_text,
        "default": param.default,
        "choices": [list(choice) for choice in choices],
    }


def step_shape(kind: StepType) -> dict[str, Any]:
    """A kind of step with its settings as JSON."""
    return {
        "key": kind.key,
        "label": kind.label,
        "entities": list(kind.entities),
        "params": [param_shape(param) for param in kind.params],
    }


class RunOrder:
    """How runs are paged: newest first."""

    orderings = {"id": "pk"}
    ordering = "-id"


class WorkflowViewSet(RecordViewSet):
    """Steps that run for a record when something happens, or on demand."""

    entity = "workflow"
    queryset = Workflow.objects.none()
    serializer_class = WorkflowSerializer
    filterset_class = WorkflowFilter
    orderings = {"id": "pk", "name": "name", "created_at": "created_at"}
    ordering = "name"

    def create_record(self, values: dict[str, Any]) -> Workflow:
        return definition.workflow_create(user=self.request.user, **values)

    def update_record(
        self, record: Any, values: dict[str, Any], version: int | None
    ) -> Workflow:
        return definition.workflow_update(
            workflow_id=record.pk, expected_version=version, **values
        )

    def delete_record(self, record: Any, version: int | None) -> None:
        definition.workflow_delete(workflow_id=record.pk, expected_version=version)

    @record_action("activate", right="activate")
    def activate(self, request: Request, record: Any, values: dict[str, Any]) -> Any:
        """Start running for what happens from now on."""
        return definition.workflow_activate(workflow_id=record.pk, user=request.user)

    @record_action("deactivate", right="activate")
    def deactivate(self, request: Request, record: Any, values: dict[str, Any]) -> Any:
        """Start no more runs."""
        return definition.workflow_deactivate(workflow_id=record.pk)

    @record_action("run", right="run")
    def run(self, request: Request, record: Any, values: dict[str, Any]) -> Any:
        """Run for every existing record it applies to; answers the job to follow."""
        job = workflow_run_start(workflow_id=record.pk, user=request.user)
        return Response(job_view(job), status=202)

    @record_action("dry-run", right="read", response=DryRunAnswer)
    def dry_run(self, request: Request, record: Any, values: dict[str, Any]) -> Any:
        """Count and list what running on demand would do; writes nothing."""
        return asdict(workflow_dry_run(workflow=record))

    @extend_schema(responses=RunSerializer(many=True))
    @action(
        detail=True,
        methods=["get"],
        filter_backends=[],
        pagination_class=KeysetPagination,
    )
    def runs(self, request: Request, pk: str) -> Response:
        """What the workflow did, newest first."""
        rows: QuerySet[Run] = Run.objects.filter(version__workflow=self.get_object())
        page = KeysetPagination()
        shown = page.paginate_queryset(rows, request, view=RunOrder())
        return page.get_paginated_response(RunSerializer(shown, many=True).data)

    @extend_schema(responses=OpenApiTypes.OBJECT)
    @action(
        detail=False,
        methods=["get"],
        url_path="step-types",
        filter_backends=[],
        pagination_class=None,
    )
    def types(self, request: Request) -> Response:
        """The kinds of steps there are, with their settings."""
        require(request.user, "workflow", "read")
        return Response([step_shape(kind) for kind in step_types()])
