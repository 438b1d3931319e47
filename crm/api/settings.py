"""Status reasons and the bin over the API."""

from __future__ import annotations

from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from core.api.base import RecordViewSet, record_action
from core.api.serializers import RecordSerializer
from crm import setting_filters as filters
from crm.models import DeletedRecord, StatusReason
from crm.services.bin import bin_restore
from crm.services.status_reasons import status_reason_delete, status_reason_save


class StatusReasonSerializer(RecordSerializer):
    class Meta:
        model = StatusReason
        fields = (
            "id",
            "entity",
            "state",
            "value",
            "label",
            "position",
            "is_default",
            "active",
            "shipped",
        )
        read_only_fields = ("shipped",)


class StatusReasonViewSet(RecordViewSet):
    """Why leads and opportunities are in their state; each belongs to one state."""

    entity = "status_reason"
    queryset = StatusReason.objects.none()
    serializer_class = StatusReasonSerializer
    filterset_class = filters.StatusReasonFilter
    orderings = {"id": "pk", "position": "position", "label": "label"}

    def create_record(self, values: dict[str, Any]) -> StatusReason:
        return status_reason_save(row=StatusReason(), values=values)

    def update_record(
        self, record: Any, values: dict[str, Any], version: int | None
    ) -> StatusReason:
        return status_reason_save(row=record, values=values)

    def delete_record(self, record: Any, version: int | None) -> None:
        status_reason_delete(row=record)


class DeletedRecordSerializer(RecordSerializer):
    class Meta:
        model = DeletedRecord
        fields = (
            "id",
            "entity",
            "record_id",
            "name",
            "state",
            "owner",
            "team",
            "deleted_at",
            "deleted_by",
            "emptied_at",
        )
        read_only_fields = fields


class BinViewSet(RecordViewSet):
    """Deleted contacts, accounts, leads and opportunities, for 30 days."""

    http_method_names = ["get", "head", "options", "post"]
    entity = "deleted_record"
    queryset = DeletedRecord.objects.none()
    serializer_class = DeletedRecordSerializer
    filterset_class = filters.DeletedRecordFilter
    orderings = {"id": "pk", "deleted_at": "deleted_at"}
    ordering = "-deleted_at"

    @record_action("restore", right="update")
    def restore(self, request: Request, record: Any, values: dict[str, Any]) -> Any:
        """Bring the record back under its old number; 409 where that cannot be."""
        user: Any = request.user
        bin_restore(deleted_id=record.pk, user=user)
        return Response({"entity": record.entity, "id": record.record_id})
