"""Segments over the API: doors to the services."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from rest_framework import serializers
from rest_framework.request import Request

from core.api.base import RecordViewSet, record_action
from core.api.door import require
from core.api.serializers import StrictSerializer
from segments import rules
from segments.api.asking import AskingActions
from segments.api.members import MemberActions
from segments.api.shapes import ChangeAnswer, SegmentSerializer
from segments.api.versions import VersionActions
from segments.filters import SegmentFilter
from segments.models import Segment
from segments.services import lifecycle
from segments.services.membership import membership_refresh


class StopRequest(StrictSerializer):
    ignore_uses = serializers.BooleanField(default=False)


class SegmentViewSet(AskingActions, MemberActions, VersionActions, RecordViewSet):
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
        if self.request.method == "PUT":
            # The live values, sent back as they were read, undo no draft.
            values = {
                name: value
                for name, value in values.items()
                if name not in Segment.DRAFTED or value != getattr(record, name)
            }
        return lifecycle.segment_update(
            segment_id=record.pk,
            expected_version=version,
            user=self.request.user,
            **values,
        )

    def delete_record(self, record: Any, version: int | None) -> None:
        lifecycle.segment_delete(segment_id=record.pk, expected_version=version)

    @record_action("go-live", right="publish")
    def go_live(self, request: Request, record: Any, values: dict[str, Any]) -> Any:
        """Evaluate the segment and keep it fresh from now on."""
        return lifecycle.segment_go_live(segment_id=record.pk, user=request.user)

    @record_action("stop", right="publish", request=StopRequest)
    def stop(self, request: Request, record: Any, values: dict[str, Any]) -> Any:
        """Stop keeping the segment fresh; its members stay.

        409 with the uses where something at work stands on it, unless `ignore_uses`.
        """
        return lifecycle.segment_stop(segment_id=record.pk, **values)

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
