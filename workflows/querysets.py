"""Named reads of workflows and their runs."""

from __future__ import annotations

from typing import Self

from django.db.models import QuerySet
from django.db.models.functions import Now

from core.access.querysets import VisibleQuerySet


class WorkflowQuerySet(VisibleQuerySet):
    entity = "workflow"

    def active(self) -> Self:
        return self.filter(state="active")


class RunQuerySet(QuerySet):
    """Runs; whoever may see a workflow may see what it did."""

    def due(self) -> Self:
        """Runs whose next step's time has come."""
        return self.filter(state__in=("pending", "waiting"), due_at__lte=Now())

    def unfinished(self) -> Self:
        return self.filter(state__in=("pending", "waiting"))
