"""What lists of scoring models can be narrowed by."""

from __future__ import annotations

from typing import ClassVar

import django_filters

from scoring.models import ScoringModel


class ScoringModelFilter(django_filters.FilterSet):
    """Scoring models by state and owner."""

    class Meta:
        model = ScoringModel
        fields: ClassVar = ["state", "owner", "team"]
