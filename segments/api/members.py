"""Members and exceptions over the API."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.exceptions import PermissionDenied
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from core.access.rights import rights_of
from core.api.pagination import KeysetPagination
from core.api.serializers import StrictSerializer
from core.api.work import JobSerializer
from core.jobs.services import job_view
from crm.api.serializers import ContactSerializer
from crm.models import Contact
from segments import rules
from segments.api.asking import contact_of
from segments.api.shapes import ChangeAnswer, SegmentSerializer
from segments.models import MemberBatch, Segment, SegmentException
from segments.pages.access import pickable
from segments.pages.exports import members_csv, members_hashed
from segments.services import batches
from segments.services.membership import exception_set, members_change
from segments.services.sizes import sizes_by_day
from segments.usage import usage_of

MANY = 10_000


class MembersRequest(StrictSerializer):
    add = serializers.ListField(
        child=serializers.IntegerField(min_value=1), default=list, max_length=MANY
    )
    remove = serializers.ListField(
        child=serializers.IntegerField(min_value=1), default=list, max_length=MANY
    )


class QueryRequest(StrictSerializer):
    definition = serializers.JSONField()
    mode = serializers.ChoiceField(choices=MemberBatch.Mode.choices, default="add")
    time_zone = serializers.CharField(default="UTC", max_length=64)


class UploadRequest(StrictSerializer):
    file = serializers.FileField(
        help_text="CSV with a column Email, ID or External ID; or just one column."
    )
    mode = serializers.ChoiceField(choices=MemberBatch.Mode.choices, default="add")


class ExceptionAnswer(serializers.ModelSerializer):
    """A contact that is always, or never, in a segment; who said so, and why."""

    class Meta:
        model = SegmentException
        fields = ["contact", "mode", "reason", "created_by", "created_at"]


class UseAnswer(serializers.Serializer):
    """Something that stands on a segment; `live` where it is at work now."""

    kind = serializers.CharField()
    name = serializers.CharField()
    url = serializers.CharField()
    note = serializers.CharField()
    live = serializers.BooleanField()


class SizeAnswer(serializers.Serializer):
    """How many members there were at the end of a day."""

    day = serializers.DateField()
    members = serializers.IntegerField()


class ExceptionRequest(StrictSerializer):
    contact = serializers.IntegerField(min_value=1)
    mode = serializers.ChoiceField(choices=["always", "never"], allow_null=True)
    reason = serializers.CharField(default="", allow_blank=True, max_length=300)


class MemberActions:
    """Who is in a segment, by hand and by exception."""

    get_object: Any
    object_for: Any
    shown: Any

    @extend_schema(
        methods=["get"],
        responses=ExceptionAnswer(many=True),
        operation_id="segments_exceptions_list",
    )
    @extend_schema(
        methods=["post"],
        request=ExceptionRequest,
        responses=SegmentSerializer,
        operation_id="segments_exceptions_change",
    )
    @action(
        detail=True,
        methods=["get", "post"],
        filter_backends=[],
        pagination_class=KeysetPagination,
    )
    def exceptions(self, request: Request, pk: str) -> Response:
        """Who is always or never in; POST says so of a contact, null lifts it."""
        if request.method == "POST":
            return self._exception_set(request)
        seen = Contact.objects.visible_to(request.user).values("pk")
        rows = SegmentException.objects.filter(
            segment=self.get_object(), contact__in=seen
        )
        page = KeysetPagination()
        found = page.paginate_queryset(rows, request, view=_Newest())
        return page.get_paginated_response(ExceptionAnswer(found, many=True).data)

    def _exception_set(self, request: Request) -> Response:
        segment = self.object_for("update")
        shape = ExceptionRequest(data=request.data)
        shape.is_valid(raise_exception=True)
        values = shape.validated_data
        exception_set(
            segment_id=segment.pk,
            contact_id=contact_of(request, values["contact"]).pk,
            mode=values["mode"],
            reason=values["reason"],
            user=request.user,
        )
        segment.refresh_from_db()
        found: Response = self.shown(segment)
        return found

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
        require_fill(request.user, segment)
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

    @extend_schema(request=QueryRequest, responses={202: JobSerializer})
    @action(
        detail=True,
        methods=["post"],
        url_path="members/by-query",
        filter_backends=[],
        pagination_class=None,
    )
    def members_by_query(self, request: Request, pk: str) -> Response:
        """Run a query once and add, or remove, whom it finds; answers the job."""
        segment = self.get_object()
        require_fill(request.user, segment)
        shape = QueryRequest(data=request.data)
        shape.is_valid(raise_exception=True)
        job = batches.members_by_query(
            segment_id=segment.pk, user=request.user, **shape.validated_data
        )
        return Response(job_view(job), status=202)

    @extend_schema(
        request={"multipart/form-data": UploadRequest}, responses={202: JobSerializer}
    )
    @action(
        detail=True,
        methods=["post"],
        url_path="members/upload",
        parser_classes=[MultiPartParser],
        filter_backends=[],
        pagination_class=None,
    )
    def members_upload(self, request: Request, pk: str) -> Response:
        """Add, or remove, the contacts of a CSV file; answers the job to follow.

        Its report names every row that was left out, and why.
        """
        segment = self.get_object()
        require_fill(request.user, segment)
        shape = UploadRequest(data=request.data)
        shape.is_valid(raise_exception=True)
        job = batches.members_by_file(
            segment_id=segment.pk, user=request.user, **shape.validated_data
        )
        return Response(job_view(job), status=202)

    @extend_schema(
        parameters=[OpenApiParameter("hashed", OpenApiTypes.BOOL)],
        responses={(200, "text/csv"): OpenApiTypes.BINARY},
    )
    @action(
        detail=True,
        methods=["get"],
        url_path="members/export",
        filter_backends=[],
        pagination_class=None,
    )
    def members_export(self, request: Request, pk: str) -> Any:
        """The members as CSV; with `hashed` only the SHA-256 of their emails."""
        segment = self.get_object()
        hashed = request.query_params.get("hashed", "") in ("1", "true")
        return (members_hashed if hashed else members_csv)(segment, request.user, "api")

    @extend_schema(responses=UseAnswer(many=True))
    @action(detail=True, methods=["get"], filter_backends=[], pagination_class=None)
    def usage(self, request: Request, pk: str) -> Response:
        """What stands on the segment, as far as the caller sees it."""
        uses = usage_of(self.get_object().pk, request.user)
        return Response(UseAnswer(uses, many=True).data)

    @extend_schema(responses=SizeAnswer(many=True))
    @action(detail=True, methods=["get"], filter_backends=[], pagination_class=None)
    def sizes(self, request: Request, pk: str) -> Response:
        """How many members there were at the end of each of the last 90 days."""
        found = sizes_by_day(self.get_object())
        return Response([{"day": day, "members": number} for day, number in found])


class _Newest:
    """How exceptions are paged: newest first."""

    orderings = {"id": "pk"}
    ordering = "-id"


class _MembersOrder:
    """How members are paged: by name."""

    orderings = {"id": "pk", "name": "sort_name"}
    ordering = "name"


def require_fill(user: Any, segment: Segment) -> None:
    """This static segment may be filled by whoever may fill it, or may edit it."""
    require_members(user)
    rules.check_hand_picked(segment.kind)
    if not pickable(user).filter(pk=segment.pk).exists():
        raise PermissionDenied("Your role does not allow this.")


def require_members(user: Any) -> None:
    """Static members may be changed by whoever has that right, or may edit segments."""
    rights = rights_of(user)
    if not rights.has("segment", "members") and not rights.has("segment", "update"):
        raise PermissionDenied("Your role does not allow this.")
