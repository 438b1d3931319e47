"""What this app puts on the home of sales."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.db.models import Count, F, QuerySet, Sum
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from core.base.models import Organisation
from core.ui.home import HomeCard, register_home_card
from sales.models import Opportunity
from sales.pages.lists import closing_this_month, customer_cell

SHOWN = 6
NONE = Decimal(0)


def _mine(request: HttpRequest) -> tuple[QuerySet[Opportunity], str]:
    """The user's open opportunities; those they see where they have none."""
    user: Any = request.user
    rows = Opportunity.objects.visible_to(user).filter(state="open")
    own = rows.filter(owner=user)
    return (own, "mine") if own.exists() else (rows, "open")


def pipeline(request: HttpRequest) -> dict[str, Any] | None:
    """Open opportunities by stage, in the organisation's currency."""
    rows, view = _mine(request)
    found = list(
        rows.values("stage", "stage_row__name", "pipeline__name")
        .annotate(
            number=Count("pk"),
            worth=Sum("estimated_base"),
            weighted=Sum(F("estimated_base") * F("probability") / 100),
        )
        .order_by("-pipeline__is_default", "pipeline__name", "stage_row__position")
    )
    if not found:
        return None
    here = f"{reverse('opportunity_list')}?view={view}"
    several = len({row["pipeline__name"] for row in found}) > 1
    stages = [
        {
            "label": f"{row['pipeline__name']}: {row['stage_row__name']}"
            if several
            else row["stage_row__name"],
            "number": row["number"],
            "value": row["worth"] or NONE,
            "share": int((row["worth"] or NONE) / 1000) + 1,
            "shade": round(min(0.35 + 0.65 * place / max(len(found) - 1, 1), 1), 2),
            "url": f"{here}&stage={row['stage']}",
        }
        for place, row in enumerate(found)
    ]
    return {
        "title": "My pipeline" if view == "mine" else "Pipeline",
        "number": sum(stage["number"] for stage in stages),
        "currency": Organisation.current().currency,
        "total": sum(stage["value"] for stage in stages),
        "weighted": sum((row["weighted"] or NONE) for row in found),
        "stages": stages,
        "url": here,
    }


def closing(request: HttpRequest) -> dict[str, Any] | None:
    """Opportunities to be closed this month, the nearest first; late ones too."""
    rows, view = _mine(request)
    due = closing_this_month(rows, request.user)
    due = due.select_related("account", "contact", "stage_row")
    found = list(due.order_by("estimated_close", "pk")[:SHOWN])
    if not found:
        return None
    today = timezone.localdate()
    closing_view = "closing" if view == "mine" else view
    return {
        "more": f"{reverse('opportunity_list')}?view={closing_view}",
        "lines": [
            {
                "record": row,
                "customer": customer_cell(row),
                "late": bool(row.estimated_close and row.estimated_close < today),
            }
            for row in found
        ],
    }


def register_homes() -> None:
    """Put the cards on the home; called once when the apps are loaded."""
    for key, template, context, span, position in (
        ("pipeline", "sales/_home_pipeline.html", pipeline, 12, 5),
        ("closing", "sales/_home_closing.html", closing, 8, 80),
    ):
        register_home_card(
            HomeCard(key, ("sales",), template, context, span, position, "opportunity")
        )
