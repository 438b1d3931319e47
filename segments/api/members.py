"""Members and exceptions over the API."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response

from core.access.rights import rights_of
from core.api.base import record_action
from core.api.pagination import KeysetPagination
from core.api.serializers import StrictSerializer
from crm.api.serializers import ContactSerializer
from crm.models import Contact
from segments import rules
from segments.api.asking import contact_of
from segments.api.shapes import ChangeAnswer
from segments.models import Segment
from segments.services.membership import exception_set, members_change

MANY = 10_000


class MembersRequest(StrictSerializer):
    add = serializers.ListField(
        child=serializers.IntegerField(min_value=1), default=list, max_length=MANY
    )
    remove = serializers.ListField(
        child=serializers.IntegerField(min_value=1), default=list, max_length=MANY
    )


class ExceptionRequest(StrictSerializer):
    contact = serializers.IntegerField(min_value=1)
    mode = serializers.ChoiceField(choices=["always", "never"], allow_null=True)
    reason = serializers.CharField(default="", allow_blank=True, max_length=300)


class MemberActions:
    """Who is in a segment, by hand and by exception."""

    get_object: Any

    @record_action("exceptions", right="update", request=ExceptionRequest)
    def exceptions(self, request: Request, record: Any, values: dict[str, Any]) -> Any:
        """Always or never keep a contact in a dynamic segment; null lifts it."""
        contact = contact_of(request, values["contact"])
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


class _MembersOrder:
    """How members are paged: by name."""

    orderings = {"id": "pk", "name": "sort_name"}
    ordering = "name"


def require_members(user: Any) -> None:
    """Static members may be changed by whoever has that right, or may edit segments."""
    rights = rights_of(user)
    if not rights.has("segment", "members") and not rights.has("segment", "update"):
        raise PermissionDenied("Your role does not allow this.")
