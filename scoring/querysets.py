"""Named reads of scoring models."""

from __future__ import annotations

from typing import Self

from core.access.querysets import VisibleQuerySet


class ScoringModelQuerySet(VisibleQuerySet):
    entity = "scoring_model"

    def live(self) -> Self:
        return self.filter(state="live")
