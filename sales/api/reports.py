"""The forecast over the API."""

from __future__ import annotations

from decimal import ROUND_HALF_UP
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.door import Door, require
from core.api.serializers import StrictSerializer
from core.base.models import Organisation
from sales.forecast import WITHIN, Forecast, Line, forecast


class ForecastOptions(StrictSerializer):
    """Which months, whose, and of what."""

    first = serializers.DateField(
        required=False,
        validators=[*WITHIN],
        help_text="A day of the first month; between 1900 and 2199.",
    )
    months = serializers.IntegerField(min_value=1, max_value=24, default=3)
    by = serializers.ChoiceField(choices=["owner", "team"], default="owner")
    pipeline = serializers.IntegerField(required=False, min_value=1)
    team = serializers.IntegerField(
        required=False, min_value=1, help_text="With the teams below it."
    )
    owner = serializers.IntegerField(required=False, min_value=1)


def _money() -> serializers.DecimalField:
    return serializers.DecimalField(max_digits=24, decimal_places=2)


class ForecastCellSerializer(serializers.Serializer):
    month = serializers.DateField()
    won = _money()
    won_number = serializers.IntegerField()
    committed = _money()
    committed_number = serializers.IntegerField()
    best = _money()
    best_number = serializers.IntegerField()
    pipeline = _money()
    pipeline_number = serializers.IntegerField()
    weighted = serializers.DecimalField(
        max_digits=26, decimal_places=2, rounding=ROUND_HALF_UP
    )
    expected = serializers.DecimalField(
        max_digits=26, decimal_places=2, rounding=ROUND_HALF_UP
    )


class ForecastLineSerializer(serializers.Serializer):
    id = serializers.IntegerField(
        allow_null=True, help_text="Of the owner or team; null: nobody's."
    )
    name = serializers.CharField()
    months = ForecastCellSerializer(many=True)


class ForecastSerializer(serializers.Serializer):
    currency = serializers.CharField()
    results = ForecastLineSerializer(many=True)
    total = ForecastLineSerializer()


class ForecastView(Door):
    """Won and open amounts by month and owner or team, among what the caller sees."""

    @extend_schema(parameters=[ForecastOptions], responses=ForecastSerializer)
    def get(self, request: Request) -> Response:
        """Won by the month of closing, open ones by that of their estimated close."""
        user: Any = request.user
        require(user, "opportunity", "read")
        asked = ForecastOptions(data=request.query_params.dict())
        asked.is_valid(raise_exception=True)
        said = dict(asked.validated_data)
        for name in ("pipeline", "team", "owner"):
            if name in said:
                said[f"{name}_id"] = said.pop(name)
        found = forecast(user=user, **said)
        shown = ForecastSerializer(
            {
                "currency": Organisation.current().currency,
                "results": [_forecast_line(line, found) for line in found.lines],
                "total": _forecast_line(found.total, found),
            }
        )
        return Response(shown.data)


def _forecast_line(line: Line, found: Forecast) -> dict[str, Any]:
    months = [
        {"month": month, **cell.as_data()}
        for month, cell in zip(found.months, line.cells, strict=True)
    ]
    return {"id": line.pk, "name": line.name, "months": months}
