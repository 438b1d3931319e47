"""What this app puts on the homes of marketing and sales."""

from __future__ import annotations

import json
from collections import Counter
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.db.models import Count, Min
from django.db.models.functions import Lower, TruncWeek
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html

from core.access.models import User
from core.journal.interactions import interaction_kind, interaction_names
from core.journal.models import Entry
from core.ui.charts import Series, stacked
from core.ui.home import HomeCard, figure, monday, register_home_card
from core.ui.paging import count_of
from core.ui.sources import source_names
from crm.models import Activity, Contact, Lead
from crm.pages.columns import ACTIVITY_ICONS, lead_badge

RELATED = 6
WEEKS = 12
TOP_SOURCES = 3
OTHER = "Other sources"
ENGAGED_DAYS = 14
BOTH = ("marketing", "settings")


def _list(**params: Any) -> str:
    return f"{reverse('lead_list')}?{urlencode(params)}"


def leads_this_week(request: HttpRequest) -> dict[str, Any] | None:
    """Leads since Monday, beside the week before."""
    rows = Lead.objects.visible_to(request.user)
    now = count_of(rows.filter(created_at__gte=monday()))
    last = count_of(rows.filter(created_at__gte=monday(1), created_at__lt=monday()))
    if not now.number and not last.number:
        return None
    return figure(
        "Leads this week",
        "target-arrow",
        now,
        said=f"{last} last week",
        url=_list(view="all", created_from=f"{monday():%Y-%m-%d}"),
        change=now.number - last.number,
        lede=f"{now} {'lead' if now.number == 1 else 'leads'} came in this week.",
    )


def handed_to_sales(request: HttpRequest) -> dict[str, Any] | None:
    """Leads that became sales ready since Monday, beside the week before."""
    rows = Lead.objects.visible_to(request.user)
    now = count_of(rows.filter(sales_ready_at__gte=monday()))
    last = count_of(
        rows.filter(sales_ready_at__gte=monday(1), sales_ready_at__lt=monday())
    )
    if not now.number and not last.number:
        return None
    return figure(
        "Handed to sales",
        "arrows-exchange",
        now,
        said=f"{last} last week",
        url=_list(view="all", sales_ready_at__gte=f"{monday():%Y-%m-%d}"),
        change=now.number - last.number,
        lede=f"{now} handed to sales.",
    )


def orphaned_leads(request: HttpRequest) -> dict[str, Any] | None:
    number = count_of(Lead.objects.visible_to(request.user).open().orphaned())
    if not number.number:
        return None
    return figure(
        "Orphaned leads",
        "user-question",
        number,
        said="no contact yet",
        url=_list(view="orphaned"),
    )


def lead_generation(request: HttpRequest) -> dict[str, Any] | None:
    """Leads of the last twelve weeks by source; one query, each bar opens its rows."""
    first = monday(WEEKS - 1)
    found = (
        Lead.objects.visible_to(request.user)
        .filter(created_at__gte=first)
        .order_by()
        .annotate(week=TruncWeek("created_at"), source=Lower("lead_source"))
        .values_list("week", "source")
        .annotate(number=Count("pk"), spelt=Min("lead_source"))
    )
    numbers: Counter[tuple[int, str]] = Counter()
    totals: Counter[str] = Counter()
    names: dict[str, str] = {}
    for week, source, number, spelt in found:
        names.setdefault(source, spelt)
        numbers[(timezone.localtime(week) - first).days // 7, source] += number
        totals[source] += number
    if not totals:
        return None
    top = [source for source, _ in totals.most_common() if source][:TOP_SOURCES]
    series = [Series(names[s], [numbers[n, s] for n in range(WEEKS)]) for s in top]
    rest = [
        sum(v for (n, s), v in numbers.items() if n == week and s not in top)
        for week in range(WEEKS)
    ]
    series.append(Series(OTHER, rest))
    weeks = [first + timedelta(weeks=n) for n in range(WEEKS)]
    return {
        "chart": stacked(
            _week_names(weeks), series, _opens(weeks, [names[s] for s in top])
        ),
        "about": f"Leads created in each of the last {WEEKS} weeks, by source",
    }


def _week_names(weeks: list[datetime]) -> list[str]:
    named = [f"week {week.isocalendar().week}" for week in weeks]
    return [*named[:-1], "this week"]


def _opens(weeks: list[datetime], top: list[str]) -> Any:
    rest = {"lead_source__other": json.dumps(top)} if top else {}

    def url(bar: int, label: str) -> str:
        last = weeks[bar] + timedelta(days=6)
        period = {
            "view": "all",
            "created_from": f"{weeks[bar]:%Y-%m-%d}",
            "created_to": f"{last:%Y-%m-%d}",
        }
        return _list(**period, **(rest if label == OTHER else {"lead_source": label}))

    return url


def due_activities(request: HttpRequest) -> dict[str, Any] | None:
    """The user's own open activities: overdue, due today, next."""
    user: Any = request.user
    rows = Activity.objects.visible_to(user).pending().filter(owner=user)
    rows = rows.select_related("contact", "lead", "account").order_by("due_at", "pk")
    found = list(rows[: RELATED + 2])
    if not found:
        return None
    today = timezone.localdate()
    return {
        "title": "Due",
        "more": reverse("activity_list") + "?view=due",
        "lines": [_line(each, today) for each in found],
        "lede": _due_lede(rows, today),
    }


def _line(each: Activity, today: Any) -> dict[str, Any]:
    due = timezone.localtime(each.due_at) if each.due_at else None
    days = (due.date() - today).days if due else 0
    when = date_format(due, "j M") if due else ""
    if due and days in (0, 1):
        when = date_format(due, "H:i") if days == 0 else "tomorrow"
    elif days < 0:
        when = f"{-days} day{'s' if days < -1 else ''} overdue"
    late = bool(each.due_at and each.due_at < timezone.now())
    return {
        "record": each,
        "url": reverse(each.regarding_type, args=[each.regarding_id]),
        "icon": ACTIVITY_ICONS[each.kind],
        "about": each.contact or each.lead or each.account,
        "when": when,
        "late": late,
    }


def _due_lede(rows: Any, today: Any) -> str:
    due = count_of(rows.filter(due_at__date=today)).number
    late = count_of(rows.filter(due_at__date__lt=today)).number
    said = []
    if due:
        said.append(f"{due} due today")
    if late:
        said.append(f"{late} overdue")
    return f"Activities: {', '.join(said)}." if said else ""


def newest_leads(request: HttpRequest) -> dict[str, Any] | None:
    rows = Lead.objects.visible_to(request.user).open().order_by("-created_at", "-pk")
    found = list(rows[:RELATED])
    if not found:
        return None
    return {
        "title": "Newest leads",
        "more": reverse("lead_list"),
        "leads": [(lead, lead_badge(lead)) for lead in found],
    }


def engagement(request: HttpRequest) -> dict[str, Any] | None:
    """What the user's own contacts did lately; three queries, however many."""
    user: User = request.user  # type: ignore[assignment]  # signed in
    people = Contact.objects.visible_to(user).filter(owner=user).values("pk")
    entries = Entry.objects.filter(
        contact_id__in=people,
        name__in=[n for n in interaction_names() if not n.startswith("email.sent")],
        occurred_at__gte=timezone.now() - timedelta(days=ENGAGED_DAYS),
        machine=False,
    )
    found = list(entries.order_by("-occurred_at")[:RELATED])
    if not found:
        return None
    names = source_names((entry.source_type, entry.source_id) for entry in found)
    contacts = Contact.objects.in_bulk({entry.contact_id for entry in found})
    return {
        "days": ENGAGED_DAYS,
        "lines": [
            (contacts[entry.contact_id], _told(entry, names), entry.occurred_at)
            for entry in found
            if entry.contact_id in contacts
        ],
    }


def _told(entry: Entry, names: Any) -> Any:
    """What happened, as half a sentence: "visited Pricing"."""
    kind = interaction_kind(entry.name)
    label, _ = names.get((entry.source_type, entry.source_id or 0), ("", ""))
    data = entry.data or {}
    what = label or data.get("title") or data.get("name") or entry.url or "something"
    sentence = kind.sentence if kind else "{what}"
    before, _, after = sentence.replace("{who}", "").strip().partition("{what}")
    return format_html("{}<b class='m'>{}</b>{}", before, what, after)


def register_homes() -> None:
    """Put the cards on the homes; called once when the apps are loaded."""
    figures = [
        ("leads_week", leads_this_week),
        ("handed", handed_to_sales),
        ("orphaned", orphaned_leads),
    ]
    for number, (key, context) in enumerate(figures):
        template = "ui/_home_figure.html"
        register_home_card(
            HomeCard(key, BOTH, template, context, 3, 10 + number, "lead")
        )
    both, work = ("marketing",), ("marketing", "sales")
    for card in (
        HomeCard("generation", BOTH, "crm/_home_chart.html", lead_generation, 8, 30,
                 "lead"),
        HomeCard("newest_leads", both, "crm/_home_leads.html", newest_leads, 8, 50,
                 "lead"),
        HomeCard("due", work, "crm/_home_activities.html", due_activities, 4, 60,
                 "activity"),
        HomeCard("engagement", ("sales",), "crm/_home_engagement.html", engagement, 4,
                 90, "contact"),
    ):  # fmt: skip
        register_home_card(card)
