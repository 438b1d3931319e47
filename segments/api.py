"""Segments over the API: doors to the services."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from django.http import Http404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response

from core.access.rights import rights_of
from core.api.base import RecordViewSet, record_action
from core.api.door import require
from core.api.pagination import KeysetPagination
from core.api.serializers import RecordSerializer, StrictSerializer
from crm.api.serializers import ContactSerializer
from crm.models import Contact
from segments import rules
from segments.filters import SegmentFilter
from segments.models import Segment
from segments.services import lifecycle
from segments.services.membership import (
    exception_set,
    members_change,
    membership_refresh,
)
from segments.services.preview import segment_counts, segment_preview
from segments.services.why import segment_why

MANY = 10_000


class SegmentSerializer(RecordSerializer):
    """A segment with its size and freshness."""

    class Meta:
        model = Segment
        fields = [
            "id",
            "name",
            "description",
            "kind",
            "state",
            "scope",
            "definition",
            "time_zone",
            "campaign",
            "owner",
            "team",
            "member_count",
            "went_live_at",
            "evaluated_at",
            "evaluation_ms",
            "problem",
            "version",
            "created_at",
            "updated_at",
        ]
        read_only_fields = ["state", "member_count"]


class CountsRequest(StrictSerializer):
    definition = serializers.JSONField()
    time_zone = serializers.CharField(default="UTC", max_length=64)


class PreviewRequest(CountsRequest):
    counts = serializers.BooleanField(
        default=False, help_text="Also count every condition: `tree` in the answer."
    )


class PreviewContact(serializers.Serializer):
    id = serializers.IntegerField()
    name = serializers.CharField()
    email = serializers.CharField()
    company_name = serializers.CharField()
    marketing_only = serializers.BooleanField()


class PreviewAnswer(serializers.Serializer):
    count = serializers.IntegerField()
    mailable = serializers.IntegerField()
    reasons = serializers.DictField(
        child=serializers.IntegerField(),
        help_text="Why the others cannot be mailed; each is counted once.",
    )
    sample = PreviewContact(many=True)
    sentence = serializers.CharField()
    tree = serializers.JSONField(
        allow_null=True,
        help_text="The definition with `rows` on every condition, and on a negative "
        "one `empty`: how many fit only because the field is empty.",
    )


class CountsAnswer(serializers.Serializer):
    tree = serializers.JSONField()


class MembersRequest(StrictSerializer):
    add = serializers.ListField(
        child=serializers.IntegerField(min_value=1), default=list, max_length=MANY
    )
    remove = serializers.ListField(
        child=serializers.IntegerField(min_value=1), default=list, max_length=MANY
    )


class ChangeAnswer(serializers.Serializer):
    entered = serializers.IntegerField()
    left = serializers.IntegerField()
    milliseconds = serializers.IntegerField()


class ExceptionRequest(StrictSerializer):
    contact = serializers.IntegerField(min_value=1)
    mode = serializers.ChoiceField(choices=["always", "never"], allow_null=True)
    reason = serializers.CharField(default="", allow_blank=True, max_length=300)


class WhyAnswer(serializers.Serializer):
    contact = serializers.IntegerField()
    member = serializers.BooleanField()
    since = serializers.DateTimeField(allow_null=True)
    exception = serializers.CharField(allow_null=True)
    result = serializers.BooleanField()
    tree = serializers.JSONField(allow_null=True)


class SegmentViewSet(RecordViewSet):
    """Groups of contacts, by query or by hand."""

    entity = "segment"
    queryset = Segment.objects.none()
    serializer_class = SegmentSerializer
    filterset_class = SegmentFilter
    orderings = {
        "id": "pk",
        "name": "name",
        "created_at": "created_at",
        "updated_at": "updated_at",
        "member_count": "member_count",
    }
    ordering = "name"

    def create_record(self, values: dict[str, Any]) -> Segment:
        return lifecycle.segment_create(user=self.request.user, **values)

    def update_record(
        self, record: Any, values: dict[str, Any], version: int | None
    ) -> Segment:
        return lifecycle.segment_update(
            segment_id=record.pk, expected_version=version, **values
        )

    def delete_record(self, record: Any, version: int | None) -> None:
        lifecycle.segment_delete(segment_id=record.pk, expected_version=version)

    @extend_schema(request=PreviewRequest, responses=PreviewAnswer)
    @action(detail=False, methods=["post"], filter_backends=[], pagination_class=None)
    def preview(self, request: Request) -> Response:
        """What a definition gives now: count, mailable, a sample, its sentence."""
        # It counts what the organisation knows, not only what the caller may see.
        require(request.user, "segment", "create")
        shape = PreviewRequest(data=request.data)
        shape.is_valid(raise_exception=True)
        found = segment_preview(user=request.user, **shape.validated_data)
        return Response(asdict(found))

    @extend_schema(request=CountsRequest, responses=CountsAnswer)
    @action(detail=False, methods=["post"], filter_backends=[], pagination_class=None)
    def counts(self, request: Request) -> Response:
        """The definition with `rows` on every condition: how many satisfy it."""
        require(request.user, "segment", "create")
        shape = CountsRequest(data=request.data)
        shape.is_valid(raise_exception=True)
        return Response({"tree": segment_counts(**shape.validated_data)})

    @record_action("go-live", right="publish")
    def go_live(self, request: Request, record: Any, values: dict[str, Any]) -> Any:
        """Evaluate the segment and keep it fresh from now on."""
        return lifecycle.segment_go_live(segment_id=record.pk)

    @record_action("stop", right="publish")
    def stop(self, request: Request, record: Any, values: dict[str, Any]) -> Any:
        """Stop keeping the segment fresh; its members stay."""
        return lifecycle.segment_stop(segment_id=record.pk)

    @record_action("refresh", right="read", response=ChangeAnswer)
    def refresh(self, request: Request, record: Any, values: dict[str, Any]) -> Any:
        """Evaluate a live segment whole, now."""
        rules.check_can_stop(record.state)
        return asdict(membership_refresh(segment_id=record.pk))

    @record_action("duplicate", right="read")
    def duplicate(self, request: Request, record: Any, values: dict[str, Any]) -> Any:
        """A draft with the same conditions."""
        require(request.user, "segment", "create")
        return lifecycle.segment_duplicate(segment_id=record.pk, user=request.user)

    @record_action("exceptions", right="update", request=ExceptionRequest)
    def exceptions(self, request: Request, record: Any, values: dict[str, Any]) -> Any:
        """Always or never keep a contact in a dynamic segment; null lifts it."""
        contact = _contact(request, values["contact"])
        exception_set(
            segment_id=record.pk,
            contact_id=contact.pk,
            mode=values["mode"],
            reason=values["reason"],
            user=request.user,
        )
        record.refresh_from_db()
        return record

    @extend_schema(
        methods=["get"],
        responses=ContactSerializer(many=True),
        operation_id="segments_members_list",
    )
    @extend_schema(
        methods=["post"],
        request=MembersRequest,
        responses=ChangeAnswer,
        operation_id="segments_members_change",
    )
    @action(
        detail=True,
        methods=["get", "post"],
        filter_backends=[],
        pagination_class=KeysetPagination,
    )
    def members(self, request: Request, pk: str) -> Response:
        """The contacts in the segment; POST changes those of a static one."""
        segment = self.get_object()
        if request.method == "POST":
            return self._members_change(request, segment)
        contacts = Contact.objects.visible_to(request.user).filter(
            memberships__segment=segment
        )
        page = KeysetPagination()
        rows = page.paginate_queryset(contacts, request, view=_MembersOrder())
        context = {"request": request}
        shown = ContactSerializer(rows, many=True, context=context)
        return page.get_paginated_response(shown.data)

    def _members_change(self, request: Request, segment: Segment) -> Response:
        require_members(request.user)
        rules.check_hand_picked(segment.kind)
        shape = MembersRequest(data=request.data)
        shape.is_valid(raise_exception=True)
        values = shape.validated_data
        seen = Contact.objects.visible_to(request.user)
        change = members_change(
            segment_id=segment.pk,
            add=seen.filter(pk__in=values["add"]).values_list("pk", flat=True),
            remove=seen.filter(pk__in=values["remove"]).values_list("pk", flat=True),
            user_id=request.user.pk,
        )
        return Response(asdict(change))

    @extend_schema(
        parameters=[OpenApiParameter("contact", OpenApiTypes.INT, required=True)],
        responses=WhyAnswer,
    )
    @action(detail=True, methods=["get"], filter_backends=[], pagination_class=None)
    def why(self, request: Request, pk: str) -> Response:
        """Why a contact is in or out: the conditions with true or false on each."""
        segment = self.get_object()
        contact = _contact(request, request.query_params.get("contact", ""))
        return Response(segment_why(segment=segment, contact=contact))


class _MembersOrder:
    """How members are paged: by name."""

    orderings = {"id": "pk", "name": "sort_name"}
    ordering = "name"


def require_members(user: Any) -> None:
    """Static members may be changed by whoever has that right, or may edit segments."""
    rights = rights_of(user)
    if not rights.has("segment", "members") and not rights.has("segment", "update"):
        raise PermissionDenied("Your role does not allow this.")


def _contact(request: Request, number: Any) -> Contact:
    text = str(number)
    if not text.isascii() or not text.isdigit() or len(text) > 18:
        raise serializers.ValidationError({"contact": ["Give the id of a contact."]})
    found = Contact.objects.visible_to(request.user).filter(pk=int(text)).first()
    if found is None:
        raise Http404
    return found
