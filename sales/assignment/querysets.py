"""Named reads of assignment rules; all of them stand under one right."""

from __future__ import annotations

from typing import Self

from core.access.querysets import VisibleQuerySet


class AssignmentQuerySet(VisibleQuerySet):
    """Whoever may read assignment rules reads all of this app."""

    entity = "assignment_rule"


class RuleSetQuerySet(AssignmentQuerySet):
    def active(self) -> Self:
        return self.filter(active=True)


class GivenQuerySet(AssignmentQuerySet):
    def unfit(self) -> Self:
        """Those for which no rule had somebody."""
        return self.filter(outcome__in=["fallback", "nobody"])
