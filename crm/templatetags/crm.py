"""Template tags of customers and leads."""

from __future__ import annotations

from typing import Any

from django import template
from django.template.context import Context

from crm.models import Product

register = template.Library()

KINDS = (
    ("phone_call", "phone", "Call"),
    ("note", "note", "Note"),
    ("task", "checklist", "Task"),
    ("appointment", "calendar-event", "Appointment"),
)
REQUEST = ("customer_request", "message-circle", "Request")
# What a customer asks for belongs to what may be sold to them.
REQUESTED = ("lead", "opportunity")
PRODUCTS = 200


@register.simple_tag(takes_context=True)
def compose_target(
    context: Context, page: Any, record: Any, target: Any
) -> dict[str, Any]:
    """What the composer writes about, and which of its forms is open."""
    entity, pk = target or (page.entity, record.pk)
    asks = entity in REQUESTED
    return {
        "entity": entity,
        "pk": pk,
        "kinds": (*KINDS, REQUEST) if asks else KINDS,
        "open": context.get("open") or "phone_call",
        "products": Product.objects.filter(active=True).order_by("name")[:PRODUCTS]
        if asks
        else [],
    }
