"""A segment as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from core.api.serializers import RecordSerializer, StrictSerializer
from core.base.errors import Invalid
from segments.flow import JOINS, Part, definition_of, flow_of
from segments.models import Segment
from segments.services.sentences import sentence_of


class FlowPart(StrictSerializer):
    """One segment of a compound one, and how it joins what stands before it."""

    join = serializers.ChoiceField(choices=list(JOINS.items()), default="union")
    segment = serializers.IntegerField(min_value=1)


@extend_schema_field(FlowPart(many=True, allow_null=True))
class FlowField(serializers.Field):
    """The definition of a compound segment as a list; null for the other kinds."""

    def to_representation(self, value: Any) -> list[dict[str, Any]] | None:
        try:
            parts = flow_of(value)
        except Invalid:
            return None
        return [{"join": part.join, "segment": part.segment} for part in parts]

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        shape = FlowPart(data=data, many=True)
        shape.is_valid(raise_exception=True)
        return definition_of([Part(**part) for part in shape.validated_data])


class DraftAnswer(serializers.Serializer):
    """Changes of a live segment that are not published yet."""

    definition = serializers.JSONField()
    time_zone = serializers.CharField()
    scope = serializers.CharField()
    sentence = serializers.CharField()
    changed = serializers.ListField(child=serializers.CharField())
    by = serializers.IntegerField(allow_null=True)
    at = serializers.DateTimeField()


class SegmentSerializer(RecordSerializer):
    """A segment with its size and freshness.

    `definition`, `time_zone` and `scope` are those at work. Written to a live
    segment they go into `draft`, which a publish lets take effect. `flow` is the
    definition of a compound segment as a list, from left to right.
    """

    draft = serializers.SerializerMethodField()
    flow = FlowField(source="definition", required=False, allow_null=True)

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
            "flow",
            "draft",
            "time_zone",
            "campaign",
            "owner",
            "team",
            "member_count",
            "went_live_at",
            "evaluated_at",
            "evaluation_ms",
            "problem",
            "sentence",
            "version",
            "created_at",
            "updated_at",
        ]
        read_only_fields = ["state", "member_count"]

    def to_internal_value(self, data: Any) -> Any:
        """A flow that is sent back as it was read says nothing of its own."""
        if isinstance(data, Mapping) and "flow" in data:
            known = self.fields["flow"].to_representation(self._definition())
            if data["flow"] in (None, known):
                data = {name: data[name] for name in data if name != "flow"}
        return super().to_internal_value(data)

    def _definition(self) -> Any:
        return getattr(self.instance, "definition", None)

    @extend_schema_field(DraftAnswer(allow_null=True))
    def get_draft(self, segment: Segment) -> dict[str, Any] | None:
        """What a publish would change, who wrote it, and when."""
        if segment.draft is None or segment.draft_at is None:
            return None
        wanted = segment.drafted("definition")
        return {
            "definition": wanted,
            "time_zone": segment.drafted("time_zone"),
            "scope": segment.drafted("scope"),
            "sentence": sentence_of(wanted),
            "changed": sorted(segment.draft),
            "by": segment.draft_by_id,
            "at": serializers.DateTimeField().to_representation(segment.draft_at),
        }


class ChangeAnswer(serializers.Serializer):
    entered = serializers.IntegerField()
    left = serializers.IntegerField()
    milliseconds = serializers.IntegerField()
