"""Filters of what is written about a record or hangs on it."""

from __future__ import annotations

from crm.filters import STAMPS, OwnerFilter, RecordFilter, day
from crm.models import Attachment, Note


class NoteFilter(RecordFilter):
    shown = ("created_by", "created_from", "created_to")
    created_by = OwnerFilter(field_name="created_by_id", label="Written by")
    created_from = day("Created from", "created_at", "gte")
    created_to = day("Created up to", "created_at", "lte")

    class Meta(RecordFilter.Meta):
        model = Note
        fields = {
            **STAMPS,
            "regarding_type": ["exact"],
            "regarding_id": ["exact"],
            "contact": ["exact"],
            "lead": ["exact"],
            "account": ["exact"],
            "created_by": ["exact"],
        }


class AttachmentFilter(RecordFilter):
    class Meta(RecordFilter.Meta):
        model = Attachment
        fields = {
            **STAMPS,
            "regarding_type": ["exact"],
            "regarding_id": ["exact"],
            "contact": ["exact"],
            "lead": ["exact"],
            "account": ["exact"],
            "created_by": ["exact"],
            "content_type": ["exact"],
            "sha256": ["exact"],
        }
