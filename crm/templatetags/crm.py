"""Template tags of customers and leads."""

from __future__ import annotations

from typing import Any

from django import template
from django.template.context import Context

register = template.Library()

KINDS = (
    ("phone_call", "phone", "Call"),
    ("note", "note", "Note"),
    ("task", "checklist", "Task"),
    ("appointment", "calendar-event", "Appointment"),
)


@register.simple_tag(takes_context=True)
def compose_target(
    context: Context, page: Any, record: Any, target: Any
) -> dict[str, Any]:
    """What the composer writes about, and which of its forms is open."""
    entity, pk = target or (page.entity, record.pk)
    return {
        "entity": entity,
        "pk": pk,
        "kinds": KINDS,
        "open": context.get("open") or "phone_call",
    }
