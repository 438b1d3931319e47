"""What was deleted, kept for a while so that it can be brought back."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models.functions import Now

from core.base.models import Owned
from core.journal.triggers import journaled
from crm.querysets import DeletedRecordQuerySet


class DeletedRecord(Owned):
    """A deleted record with what went with it, as it was.

    `rows` are the record's own row and those that went with it, `links` the look-ups
    elsewhere that named it. After 30 days both are emptied; what the reports count
    by (`facts`) stays.
    """

    entity = models.CharField(max_length=40)
    record_id = models.BigIntegerField()
    name = models.CharField(max_length=300)
    state = models.CharField(max_length=20, blank=True, default="")
    facts: Any = models.JSONField(default=dict, encoder=DjangoJSONEncoder)
    rows: Any = models.JSONField(default=list, encoder=DjangoJSONEncoder)
    links: Any = models.JSONField(default=list)
    deleted_at = models.DateTimeField(db_default=Now())
    deleted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.SET_NULL,
        related_name="+",
        db_index=False,
    )
    emptied_at = models.DateTimeField(null=True)

    objects = DeletedRecordQuerySet.as_manager()

    class Meta:
        triggers = journaled(
            "deleted_record", versioned=False, quiet=("facts", "rows", "links")
        )
        indexes = [
            models.Index(fields=["-deleted_at", "-id"], name="bin_newest"),
            models.Index(fields=["entity", "record_id"], name="bin_of_record"),
        ]

    def __str__(self) -> str:
        return self.name
