"""Long jobs over the API: how far they are, what went wrong, and stopping them."""

from __future__ import annotations

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.base import ReadViewSet
from core.api.serializers import RecordSerializer
from core.jobs.models import Job
from core.jobs.services import job_cancel, job_problems

PROBLEMS_SHOWN = 1_000


class JobSerializer(RecordSerializer):
    percent = serializers.IntegerField(read_only=True, allow_null=True)
    error = serializers.SerializerMethodField()

    class Meta:
        model = Job
        fields = (
            "id",
            "kind",
            "label",
            "state",
            "total",
            "done",
            "percent",
            "problem_count",
            "cancel_requested",
            "result",
            "error",
            "created_by",
            "created_at",
            "started_at",
            "finished_at",
        )
        read_only_fields = fields

    @extend_schema_field(OpenApiTypes.STR)
    def get_error(self, job: Job) -> str:
        """The last line of what stopped it."""
        return (job.error.strip().splitlines() or [""])[-1]


class JobViewSet(ReadViewSet):
    """The caller's own jobs; all of them for whoever changes the settings."""

    entity = "job"
    queryset = Job.objects.none()
    serializer_class = JobSerializer
    orderings = {"id": "pk", "created_at": "created_at"}

    def get_queryset(self) -> Any:
        if getattr(self, "swagger_fake_view", False):
            return Job.objects.none()
        return Job.objects.visible_to(self.request.user)

    @extend_schema(responses=OpenApiTypes.OBJECT)
    @action(detail=True, methods=["get"], pagination_class=None, filter_backends=[])
    def problems(self, request: Request, pk: str) -> Response:
        """The first 1,000 lines of the report."""
        rows = job_problems(self.get_object())[:PROBLEMS_SHOWN]
        return Response({"results": [row.data for row in rows]})

    @extend_schema(request=None, responses=JobSerializer)
    @action(detail=True, methods=["post"], pagination_class=None, filter_backends=[])
    def cancel(self, request: Request, pk: str) -> Response:
        """Stop the job after the running chunk; what was done stays done."""
        return self.shown(job_cancel(self.get_object()))
