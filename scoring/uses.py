"""Which scoring models ask about which segments."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

from django.urls import reverse

from scoring.models import ScoringModel
from segments.flow import mentions
from segments.usage import Use


def segments_used(ids: Collection[int], user: Any) -> Iterable[tuple[int, Use]]:
    """Models with a rule on one of these segments; two queries."""
    rows = ScoringModel.objects.all()
    if user is not None:
        rows = ScoringModel.objects.visible_to(user)
    for row in rows.order_by("name").prefetch_related("rules"):
        asked = [rule.condition for rule in row.rules.all()]
        for pk in mentions(asked) & set(ids):
            address = reverse("scoring_model", args=[row.pk])
            state = row.get_state_display()
            yield pk, Use("Scoring model", row.name, address, state, row.is_live)
