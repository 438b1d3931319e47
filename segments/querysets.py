"""Named reads of segments."""

from __future__ import annotations

from typing import Self

from django.db.models import Q
from django.db.models.functions import Now

from core.access.querysets import VisibleQuerySet


class SegmentQuerySet(VisibleQuerySet):
    entity = "segment"

    def live(self) -> Self:
        return self.filter(state="live")

    def dynamic(self) -> Self:
        return self.filter(kind="dynamic")

    def computed(self) -> Self:
        """Those whose members follow from conditions: dynamic and compound."""
        return self.filter(kind__in=["dynamic", "compound"])

    def static(self) -> Self:
        return self.filter(kind="static")

    def due(self) -> Self:
        """Live segments that something or the clock may have changed."""
        return self.live().filter(
            Q(refresh_due_at__lte=Now()) | Q(next_check_at__lte=Now())
        )

    def recount_due(self) -> Self:
        """Those whose members are to be counted again, live or not."""
        return self.filter(recount_due_at__isnull=False)


class SegmentTemplateQuerySet(VisibleQuerySet):
    entity = "segment_template"
