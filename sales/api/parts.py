"""Lines, competitors and stakeholders of opportunities over the API."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from core.api.base import RecordViewSet
from core.api.serializers import RecordSerializer
from crm.api.serializers import STAMPS
from sales import filters
from sales.models import (
    Competitor,
    OpportunityCompetitor,
    OpportunityLine,
    Stakeholder,
)
from sales.services import parts


class CompetitorSerializer(RecordSerializer):
    class Meta:
        model = Competitor
        fields = (
            "id",
            "name",
            "website",
            "strengths",
            "weaknesses",
            "active",
            *STAMPS,
        )
        read_only_fields = STAMPS


class LineSerializer(RecordSerializer):
    amount = serializers.DecimalField(max_digits=24, decimal_places=2, read_only=True)
    price = serializers.DecimalField(
        max_digits=12,
        decimal_places=2,
        min_value=0,
        required=False,
        allow_null=True,
        help_text="The product's where it is left out.",
    )

    class Meta:
        model = OpportunityLine
        fields = ("id", "opportunity", *parts.LINE_FIELDS, "amount", *STAMPS)
        read_only_fields = STAMPS


class RivalSerializer(RecordSerializer):
    class Meta:
        model = OpportunityCompetitor
        fields = ("id", "opportunity", "competitor", "note", *STAMPS)
        read_only_fields = STAMPS


class StakeholderSerializer(RecordSerializer):
    class Meta:
        model = Stakeholder
        fields = ("id", "opportunity", *parts.STAKE_FIELDS, *STAMPS)
        read_only_fields = STAMPS


class CompetitorViewSet(RecordViewSet):
    """Who else sells what we sell."""

    entity = "competitor"
    queryset = Competitor.objects.none()
    serializer_class = CompetitorSerializer
    filterset_class = filters.CompetitorFilter
    orderings = {"id": "pk", "name": "name"}
    ordering = "name"

    def create_record(self, values: dict[str, Any]) -> Competitor:
        return parts.competitor_save(competitor=Competitor(), values=values)

    def update_record(
        self, record: Any, values: dict[str, Any], version: int | None
    ) -> Competitor:
        return parts.competitor_save(
            competitor=record, values=values, expected_version=version
        )

    def delete_record(self, record: Any, version: int | None) -> None:
        parts.competitor_delete(competitor=record)


class PartViewSet(RecordViewSet):
    """Rows that hang on an opportunity; it is named when they are made, and stays."""

    entity = "opportunity"
    part: Any

    @property
    def model(self) -> Any:
        """The rows themselves; the rights are those on their opportunity."""
        return self.part

    def object_for(self, action: str) -> Any:
        """Whoever may change the opportunity may also take this off it."""
        return super().object_for("update" if action == "delete" else action)

    def fixed(self, record: Any, values: dict[str, Any], *names: str) -> None:
        """What cannot be changed may be sent back as it was."""
        for name in names:
            if values.pop(name, None) not in (None, getattr(record, name)):
                text = "This stays as it is."
                error = serializers.ErrorDetail(text, code="fixed")
                raise serializers.ValidationError({name: [error]})


class LineViewSet(PartViewSet):
    """What an opportunity consists of; its amount can be the sum of them."""

    part = OpportunityLine
    queryset = OpportunityLine.objects.none()
    serializer_class = LineSerializer
    filterset_class = filters.LineFilter

    def create_record(self, values: dict[str, Any]) -> OpportunityLine:
        user: Any = self.request.user
        pk = values.pop("opportunity").pk
        return parts.line_add(opportunity_id=pk, user=user, values=values)

    def update_record(
        self, record: Any, values: dict[str, Any], version: int | None
    ) -> OpportunityLine:
        user: Any = self.request.user
        self.fixed(record, values, "opportunity")
        return parts.line_update(
            line=record, user=user, values=values, expected_version=version
        )

    def delete_record(self, record: Any, version: int | None) -> None:
        user: Any = self.request.user
        parts.line_delete(line=record, user=user)


class RivalViewSet(PartViewSet):
    """Competitors who are after an opportunity."""

    part = OpportunityCompetitor
    queryset = OpportunityCompetitor.objects.none()
    serializer_class = RivalSerializer
    filterset_class = filters.RivalFilter

    def create_record(self, values: dict[str, Any]) -> OpportunityCompetitor:
        user: Any = self.request.user
        pk = values.pop("opportunity").pk
        return parts.rival_add(opportunity_id=pk, user=user, **values)

    def update_record(
        self, record: Any, values: dict[str, Any], version: int | None
    ) -> OpportunityCompetitor:
        user: Any = self.request.user
        self.fixed(record, values, "opportunity", "competitor")
        note = values.get("note", record.note)
        return parts.rival_update(rival=record, user=user, note=note)

    def delete_record(self, record: Any, version: int | None) -> None:
        user: Any = self.request.user
        parts.rival_remove(rival=record, user=user)


class StakeholderViewSet(PartViewSet):
    """People and companies with a role in an opportunity."""

    part = Stakeholder
    queryset = Stakeholder.objects.none()
    serializer_class = StakeholderSerializer
    filterset_class = filters.StakeholderFilter

    def create_record(self, values: dict[str, Any]) -> Stakeholder:
        user: Any = self.request.user
        pk = values.pop("opportunity").pk
        return parts.stakeholder_add(opportunity_id=pk, user=user, values=values)

    def update_record(
        self, record: Any, values: dict[str, Any], version: int | None
    ) -> Stakeholder:
        user: Any = self.request.user
        self.fixed(record, values, "opportunity")
        return parts.stakeholder_update(
            stakeholder=record, user=user, values=values, expected_version=version
        )

    def delete_record(self, record: Any, version: int | None) -> None:
        user: Any = self.request.user
        parts.stakeholder_remove(stakeholder=record, user=user)
