"""Reports over the API."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.door import Door, require
from core.api.serializers import StrictSerializer
from core.base.models import Organisation
from sales.reports import lead_source_report, total_line


class PeriodSerializer(StrictSerializer):
    """The days on which the leads were created, both counted."""

    first = serializers.DateField(required=False)
    last = serializers.DateField(required=False)


class SourceSerializer(serializers.Serializer):
    lead_source = serializers.CharField(
        source="source", help_text="Blank: leads without a source."
    )
    leads = serializers.IntegerField()
    open = serializers.IntegerField()
    qualified = serializers.IntegerField()
    disqualified = serializers.IntegerField()
    rate = serializers.DecimalField(
        max_digits=4,
        decimal_places=1,
        allow_null=True,
        help_text="Qualified of all closed leads, in percent.",
    )
    opportunities = serializers.IntegerField()
    won = serializers.IntegerField()
    won_value = serializers.DecimalField(max_digits=20, decimal_places=2)
    open_value = serializers.DecimalField(max_digits=20, decimal_places=2)


class SourcesSerializer(serializers.Serializer):
    currency = serializers.CharField()
    total = SourceSerializer()
    results = SourceSerializer(many=True)


class LeadSourcesView(Door):
    """Value per lead source, among what the caller sees."""

    @extend_schema(parameters=[PeriodSerializer], responses=SourcesSerializer)
    def get(self, request: Request) -> Response:
        """One line for each lead source, most leads first."""
        user: Any = request.user
        require(user, "lead", "read")
        period = PeriodSerializer(data=request.query_params.dict())
        period.is_valid(raise_exception=True)
        lines = lead_source_report(user=user, **period.validated_data)
        shown = SourcesSerializer(
            {
                "currency": Organisation.current().currency,
                "total": total_line(lines),
                "results": lines,
            }
        )
        return Response(shown.data)
