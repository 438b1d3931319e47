"""Pipelines, currencies and exchange rates over the API."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from core.api.base import RecordViewSet
from core.api.serializers import RecordSerializer, StrictSerializer
from crm.api.serializers import STAMPS
from sales import filters
from sales.models import Currency, ExchangeRate, Pipeline
from sales.services import money, pipelines


class StageSerializer(StrictSerializer):
    """A stage; without a key it is a new one."""

    key = serializers.SlugField(max_length=40, required=False)
    name = serializers.CharField(max_length=80)
    probability = serializers.IntegerField(min_value=0, max_value=100)
    stale_days = serializers.IntegerField(min_value=1, max_value=9999, default=30)


class PipelineSerializer(RecordSerializer):
    stages = StageSerializer(
        many=True,
        required=False,
        help_text="In their order. Those that are left out are deleted.",
    )

    class Meta:
        model = Pipeline
        fields = (
            "id",
            "name",
            "description",
            "is_default",
            "active",
            "stages",
            *STAMPS,
        )
        read_only_fields = STAMPS


class CurrencySerializer(RecordSerializer):
    class Meta:
        model = Currency
        fields = ("id", "code", "name", "active", *STAMPS)
        read_only_fields = STAMPS


class ExchangeRateSerializer(RecordSerializer):
    class Meta:
        model = ExchangeRate
        fields = ("id", "currency", "day", "rate", *STAMPS)
        read_only_fields = STAMPS


class PipelineViewSet(RecordViewSet):
    """The ways along which opportunities are sold, with their stages."""

    entity = "pipeline"
    queryset = Pipeline.objects.none()
    serializer_class = PipelineSerializer
    filterset_class = filters.PipelineFilter
    orderings = {"id": "pk", "name": "name"}
    ordering = "name"

    def get_queryset(self) -> Any:
        """With their stages, in one more query."""
        return super().get_queryset().prefetch_related("stages")

    def create_record(self, values: dict[str, Any]) -> Pipeline:
        return self._save(Pipeline(), values)

    def update_record(
        self, record: Any, values: dict[str, Any], version: int | None
    ) -> Pipeline:
        return self._save(record, values, version)

    def _save(
        self, row: Pipeline, values: dict[str, Any], version: int | None = None
    ) -> Pipeline:
        stages = values.pop("stages", None)
        saved = pipelines.pipeline_save(
            pipeline=row, values=values, stages=stages, expected_version=version
        )
        found: Pipeline = self.get_queryset().get(pk=saved.pk)
        return found

    def delete_record(self, record: Any, version: int | None) -> None:
        pipelines.pipeline_delete(pipeline=record)


class CurrencyViewSet(RecordViewSet):
    """What amounts can be in. The organisation's currency is always worth one."""

    entity = "currency"
    queryset = Currency.objects.none()
    serializer_class = CurrencySerializer
    filterset_class = filters.CurrencyFilter
    orderings = {"id": "pk", "code": "code"}
    ordering = "code"

    def create_record(self, values: dict[str, Any]) -> Currency:
        return money.currency_save(currency=Currency(), values=values)

    def update_record(
        self, record: Any, values: dict[str, Any], version: int | None
    ) -> Currency:
        return money.currency_save(
            currency=record, values=values, expected_version=version
        )

    def delete_record(self, record: Any, version: int | None) -> None:
        money.currency_delete(currency=record)


class ExchangeRateViewSet(RecordViewSet):
    """What one unit of a currency is worth in the organisation's, from a day on."""

    entity = "currency"
    queryset = ExchangeRate.objects.none()
    serializer_class = ExchangeRateSerializer
    filterset_class = filters.ExchangeRateFilter
    orderings = {"id": "pk", "day": "day"}
    ordering = "-day"

    @property
    def model(self) -> Any:
        """Rates belong to the currencies."""
        return ExchangeRate

    def create_record(self, values: dict[str, Any]) -> ExchangeRate:
        return money.rate_save(rate=ExchangeRate(), values=values)

    def update_record(
        self, record: Any, values: dict[str, Any], version: int | None
    ) -> ExchangeRate:
        return money.rate_save(rate=record, values=values, expected_version=version)

    def delete_record(self, record: Any, version: int | None) -> None:
        money.rate_delete(rate=record)
