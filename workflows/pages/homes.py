"""What this app puts on the home of marketing."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from core.access.rights import may
from core.ui.home import HomeCard, address, figure, register_home_card
from core.ui.paging import count_of
from crm.models import Lead
from workflows.models import Workflow
from workflows.shipped import ORPHANED_LEADS


def orphaned_leads(request: HttpRequest) -> dict[str, Any] | None:
    """Leads without a contact, with the way to the workflow that makes them one."""
    number = count_of(Lead.objects.visible_to(request.user).open().orphaned())
    if not number.number:
        return None
    return figure(
        "Orphaned leads",
        "user-question",
        number,
        said="no contact yet",
        url=f"{reverse('lead_list')}?view=orphaned",
        button=_button(request),
    )


def _button(request: HttpRequest) -> tuple[str, str] | None:
    shown = Workflow.objects.visible_to(request.user).filter(key=ORPHANED_LEADS)
    workflow = shown.first()
    if workflow is None:
        return None
    runs = may(request.user, "run", workflow, "workflow")
    # The dry run changes nothing: whoever sees the workflow may look.
    url = address("workflow_dry_run", workflow.pk)
    return ("Create contacts" if runs else "See dry run", url) if url else None


def register_homes() -> None:
    """Takes the place of the figure that the customers' app shows by itself."""
    register_home_card(
        HomeCard(
            "orphaned",
            ("marketing", "settings"),
            "ui/_home_figure.html",
            orphaned_leads,
            3,
            12,
            "lead",
        )
    )
