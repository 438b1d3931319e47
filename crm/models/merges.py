"""Records that became one, and how to take them apart again."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now

from crm.models.duplicates import ENTITIES
from crm.querysets import MergeQuerySet


class Merge(models.Model):
    """Some records that were merged into one of them.

    `log` is what undo needs: the rows as they were, what the survivor said before
    and after, and which children came from where.
    """

    entity = models.CharField(max_length=8, choices=ENTITIES)
    survivor_id = models.BigIntegerField()
    merged_ids = ArrayField(models.BigIntegerField())
    names = models.JSONField(default=list)
    log = models.JSONField(default=dict)
    merged_at = models.DateTimeField(db_default=Now())
    merged_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.SET_NULL,
        related_name="+",
        db_index=False,
    )
    undone_at = models.DateTimeField(null=True, blank=True)
    undone_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        db_index=False,
    )

    objects = MergeQuerySet.as_manager()

    class Meta:
        indexes = [
            # What a record was made of.
            models.Index(fields=["entity", "survivor_id", "-id"], name="merge_survivor")
        ]

    def __str__(self) -> str:
        return f"{', '.join(self.names)} merged"


class MergedRecord(models.Model):
    """The number of a record that is part of another now."""

    entity = models.CharField(max_length=8, choices=ENTITIES)
    old_id = models.BigIntegerField()
    survivor_id = models.BigIntegerField()
    merge = models.ForeignKey(Merge, on_delete=models.CASCADE, related_name="records")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["entity", "old_id"], name="merged_record_once"
            )
        ]
        indexes = [
            models.Index(fields=["entity", "survivor_id"], name="merged_record_into")
        ]

    def __str__(self) -> str:
        return f"{self.entity} {self.old_id}"
