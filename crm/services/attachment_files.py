"""The stored content of attachments: when it leaves the disk."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from django.core.files.storage import default_storage
from django.db import models
from django.utils import timezone

from crm.models import Attachment, DiscardedFile

# As long as a deleted record can be brought back, and a day.
KEPT = timedelta(days=31)


def attachments_discard(rows: models.QuerySet[Attachment]) -> int:
    """Delete these rows and mark their files; inside the caller's transaction."""
    locked = list(rows.select_for_update().values_list("pk", "file"))
    now = timezone.now()
    paths = {path for _, path in locked}
    DiscardedFile.objects.bulk_create(
        [DiscardedFile(path=path, discarded_at=now) for path in sorted(paths)],
        update_conflicts=True,
        update_fields=["discarded_at"],
        unique_fields=["path"],
    )
    Attachment.objects.filter(pk__in=[pk for pk, _ in locked]).delete()
    return len(locked)


def discarded_files_remove(limit: int = 500) -> int:
    """Take files from the disk that have been discarded for a month.

    One that a copy or a record brought back still names stays. Called by the
    periodic task; safe to repeat.
    """
    old = DiscardedFile.objects.filter(discarded_at__lt=timezone.now() - KEPT)
    paths = list(old.order_by("pk").values_list("path", flat=True)[:limit])
    named = Attachment.objects.filter(file__in=paths).values_list("file", flat=True)
    gone = set(paths) - set(named)
    _unlink(gone)
    return DiscardedFile.objects.filter(path__in=paths).delete()[0]


def _unlink(paths: Iterable[str]) -> None:
    for path in paths:
        default_storage.delete(path)
