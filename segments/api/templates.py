"""Templates of segments over the API."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers
from rest_framework.request import Request

from core.api.base import RecordViewSet, record_action
from core.api.door import require
from core.api.serializers import RecordSerializer, StrictSerializer
from segments.api.shapes import SegmentSerializer
from segments.filters import SegmentTemplateFilter
from segments.models import SegmentTemplate
from segments.services import templates


class SegmentTemplateSerializer(RecordSerializer):
    """Conditions to start from. `placeholders` are `{"at": place, "ask": question}`."""

    class Meta:
        model = SegmentTemplate
        fields = [
            "id",
            "key",
            "name",
            "description",
            "definition",
            "placeholders",
            "owner",
            "team",
            "version",
            "created_at",
            "updated_at",
        ]
        read_only_fields = ["key"]


class UseRequest(StrictSerializer):
    name = serializers.CharField(default="", allow_blank=True, max_length=200)
    values = serializers.DictField(
        child=serializers.JSONField(),
        default=dict,
        help_text="Answers by place; what is left out stays to be finished.",
    )


class SegmentTemplateViewSet(RecordViewSet):
    """Conditions to start a segment from."""

    entity = "segment_template"
    queryset = SegmentTemplate.objects.none()
    serializer_class = SegmentTemplateSerializer
    filterset_class = SegmentTemplateFilter
    orderings = {"id": "pk", "name": "name", "created_at": "created_at"}
    ordering = "name"

    def create_record(self, values: dict[str, Any]) -> SegmentTemplate:
        return templates.template_create(user=self.request.user, **values)

    def update_record(
        self, record: Any, values: dict[str, Any], version: int | None
    ) -> SegmentTemplate:
        return templates.template_update(
            template_id=record.pk, expected_version=version, **values
        )

    def delete_record(self, record: Any, version: int | None) -> None:
        templates.template_delete(template_id=record.pk, expected_version=version)

    @record_action("use", right="read", request=UseRequest, response=SegmentSerializer)
    def use(self, request: Request, record: Any, values: dict[str, Any]) -> Any:
        """A draft segment with the template's conditions, and these answers."""
        require(request.user, "segment", "create")
        made = templates.template_use(template=record, user=request.user, **values)
        return SegmentSerializer(made, context=self.get_serializer_context()).data
