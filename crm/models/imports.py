"""Files brought in, row by row accounted for."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models

from crm.querysets import ImportQuerySet


class Import(models.Model):
    """One file being imported: its mapping, progress and report."""

    class State(models.TextChoices):
        DRAFT = "draft", "Being mapped"
        PENDING = "pending", "Waiting"
        RUNNING = "running", "Running"
        COMPLETED = "completed", "Completed"
        CANCELED = "canceled", "Canceled"
        FAILED = "failed", "Failed"

    class Undo(models.TextChoices):
        PENDING = "pending", "Undo waiting"
        RUNNING = "running", "Being undone"
        COMPLETED = "completed", "Undone"
        CANCELED = "canceled", "Undo canceled"
        FAILED = "failed", "Undo failed"

    entity = models.CharField(max_length=40)
    file_name = models.CharField(max_length=255)
    file = models.FileField(upload_to="imports/%Y/%m/", blank=True)
    mapping = models.JSONField(default=dict)
    layout = models.JSONField(default=dict, editable=False)
    notes = models.JSONField(default=list, editable=False)
    dry_run = models.BooleanField(default=False)
    state = models.CharField(
        max_length=10, choices=State.choices, default=State.PENDING
    )
    total = models.PositiveIntegerField(default=0)
    staged = models.PositiveIntegerField(default=0, editable=False)
    position = models.PositiveIntegerField(
        default=0, editable=False, help_text="Rows up to this one are done."
    )
    done = models.PositiveIntegerField(default=0)
    created = models.PositiveIntegerField(default=0)
    updated = models.PositiveIntegerField(default=0)
    unchanged = models.PositiveIntegerField(default=0)
    rejected = models.PositiveIntegerField(default=0)
    contacts_created = models.PositiveIntegerField(default=0)
    accounts_created = models.PositiveIntegerField(default=0)
    problem = models.TextField(blank=True, default="")
    undo_state = models.CharField(
        max_length=10, choices=Undo.choices, blank=True, default="", editable=False
    )
    undo_job_id = models.BigIntegerField(null=True, blank=True, editable=False)
    undone = models.PositiveIntegerField(default=0, editable=False)
    undone_partly = models.PositiveIntegerField(default=0, editable=False)
    undo_kept = models.PositiveIntegerField(default=0, editable=False)
    undo_gone = models.PositiveIntegerField(default=0, editable=False)
    contacts_undone = models.PositiveIntegerField(default=0, editable=False)
    accounts_undone = models.PositiveIntegerField(default=0, editable=False)
    undone_at = models.DateTimeField(null=True, blank=True, editable=False)
    job_id = models.BigIntegerField(null=True, blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    objects = ImportQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return self.file_name


class ImportRow(models.Model):
    """What became of one row of a file. Also the staging table: COPY fills it.

    `result` is empty until the row is done. `errors` is a list of
    {"attr", "code", "detail"}. `undo` says what an undo of the import did to the
    row's record, `undo_why` in the same shape what stayed and why.
    """

    class Result(models.TextChoices):
        CREATED = "created", "Created"
        UPDATED = "updated", "Updated"
        UNCHANGED = "unchanged", "Unchanged"
        REJECTED = "rejected", "Rejected"

    class Undo(models.TextChoices):
        UNDONE = "undone", "Taken back"
        PARTLY = "partly", "Partly taken back"
        KEPT = "kept", "Kept"
        GONE = "gone", "Gone already"

    id = models.BigAutoField(primary_key=True)
    batch = models.ForeignKey(Import, on_delete=models.CASCADE, related_name="rows")
    row_no = models.PositiveIntegerField()
    raw = models.JSONField(default=list)
    errors = models.JSONField(default=list)
    result = models.CharField(
        max_length=10, choices=Result.choices, blank=True, default=""
    )
    record_id = models.BigIntegerField(null=True, blank=True)
    undo = models.CharField(
        max_length=8, choices=Undo.choices, blank=True, db_default="", editable=False
    )
    undo_why: Any = models.JSONField(
        db_default=models.Value([], models.JSONField()), editable=False
    )

    class Meta:
        ordering = ["batch", "row_no"]
        constraints = [
            models.UniqueConstraint(fields=["batch", "row_no"], name="import_row_once")
        ]

    def __str__(self) -> str:
        return f"row {self.row_no}"
