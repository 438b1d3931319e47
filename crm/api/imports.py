"""Imports over the API: a file and its mapping in, progress and report out."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import exceptions, serializers
from rest_framework.decorators import action
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.base import ReadViewSet
from core.api.door import require
from core.api.parsers import StrictJSONParser
from core.api.serializers import RecordSerializer, StrictSerializer
from core.api.work import JobSerializer
from core.jobs.services import job_view
from crm.imports.jobs import import_enqueue
from crm.imports.services import import_create
from crm.imports.stopping import import_stop
from crm.imports.undo.services import import_undo, undo_asked
from crm.models import Import, ImportRow

PAGE, PAGE_MOST = 50, 200


class ImportSerializer(RecordSerializer):
    class Meta:
        model = Import
        fields = (
            "id",
            "entity",
            "file_name",
            "mapping",
            "dry_run",
            "state",
            "total",
            "done",
            "created",
            "updated",
            "unchanged",
            "rejected",
            "contacts_created",
            "accounts_created",
            "notes",
            "problem",
            "undo_state",
            "undo_job_id",
            "undone",
            "undone_partly",
            "undo_kept",
            "undo_gone",
            "contacts_undone",
            "accounts_undone",
            "undone_at",
            "job_id",
            "created_by",
            "created_at",
            "finished_at",
        )
        read_only_fields = fields


class ImportRowSerializer(serializers.ModelSerializer):
    class Meta:
        model = ImportRow
        fields = (
            "row_no",
            "result",
            "record_id",
            "errors",
            "undo",
            "undo_why",
            "raw",
        )
        read_only_fields = fields


class NewImportSerializer(StrictSerializer):
    file = serializers.FileField()
    entity = serializers.CharField(max_length=40)
    mapping = serializers.CharField(
        max_length=200_000, help_text="The mapping as JSON."
    )
    dry_run = serializers.BooleanField(default=False)

    def validate_mapping(self, text: str) -> Any:
        try:
            return json.loads(text)
        except (ValueError, RecursionError) as error:
            raise serializers.ValidationError(f"Is not JSON: {error}") from error


class UndoSerializer(StrictSerializer):
    dry_run = serializers.BooleanField(
        default=False, help_text="Count what would be taken back; write nothing."
    )


class ImportViewSet(ReadViewSet):
    """The caller's imports. A POST answers 202; follow it here or by its job."""

    entity = "import"
    serializer_class = ImportSerializer
    parser_classes = [MultiPartParser, StrictJSONParser]
    orderings = {"id": "pk", "created_at": "created_at"}

    @extend_schema(
        request={"multipart/form-data": NewImportSerializer},
        responses={202: ImportSerializer},
    )
    def create(self, request: Request) -> Response:
        """Import a CSV file; rows are matched, made and reported in the background."""
        require(request.user, self.entity, "create")
        shape = NewImportSerializer(data=request.data)
        shape.is_valid(raise_exception=True)
        values = shape.validated_data
        batch = import_create(
            user=request.user,
            entity=values["entity"],
            file=values["file"],
            file_name=values["file"].name,
            mapping=values["mapping"],
            dry_run=values["dry_run"],
        )
        return self.shown(import_enqueue(batch=batch), status=202)

    @extend_schema(
        parameters=[
            OpenApiParameter("result", str, enum=ImportRow.Result.values),
            OpenApiParameter("undo", str, enum=ImportRow.Undo.values),
            OpenApiParameter("cursor", int, description="Rows after this number."),
            OpenApiParameter("page_size", int),
        ],
        responses=OpenApiTypes.OBJECT,
    )
    @action(detail=True, methods=["get"], pagination_class=None, filter_backends=[])
    def rows(self, request: Request, pk: str) -> Response:
        """What became of each row, in the order of the file."""
        asked = _rows_asked(request)
        found = self.get_object().rows.filter(row_no__gt=asked["cursor"])
        if asked["result"]:
            found = found.filter(result=asked["result"])
        if asked["undo"]:
            found = found.filter(undo=asked["undo"])
        page = list(found.order_by("row_no")[: asked["page_size"] + 1])
        shown, more = page[: asked["page_size"]], len(page) > asked["page_size"]
        following = None
        if more:
            query = request.query_params.copy()
            query["cursor"] = str(shown[-1].row_no)
            address = request.build_absolute_uri(request.path)
            following = f"{address}?{query.urlencode()}"
        rows = ImportRowSerializer(shown, many=True).data
        return Response({"results": rows, "next": following, "previous": None})

    @extend_schema(request=None, responses=ImportSerializer)
    @action(detail=True, methods=["post"], pagination_class=None, filter_backends=[])
    def cancel(self, request: Request, pk: str) -> Response:
        """Stop after the running part; what is done stays done."""
        return self.shown(import_stop(batch=self.object_for("update")))

    @extend_schema(
        request=UndoSerializer, responses={202: JobSerializer, 200: OpenApiTypes.OBJECT}
    )
    @action(detail=True, methods=["post"], pagination_class=None, filter_backends=[])
    def undo(self, request: Request, pk: str) -> Response:
        """Take a finished import back; answers the job to follow.

        With `dry_run` only what would go, come back and stay is counted.
        """
        batch = self.object_for("update")
        shape = UndoSerializer(data=request.data)
        shape.is_valid(raise_exception=True)
        if not shape.validated_data["dry_run"]:
            job = import_undo(batch=batch, user=request.user)
            return Response(job_view(job), status=202)
        return Response(asdict(undo_asked(batch=batch, user=request.user)))


def _rows_asked(request: Request) -> dict[str, Any]:
    known = {"result", "undo", "cursor", "page_size"}
    for name in request.query_params:
        if name not in known:
            error = exceptions.ErrorDetail("Unknown filter.", code="unknown_filter")
            raise exceptions.ValidationError({name[:80]: [error]})
    shape = _RowsAsked(data=request.query_params.dict())
    shape.is_valid(raise_exception=True)
    return dict(shape.validated_data)


class _RowsAsked(serializers.Serializer):
    result = serializers.ChoiceField(
        ImportRow.Result.choices, default="", allow_blank=True
    )
    undo = serializers.ChoiceField(ImportRow.Undo.choices, default="", allow_blank=True)
    cursor = serializers.IntegerField(min_value=0, max_value=2**31 - 1, default=0)
    page_size = serializers.IntegerField(min_value=1, max_value=PAGE_MOST, default=PAGE)
