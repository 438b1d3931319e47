"""What this app adds to search, the New menu, timelines, panels and homes."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import Q
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html

from core.access.models import Team, User
from core.access.querysets import visible_rows
from core.access.rights import rights_of
from core.ui import cells
from core.ui.navigation import QuickCreate, register_quick_create
from core.ui.paging import count_of
from core.ui.parts import Panel, register_panel
from core.ui.search import Hit, Search, register_search
from core.ui.timeline import (
    Happening,
    Place,
    Scope,
    Told,
    register_timeline,
    register_timeline_source,
)
from crm.imports.naming import register_sources
from crm.models import Account, Activity, Campaign, Contact, Lead, Note, Product
from crm.pages import files, homes
from crm.pages.about import about_scope
from crm.pages.columns import ACTIVITY_ICONS, LEAD_TONES, lead_badge
from crm.pages.parties import register_parties
from crm.services.mentions import named

# Search ---------------------------------------------------------------------------


def find_contacts(user: Any, text: str, limit: int) -> list[Hit]:
    rows = Contact.objects.visible_to(user).search(text)
    return [
        Hit(
            row.name,
            " at ".join(part for part in (row.job_title, row.company_name) if part)
            or row.email,
            reverse("contact", args=[row.pk]),
            "Marketing only" if row.marketing_only else "",
            "mo",
            pk=row.pk,
        )
        for row in rows.order_by("sort_name", "pk")[:limit]
    ]


def find_accounts(user: Any, text: str, limit: int) -> list[Hit]:
    rows = Account.objects.visible_to(user).search(text)
    return [
        Hit(
            row.name,
            ", ".join(part for part in (row.industry, row.city) if part),
            reverse("account", args=[row.pk]),
            company=True,
            pk=row.pk,
        )
        for row in rows.order_by("sort_name", "pk")[:limit]
    ]


def find_leads(user: Any, text: str, limit: int) -> list[Hit]:
    rows = Lead.objects.visible_to(user).search(text)
    return [
        Hit(
            row.topic or row.name,
            ", ".join(part for part in (row.name, row.company_name) if part),
            reverse("lead", args=[row.pk]),
            "Sales ready"
            if row.sales_ready and row.state == "open"
            else row.get_state_display(),
            "ready"
            if row.sales_ready and row.state == "open"
            else LEAD_TONES[row.state],
            pk=row.pk,
        )
        for row in rows.order_by("-created_at", "-pk")[:limit]
    ]


def _by_name(model: Any) -> Any:
    """A look-up in a short list by the beginning or a fragment of the name."""

    def find(user: Any, text: str, limit: int) -> list[Hit]:
        rows = model.objects.visible_to(user).filter(name__lower__contains=text.lower())
        return [Hit(row.name, row.code, "", pk=row.pk) for row in rows[:limit]]

    return find


def find_users(user: Any, text: str, limit: int) -> list[Hit]:
    """Colleagues by any part of their names."""
    low = text.lower()
    rows = visible_rows(User, user).filter(
        Q(first_name__lower__contains=low)
        | Q(last_name__lower__contains=low)
        | Q(username__lower__contains=low)
    )
    found = rows.order_by("first_name", "last_name", "pk")[:limit]
    return [Hit(str(row), row.job_title, "", pk=row.pk) for row in found]


def find_teams(user: Any, text: str, limit: int) -> list[Hit]:
    """Teams by any part of their name."""
    rows = visible_rows(Team, user).filter(name__lower__contains=text.lower())
    return [Hit(row.name, "", "", pk=row.pk) for row in rows.order_by("name")[:limit]]


def register_searches() -> None:
    register_search(Search("user", "Users", "user", find_users, everywhere=False))
    register_search(Search("team", "Teams", "team", find_teams, everywhere=False))
    register_search(Search("contact", "Contacts", "contact", find_contacts))
    register_search(Search("lead", "Leads", "lead", find_leads))
    register_search(Search("account", "Accounts", "account", find_accounts))
    for key, label, model in (
        ("product", "Products", Product),
        ("campaign", "Campaigns", Campaign),
    ):
        register_search(Search(key, label, key, _by_name(model), everywhere=False))
    register_quick_create(
        QuickCreate("Lead", "target-arrow", "lead_create", "lead"),
        QuickCreate("Contact", "user-plus", "contact_create", "contact"),
        QuickCreate("Account", "building", "account_create", "account"),
    )


# Timeline -------------------------------------------------------------------------


DONE = {
    "phone_call": "logged a call",
    "task": "finished a task",
    "appointment": "held an appointment",
    "customer_request": "answered a request",
}


def activities_of(
    scope: Scope, place: Place | None, limit: int, kind: str
) -> list[Happening]:
    """Activities on a timeline: what was said, what is planned."""
    if kind not in ("all", "activity"):
        return []
    rows: Any = Activity.objects.visible_to(scope.user).filter(about_scope(scope))
    # What the system wrote stands there as a milestone already.
    rows = rows.exclude(kind__in=Activity.BY_SYSTEM)
    rows = rows.annotate(moment=Coalesce("completed_at", "created_at"))
    if place:
        rows = place.older(rows, "activities", "moment")
    rows = rows.select_related("created_by", "owner", "product")
    makes = rights_of(scope.user).has("lead", "create")
    found = rows.order_by("-moment", "-pk")[:limit]
    return [_activity_line(row, row.moment, makes_leads=makes) for row in found]


def _activity_line(row: Activity, moment: datetime, *, makes_leads: bool) -> Happening:
    who = row.created_by or row.owner or "Somebody"
    bits: list[Any] = []
    extra = _lead_of(row) if makes_leads else ""
    if row.state == "completed":
        said = f"{row.duration_minutes} minutes" if row.duration_minutes else ""
        sentence = format_html(
            "<b>{}</b> {}{}{}", who, DONE[row.kind], ", " if said else "", said
        )
    else:
        due = format_html(", due {}", cells.ago(row.due_at)) if row.due_at else ""
        sentence = format_html(
            "<b>{}</b>: {}{}, {}{}",
            row.get_kind_display(),
            row.subject,
            f" ({row.product})" if row.product else "",
            row.get_state_display().lower(),
            due,
        )
    titled = row.subject if row.subject != "Phone call" else ""
    if row.state == "completed" and titled:
        bits.append(titled)
    if row.description and row.description != titled:
        bits.append(row.description)
    return Happening(
        moment,
        ACTIVITY_ICONS[row.kind],
        sentence,
        "activity",
        "acc",
        said="\n".join(bits),
        extra=extra,
        order=row.pk,
    )


def _lead_of(row: Activity) -> Any:
    """A call or an appointment without a lead can become one."""
    if row.lead_id or row.kind not in ("phone_call", "appointment"):
        return ""
    url = f"{reverse('lead_create')}?activity={row.pk}"
    return format_html(' <a class="h-link xs" href="{}">New lead</a>', url)


def notes_of(
    scope: Scope, place: Place | None, limit: int, kind: str
) -> list[Happening]:
    """Notes on a timeline."""
    if kind not in ("all", "activity"):
        return []
    rows = Note.objects.visible_to(scope.user).filter(about_scope(scope))
    if place:
        rows = place.older(rows, "notes", "created_at")
    rows = rows.select_related("created_by").order_by("-created_at", "-pk")
    found = list(rows[:limit])
    said = named([row.body for row in found])
    return [
        Happening(
            row.created_at,
            "note",
            format_html("<b>{}</b> wrote a note", row.created_by or "Somebody"),
            "activity",
            "acc",
            said=text,
            order=row.pk,
        )
        for row, text in zip(found, said, strict=True)
    ]


def _created(noun: str) -> Any:
    def tell(told: Told) -> Any:
        by = told.via or told.actor or VIA.get(told.entry.via, "")
        topic = told.data.get("values", {}).get("topic")
        return format_html(
            "<b>{} created</b>{}{}",
            noun,
            f" by {by}" if by else "",
            f": {topic}" if topic else "",
        )

    return tell


def _made_sales(told: Told) -> Any:
    return format_html(
        "<b>Sales contact</b>, taken on by {}", told.actor or "the system"
    )


VIA = {"import": "an import", "form": "a form", "workflow": "a workflow"}


def register_timelines() -> None:
    register_timeline("contact.created", "user-plus", _created("Contact"))
    register_timeline("contact.made_sales", "user-check", _made_sales, milestone="mile")
    register_timeline("account.created", "building", _created("Account"))
    register_timeline("lead.created", "target-arrow", _created("Lead"), tone="acc")
    register_timeline_source("activities", activities_of)
    register_timeline_source("notes", notes_of)


# Panels ---------------------------------------------------------------------------

RELATED = 6


def next_activity(request: HttpRequest, record: Any) -> dict[str, Any] | None:
    """What is planned next for this record."""
    rows = Activity.objects.visible_to(request.user).pending()
    kind = type(record)._meta.model_name or ""
    about = Q(regarding_type=kind, regarding_id=record.pk)
    if kind == "contact":
        about |= Q(contact=record)
    if kind == "account":
        about |= Q(account=record)
    rows = rows.filter(about).order_by("due_at", "pk")
    found = list(rows[:RELATED])
    if not found:
        return None
    now = timezone.now()
    return {
        "note": len(found),
        "lines": [
            (each, ACTIVITY_ICONS[each.kind], bool(each.due_at and each.due_at < now))
            for each in found
        ],
    }


def leads_of_contact(request: HttpRequest, contact: Contact) -> dict[str, Any] | None:
    return _leads(Lead.objects.visible_to(request.user).filter(parent_contact=contact))


def leads_of_account(request: HttpRequest, account: Account) -> dict[str, Any] | None:
    return _leads(Lead.objects.visible_to(request.user).filter(parent_account=account))


def other_leads(request: HttpRequest, lead: Lead) -> dict[str, Any] | None:
    """Other leads of the same person."""
    if not lead.parent_contact_id:
        return None
    rows = Lead.objects.visible_to(request.user).filter(
        parent_contact_id=lead.parent_contact_id
    )
    return _leads(rows.exclude(pk=lead.pk))


def _leads(rows: Any) -> dict[str, Any] | None:
    found = list(rows.select_related("owner").order_by("-created_at", "-pk")[:RELATED])
    if not found:
        return None
    return {
        "note": len(found) if len(found) < RELATED else f"{RELATED} newest",
        "leads": [(lead, lead_badge(lead)) for lead in found],
    }


def people_of_account(request: HttpRequest, account: Account) -> dict[str, Any] | None:
    rows = Contact.objects.visible_to(request.user).filter(account=account).active()
    found = list(rows.order_by("sort_name", "pk")[:RELATED])
    if not found:
        return None
    number = count_of(rows)
    return {
        "note": number,
        "people": found,
        "more": f"{reverse('contact_list')}?view=all&account={account.pk}"
        if number.number > len(found)
        else "",
    }


def subsidiaries(request: HttpRequest, account: Account) -> dict[str, Any] | None:
    rows = Account.objects.visible_to(request.user).filter(parent=account)
    found = list(rows.order_by("sort_name", "pk")[:RELATED])
    if not found:
        return None
    return {
        "note": len(found) if len(found) < RELATED else f"first {RELATED}",
        "accounts": found,
    }


def register_panels() -> None:
    register_panel(
        "account",
        Panel(
            "subsidiaries",
            "Subsidiaries",
            "crm/_panel_accounts.html",
            subsidiaries,
            position=40,
        ),
    )
    for entity in ("contact", "account", "lead"):
        register_panel(
            entity,
            Panel(
                "next",
                "Next activities",
                "crm/_panel_activities.html",
                next_activity,
                position=10,
            ),
        )
    for entity, title, context in (
        ("contact", "Leads", leads_of_contact),
        ("account", "Leads", leads_of_account),
        ("lead", "Other leads of this contact", other_leads),
    ):
        register_panel(
            entity,
            Panel("leads", title, "crm/_panel_leads.html", context, position=30),
        )
    register_panel(
        "account",
        Panel(
            "people", "People", "crm/_panel_people.html", people_of_account, position=20
        ),
    )


def register_all() -> None:
    """Called once from AppConfig.ready()."""
    register_searches()
    register_timelines()
    register_panels()
    register_parties()
    files.register_all()
    homes.register_homes()
    register_sources()
