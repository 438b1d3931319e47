"""The mapping of a qualification over the API."""

from __future__ import annotations

from typing import Any

from core.api.base import RecordViewSet
from core.api.serializers import RecordSerializer
from sales.filters import QualifyMappingFilter
from sales.models import QualifyMapping
from sales.services.qualify_mapping import (
    qualify_mapping_delete,
    qualify_mapping_save,
)


class QualifyMappingSerializer(RecordSerializer):
    class Meta:
        model = QualifyMapping
        fields = ("id", "entity", "field", "lead_field")
        # Whether there is one already is said by the service, at its field.
        validators: tuple[Any, ...] = ()


class QualifyMappingViewSet(RecordViewSet):
    """Which field of a lead fills which field on qualification.

    Custom fields are `custom.KEY`. 400 where the types do not fit.
    """

    entity = "qualify_mapping"
    queryset = QualifyMapping.objects.none()
    serializer_class = QualifyMappingSerializer
    filterset_class = QualifyMappingFilter
    orderings = {"id": "pk", "entity": "entity", "field": "field"}

    def create_record(self, values: dict[str, Any]) -> Any:
        return qualify_mapping_save(row=QualifyMapping(), values=values)

    def update_record(
        self, record: Any, values: dict[str, Any], version: int | None
    ) -> Any:
        return qualify_mapping_save(row=record, values=values)

    def delete_record(self, record: Any, version: int | None) -> None:
        qualify_mapping_delete(row=record)
