"""Which workflows start from, ask about or fill which segments."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

from django.urls import reverse

from segments.flow import mentions
from segments.usage import Use
from workflows.models import Workflow


def segments_used(ids: Collection[int], user: Any) -> Iterable[tuple[int, Use]]:
    """Workflows that name one of these segments; one query."""
    rows = Workflow.objects.all()
    if user is not None:
        rows = Workflow.objects.visible_to(user)
    for row in rows.order_by("name"):
        started = set(row.on_segments)
        named = mentions([row.condition, row.steps]) | started
        for pk in named & set(ids):
            how = "Starts from it" if pk in started else row.get_state_display()
            address = reverse("workflow", args=[row.pk])
            yield pk, Use("Workflow", row.name, address, how, row.is_active)
