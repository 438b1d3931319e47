"""What workflows add to the shell: search, names of what they did, a home card."""

from __future__ import annotations

from typing import Any

from django.urls import reverse

from core.ui.navigation import QuickCreate, register_quick_create
from core.ui.search import Hit, Search, register_search
from core.ui.sources import Named, register_source
from workflows.models import Workflow
from workflows.pages.homes import register_homes
from workflows.pages.lists import TONES
from workflows.pages.words import triggers_sentence


def workflow_names(ids: set[int]) -> Named:
    rows = Workflow.objects.filter(pk__in=ids).values_list("pk", "name")
    return {pk: (name, reverse("workflow", args=[pk])) for pk, name in rows}


def find_workflows(user: Any, text: str, limit: int) -> list[Hit]:
    rows = Workflow.objects.visible_to(user).filter(name__lower__contains=text.lower())
    return [
        Hit(
            row.name,
            triggers_sentence(row),
            reverse("workflow", args=[row.pk]),
            row.get_state_display(),
            TONES[row.state],
            pk=row.pk,
        )
        for row in rows.order_by("name")[:limit]
    ]


def register_all() -> None:
    """Called once from AppConfig.ready()."""
    register_source("workflow", workflow_names)
    register_search(Search("workflow", "Workflows", "workflow", find_workflows))
    register_quick_create(
        QuickCreate("Workflow", "hierarchy-2", "workflow_create", "workflow")
    )
    register_homes()
