"""What this app puts on the homes of marketing and sales."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from core.access.models import User
from core.ui.home import HomeCard, register_home_card
from core.ui.paging import count_of
from crm.models import Activity, Contact, Lead
from crm.pages.columns import ACTIVITY_ICONS, lead_badge

RELATED = 6


def _kpi(
    label: str, icon: str, value: Any, said: str, url: str, button: str = "Show"
) -> dict[str, Any]:
    return {
        "kpi": True,
        "label": label,
        "icon": icon,
        "value": value,
        "said": said,
        "url": url,
        "button": button,
    }


def leads_this_week(request: HttpRequest) -> dict[str, Any] | None:
    """Leads since Monday, beside the week before."""
    today = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    monday = today - timedelta(days=today.weekday())
    rows = Lead.objects.visible_to(request.user)
    now = count_of(rows.filter(created_at__gte=monday))
    last = count_of(
        rows.filter(created_at__gte=monday - timedelta(days=7), created_at__lt=monday)
    )
    if not now.number and not last.number:
        return None
    url = f"{reverse('lead_list')}?view=open&created_from={monday:%Y-%m-%d}"
    return _kpi("Leads this week", "target-arrow", now, f"{last} last week", url)


def sales_ready_leads(request: HttpRequest) -> dict[str, Any] | None:
    number = count_of(Lead.objects.visible_to(request.user).sales_ready())
    if not number.number:
        return None
    url = f"{reverse('lead_list')}?view=sales_ready"
    return _kpi("Sales ready", "flame", number, "open, waiting for sales", url)


def orphaned_leads(request: HttpRequest) -> dict[str, Any] | None:
    number = count_of(Lead.objects.visible_to(request.user).open().orphaned())
    if not number.number:
        return None
    url = f"{reverse('lead_list')}?view=orphaned"
    return _kpi("Orphaned leads", "user-question", number, "no contact yet", url)


def marketing_only_people(request: HttpRequest) -> dict[str, Any] | None:
    number = count_of(Contact.objects.visible_to(request.user).marketing_only())
    if not number.number:
        return None
    url = f"{reverse('contact_list')}?view=marketing_only"
    return _kpi("Marketing only", "users", number, "known to marketing", url)


def due_activities(request: HttpRequest) -> dict[str, Any] | None:
    """The user's own open activities, the most urgent first."""
    user: Any = request.user
    rows = Activity.objects.visible_to(user).pending().filter(owner=user)
    rows = rows.select_related("contact", "lead", "account").order_by("due_at", "pk")
    found = list(rows[:RELATED])
    if not found:
        return None
    now = timezone.now()
    return {
        "title": "My activities",
        "more": reverse("activity_list") + "?view=due",
        "lines": [
            {
                "record": each,
                "icon": ACTIVITY_ICONS[each.kind],
                "about": each.contact or each.lead or each.account,
                "late": bool(each.due_at and each.due_at < now),
            }
            for each in found
        ],
    }


def newest_leads(request: HttpRequest) -> dict[str, Any] | None:
    """Sales: one's own sales-ready leads first; marketing: the newest."""
    rows = Lead.objects.visible_to(request.user).open().select_related("owner")
    user: User = request.user  # type: ignore[assignment]  # signed in
    mine = list(
        rows.filter(owner=user, sales_ready=True).order_by("-sales_ready_at")[:RELATED]
    )
    title = "My sales-ready leads" if mine else "Newest leads"
    found = mine or list(rows.order_by("-created_at", "-pk")[:RELATED])
    if not found:
        return None
    return {
        "title": title,
        "more": reverse("lead_list"),
        "leads": [(lead, lead_badge(lead)) for lead in found],
    }


def register_homes() -> None:
    both = ("marketing", "sales")
    for number, (key, areas, context, entity) in enumerate(
        (
            ("leads_week", ("marketing",), leads_this_week, "lead"),
            ("sales_ready", both, sales_ready_leads, "lead"),
            ("orphaned", ("marketing",), orphaned_leads, "lead"),
            ("marketing_only", ("marketing",), marketing_only_people, "contact"),
        )
    ):
        register_home_card(
            HomeCard(key, areas, "crm/_home_kpi.html", context, 3, 10 + number, entity)
        )
    register_home_card(
        HomeCard(
            "newest_leads", both, "crm/_home_leads.html", newest_leads, 7, 50, "lead"
        )
    )
    register_home_card(
        HomeCard(
            "due", both, "crm/_home_activities.html", due_activities, 5, 60, "activity"
        )
    )
