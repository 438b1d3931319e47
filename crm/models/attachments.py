"""Files on records."""

from __future__ import annotations

from uuid import uuid4

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.utils import timezone

from core.base.models import Stamped
from core.journal.triggers import journaled
from crm.attachments.querysets import AttachmentQuerySet
from crm.models.activities import Regarding


def stored_at(attachment: Attachment, name: str) -> str:
    """Where a file is put: a path nobody can guess, and nothing of its own name."""
    return f"attachments/{timezone.now():%Y/%m}/{uuid4().hex}"


class Attachment(Stamped, Regarding):
    """A file that somebody put on a record.

    Its content never changes; copies of the row share it (`file`), and it leaves the
    disk some time after the last row that names it is gone.
    """

    file_name = models.CharField(max_length=255)
    size = models.PositiveBigIntegerField()
    content_type = models.CharField(max_length=120)
    sha256 = models.CharField(max_length=64)
    file = models.FileField(upload_to=stored_at, max_length=120, editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        editable=False,
        on_delete=models.SET_NULL,
        related_name="+",
        db_index=False,
    )

    objects = AttachmentQuerySet.as_manager()

    class Meta:
        triggers = journaled(
            "attachment",
            contact_id="contact_id",
            lead_id="lead_id",
            account_id="account_id",
        )
        indexes = [
            models.Index(
                fields=["regarding_type", "regarding_id", "-id"],
                name="attachment_regarding",
            ),
            # Before a file leaves the disk: whether a copy still names it.
            models.Index(fields=["file"], name="attachment_file"),
        ]

    def __str__(self) -> str:
        return self.file_name


class DiscardedFile(models.Model):
    """A stored file whose row is gone; the disk keeps it while it can come back."""

    path = models.CharField(max_length=120, unique=True)
    discarded_at = models.DateTimeField(db_default=Now())

    class Meta:
        indexes = [models.Index(fields=["discarded_at"], name="discarded_since")]

    def __str__(self) -> str:
        return self.path
