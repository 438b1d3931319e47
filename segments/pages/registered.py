"""What segments add to search, timelines and the pages of contacts."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from django.utils.html import format_html

from core.ui.search import Hit, Search, register_search
from core.ui.sources import Named, register_source
from core.ui.timeline import Told, register_timeline
from segments.models import Segment
from segments.pages import contacts
from segments.pages.lists import TONES


def find_segments(user: Any, text: str, limit: int) -> list[Hit]:
    """Segments by any part of their name."""
    rows = Segment.objects.visible_to(user).filter(name__lower__contains=text.lower())
    return [
        Hit(
            row.name,
            f"{row.get_kind_display()} segment, {row.member_count:,} members",
            reverse("segment", args=[row.pk]),
            row.get_state_display(),
            TONES[row.state],
            pk=row.pk,
        )
        for row in rows.order_by("name")[:limit]
    ]


def _names(ids: set[int]) -> Named:
    rows = Segment.objects.filter(pk__in=ids).values_list("pk", "name")
    return {pk: (name, reverse("segment", args=[pk])) for pk, name in rows}


def _says(verb: str) -> Any:
    def tell(told: Told) -> Any:
        return format_html("{} segment <b>{}</b>", verb, told.what)

    return tell


def _exception(told: Told) -> Any:
    mode = told.data.get("mode")
    words = {"always": "Always kept in", "never": "Never let into"}
    first = words.get(str(mode), "No longer an exception in")
    return format_html("{} segment <b>{}</b>", first, told.what)


def register() -> None:
    """Called once, when the apps are loaded."""
    register_search(Search("segment", "Segments", "segment", find_segments))
    register_source("segment", _names)
    icon = "chart-donut"
    register_timeline("segment.entered", icon, _says("Entered"))
    register_timeline("segment.left", icon, _says("Left"))
    register_timeline("segment.exception", icon, _exception)
    contacts.register()
