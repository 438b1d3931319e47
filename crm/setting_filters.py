"""Filters of the settings that leads and their processes stand on, and of the bin."""

from __future__ import annotations

from crm.filters import CHOICE, DATES, RecordFilter
from crm.models import DeletedRecord, Process, StatusReason


class StatusReasonFilter(RecordFilter):
    class Meta(RecordFilter.Meta):
        model = StatusReason
        fields = {
            "entity": CHOICE,
            "state": ["exact"],
            "value": ["exact"],
            "active": ["exact"],
        }


class ProcessFilter(RecordFilter):
    class Meta(RecordFilter.Meta):
        model = Process
        fields = {"key": ["exact"], "active": ["exact"], "shipped": ["exact"]}


class DeletedRecordFilter(RecordFilter):
    class Meta(RecordFilter.Meta):
        model = DeletedRecord
        fields = {"entity": CHOICE, "record_id": ["exact"], "deleted_at": DATES}
