"""What capture adds to timelines and to the pages of contacts and leads."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html

from core.access.rights import may
from core.query.registry import register_source_name
from core.ui.parts import Panel, register_panel
from core.ui.search import Hit, Search, register_search
from core.ui.sources import Named, register_source
from core.ui.timeline import Told, register_timeline
from marketing.models import Form, Page, Suggestion
from marketing.pages.homes import register_homes
from marketing.pages.lists import TONES
from marketing.rules.targets import TARGETS


def form_names(ids: set[int]) -> Named:
    rows = Form.objects.filter(pk__in=ids).values_list("pk", "name")
    return {pk: (name, reverse("form_edit", args=[pk])) for pk, name in rows}


def page_names(ids: set[int]) -> Named:
    rows = Page.objects.filter(pk__in=ids).values_list("pk", "title")
    return {pk: (title, reverse("page_edit", args=[pk])) for pk, title in rows}


def tell_found(told: Told) -> Any:
    title = told.entry.data.get("page_title") or told.entry.data.get("form", "")
    return format_html("Came back through <b>{}</b>", title)


def suggestions(request: HttpRequest, record: Any) -> dict[str, Any] | None:
    """What submissions would change here, for those who may change it."""
    entity = record._meta.model_name
    rows = Suggestion.objects.waiting().filter(**{entity: record})
    waiting = list(rows.select_related("submission").order_by("pk"))
    if not waiting:
        return None
    labels = TARGETS[entity]
    return {
        "note": len(waiting),
        "may_decide": may(request.user, "update", record, entity),
        "lines": [(labels.get(row.field, row.field), row) for row in waiting],
    }


def find_forms(user: Any, text: str, limit: int) -> list[Hit]:
    rows = Form.objects.visible_to(user).search(text)
    return [
        Hit(
            row.name,
            row.get_mode_display(),
            reverse("form_edit", args=[row.pk]),
            row.get_state_display(),
            TONES[row.state],
            pk=row.pk,
        )
        for row in rows.order_by("sort_name", "pk")[:limit]
    ]


def find_pages(user: Any, text: str, limit: int) -> list[Hit]:
    rows = Page.objects.visible_to(user).search(text)
    return [
        Hit(
            row.title,
            row.get_absolute_url(),
            reverse("page_edit", args=[row.pk]),
            row.get_state_display(),
            TONES[row.state],
            pk=row.pk,
        )
        for row in rows.order_by("sort_name", "pk")[:limit]
    ]


def register_all() -> None:
    """Hand everything to the shell; called from AppConfig.ready()."""
    register_search(Search("form", "Marketing forms", "form", find_forms))
    register_search(Search("page", "Landing pages", "page", find_pages))
    register_source_name("form", Form, "name")
    register_source_name("page", Page, "title")
    register_source("form", form_names)
    register_source("page", page_names)
    register_timeline("lead.found", "user-check", tell_found, milestone="mile")
    panel = Panel(
        "suggestions",
        "Suggested changes",
        "marketing/_panel_suggestions.html",
        suggestions,
        position=20,
    )
    for entity in ("contact", "lead"):
        register_panel(entity, panel)
    register_homes()
