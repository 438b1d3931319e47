"""The pieces of a screen as template tags: {% icon "phone" %}, {{ date|ago }}."""

from __future__ import annotations

from typing import Any

from django import template
from django.template.context import RequestContext
from django.utils.safestring import SafeString

from core.ui import cells

register = template.Library()


@register.simple_tag
def icon(name: str, css: str = "") -> SafeString:
    return cells.icon(name, css)


@register.simple_tag
def avatar(name: Any, css: str = "") -> SafeString:
    return cells.avatar(str(name), css)


@register.simple_tag
def badge(label: str, tone: str = "off") -> SafeString:
    return cells.badge(label, tone)


@register.simple_tag
def amount(value: Any, currency: str = "") -> SafeString:
    """A sum of money without small change, for figures at a glance."""
    return cells.amount(round(value) if value is not None else None, currency)


@register.filter
def ago(moment: Any) -> SafeString:
    return cells.ago(moment)


@register.filter
def plain(value: Any) -> Any:
    return cells.plain(value)


@register.filter
def grouped(value: int) -> SafeString:
    return cells.number(value)


@register.simple_tag(takes_context=True)
def query(context: RequestContext, **changes: Any) -> str:
    """This page's query string with some parameters changed (None removes one)."""
    params = context["request"].GET.copy()
    for gone in ("after", "before", "part"):
        params.pop(gone, None)
    for key, value in changes.items():
        if value is None:
            params.pop(key, None)
        else:
            params[key] = value
    text = params.urlencode()
    return f"?{text}" if text else "?"


@register.filter
def url_for(action: Any, row: Any) -> str:
    """Where a row action of this row leads."""
    return str(action.url(row))
