"""What workflows add to the shell: search, names of what they did, a home card."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from core.access.rights import may, rights_of
from core.ui.home import HomeCard, register_home_card
from core.ui.navigation import QuickCreate, register_quick_create
from core.ui.paging import count_of
from core.ui.search import Hit, Search, register_search
from core.ui.sources import Named, register_source
from crm.models import Lead
from workflows.models import Workflow
from workflows.pages.lists import TONES
from workflows.pages.words import triggers_sentence
from workflows.shipped import ORPHANED_LEADS


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


def orphaned_leads(request: HttpRequest) -> dict[str, Any] | None:
    """How many leads have no contact, with the dry run that shows the way."""
    user = request.user
    number = count_of(Lead.objects.visible_to(user).open().orphaned())
    if not number.number:
        return None
    listed = f"{reverse('lead_list')}?view=orphaned"
    shown = {"kpi": True, "value": number, "list_url": listed}
    workflow = Workflow.objects.filter(key=ORPHANED_LEADS).first()
    if workflow is None or not rights_of(user).has("workflow", "read"):
        return shown | {"url": listed, "button": "Show"}
    runs = may(user, "run", workflow, "workflow")
    return shown | {
        "url": reverse("workflow_dry_run", args=[workflow.pk]),
        "button": "Create contacts" if runs else "See dry run",
    }


def register_all() -> None:
    """Called once from AppConfig.ready()."""
    register_source("workflow", workflow_names)
    register_search(Search("workflow", "Workflows", "workflow", find_workflows))
    register_quick_create(
        QuickCreate("Workflow", "hierarchy-2", "workflow_create", "workflow")
    )
    # In the place of the plain number that the customers' app has.
    register_home_card(
        HomeCard(
            "orphaned",
            ("marketing",),
            "workflows/_home_orphaned.html",
            orphaned_leads,
            3,
            12,
            "lead",
        )
    )
