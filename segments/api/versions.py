"""Changes of live segments and their versions, over the API."""

from __future__ import annotations

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.base import record_action
from core.api.door import version_of
from core.api.pagination import KeysetPagination
from core.api.serializers import StrictSerializer
from crm.api.serializers import ContactSerializer
from segments import rules
from segments.models import SegmentVersion
from segments.services.difference import (
    entering_contacts,
    leaving_contacts,
    segment_difference,
)
from segments.services.drafts import draft_discard, draft_publish
from segments.services.lifecycle import segment_update
from segments.services.versions import version_values

WAYS = {"entering": entering_contacts, "leaving": leaving_contacts}


class VersionSerializer(serializers.ModelSerializer):
    """What a segment asked for from some moment on, and its size then."""

    class Meta:
        model = SegmentVersion
        fields = [
            "number",
            "how",
            "definition",
            "time_zone",
            "scope",
            "sentence",
            "members",
            "entered",
            "left",
            "created_by",
            "created_at",
        ]


class DifferenceAnswer(serializers.Serializer):
    """How many contacts a publish would let in, put out and leave in."""

    entering = serializers.IntegerField()
    leaving = serializers.IntegerField()
    staying = serializers.IntegerField()
    before = serializers.IntegerField()
    after = serializers.IntegerField()


class ReturnRequest(StrictSerializer):
    number = serializers.IntegerField(min_value=1)


class _NewestVersion:
    """How versions are paged: newest first."""

    orderings = {"id": "pk"}
    ordering = "-id"


class _ByName:
    """How contacts are paged: by name."""

    orderings = {"id": "pk", "name": "sort_name"}
    ordering = "name"


class VersionActions:
    """Comparing, publishing, discarding, and going back."""

    get_object: Any

    @record_action("publish", right="publish")
    def publish(self, request: Request, record: Any, values: dict[str, Any]) -> Any:
        """Let the changes replace what is live; who enters and leaves is journaled."""
        segment, _ = draft_publish(
            segment_id=record.pk,
            expected_version=version_of(request),
            user=request.user,
        )
        return segment

    @record_action("discard", right="update")
    def discard(self, request: Request, record: Any, values: dict[str, Any]) -> Any:
        """Throw the changes away that are not published."""
        return draft_discard(segment_id=record.pk, expected_version=version_of(request))

    @record_action("return-to-version", right="update", request=ReturnRequest)
    def return_to_version(
        self, request: Request, record: Any, values: dict[str, Any]
    ) -> Any:
        """Take the conditions of an older version; of a live segment as a change."""
        found = version_values(record, values["number"])
        return segment_update(
            segment_id=record.pk,
            expected_version=version_of(request),
            user=request.user,
            **found,
        )

    @extend_schema(responses=VersionSerializer(many=True))
    @action(
        detail=True,
        methods=["get"],
        filter_backends=[],
        pagination_class=KeysetPagination,
    )
    def versions(self, request: Request, pk: str) -> Response:
        """What the segment asked for over time, newest first."""
        page = KeysetPagination()
        rows = page.paginate_queryset(
            self.get_object().versions.all(), request, view=_NewestVersion()
        )
        return page.get_paginated_response(VersionSerializer(rows, many=True).data)

    @extend_schema(responses=DifferenceAnswer)
    @action(detail=True, methods=["get"], filter_backends=[], pagination_class=None)
    def difference(self, request: Request, pk: str) -> Response:
        """How many contacts would enter and leave if the changes were published."""
        segment = self.get_object()
        rules.check_can_publish(segment.draft)
        return Response(DifferenceAnswer(segment_difference(segment)).data)

    @extend_schema(
        parameters=[OpenApiParameter("way", OpenApiTypes.STR, enum=list(WAYS))],
        responses=ContactSerializer(many=True),
    )
    @action(
        detail=True,
        methods=["get"],
        url_path="difference/contacts",
        filter_backends=[],
        pagination_class=KeysetPagination,
    )
    def difference_contacts(self, request: Request, pk: str) -> Response:
        """Who would enter (or, by `way`, leave) of those that the caller may see."""
        segment = self.get_object()
        way = request.query_params.get("way", "entering")
        if way not in WAYS:
            raise serializers.ValidationError({"way": [f"One of: {', '.join(WAYS)}."]})
        rules.check_can_publish(segment.draft)
        page = KeysetPagination()
        rows = WAYS[way](segment, request.user)
        found = page.paginate_queryset(rows, request, view=_ByName())
        shown = ContactSerializer(found, many=True, context={"request": request})
        return page.get_paginated_response(shown.data)
