"""Who may see a file: whoever sees the record that it is on, and nobody else."""

from __future__ import annotations

from typing import Any, Self

from django.db.models import Q

from core.access.querysets import VisibleQuerySet
from crm.models.activities import Activity
from crm.regarding import about_visible


class AttachmentQuerySet(VisibleQuerySet):
    entity = "attachment"

    def visible_to(self, user: Any, action: str = "read") -> Self:
        """Files on records, and on activities, that this user sees."""
        rows = super().visible_to(user, action)
        acts = Activity.objects.visible_to(user).values("pk")
        on_activity = Q(regarding_type="activity", regarding_id__in=acts)
        return rows.filter(about_visible(user) | on_activity)

    def on(self, regarding_type: str, regarding_id: int) -> Self:
        """The files of one record."""
        return self.filter(regarding_type=regarding_type, regarding_id=regarding_id)
