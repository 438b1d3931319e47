"""Addresses of the process bar."""

from __future__ import annotations

from typing import Any

from django import template
from django.urls import reverse

register = template.Library()


@register.simple_tag
def move_url(panel: dict[str, Any]) -> str:
    """Where the buttons of the bar post to."""
    return reverse(f"{panel['entity']}_process", args=[panel["record"].pk])


@register.simple_tag
def stage_url(panel: dict[str, Any], stage: Any) -> str:
    """The side panel of a stage."""
    return reverse(f"{panel['entity']}_stage", args=[panel["record"].pk, stage.key])
