"""How customers, leads and what is done with them look in a row."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from django.utils.html import format_html

from core.ui import cells
from core.ui.columns import Column
from crm.models import Activity, Campaign, Contact, Lead

LEAD_TONES = {"open": "open", "qualified": "good", "disqualified": "off"}


def lead_badge(lead: Lead) -> Any:
    """The state of a lead, as one sees it in sales: sales ready stands out."""
    if lead.state == "open" and lead.sales_ready:
        return cells.badge("Sales ready", "ready")
    if lead.state == "disqualified":
        return cells.badge(reason_of(lead), "off")
    return cells.badge(lead.get_state_display(), LEAD_TONES[lead.state])


def reason_of(record: Any) -> str:
    """What the reason is called: as the list read it along, or by its own name."""
    known = getattr(record, "reason_label", None)
    return str(known or record.status_reason.replace("_", " ").capitalize())


def contact_badge(contact: Contact) -> Any:
    if contact.state == "inactive":
        return cells.badge("Inactive", "off")
    if contact.marketing_only:
        return cells.badge("Marketing only", "mo")
    return cells.badge("Active", "good")


def state_badge(record: Any) -> Any:
    active = record.state == "active"
    return cells.badge("Active" if active else "Inactive", "good" if active else "off")


def owner_cell(record: Any) -> Any:
    if record.owner is None:
        return format_html('<span class="mut">{}</span>', "Nobody")
    name = str(record.owner)
    return format_html(
        '<span class="row-x" style="gap:6px">{}<span class="cut">{}</span></span>',
        cells.avatar(name, "s"),
        name,
    )


def owner_name(record: Any) -> str:
    return str(record.owner or "")


OWNER = Column(
    "owner",
    "Owner",
    owner_cell,
    sort="owner__last_name",
    text=owner_name,
    css="sub",
    select=("owner",),
    position=700,
)
TAGS = Column(
    "tags",
    "Tags",
    lambda row: cells.chips(row.tags),
    text=lambda row: row.tags,
    default=False,
    position=720,
)
CREATED = Column(
    "created",
    "Created",
    lambda row: cells.ago(row.created_at),
    sort="created_at",
    text=lambda row: row.created_at,
    css="mut",
    position=800,
)
UPDATED = Column(
    "updated",
    "Updated",
    lambda row: cells.ago(row.updated_at),
    sort="updated_at",
    text=lambda row: row.updated_at,
    css="mut",
    default=False,
    position=810,
)


def mail_link(address: str) -> Any:
    if not address:
        return cells.EMPTY
    return format_html('<a class="h-plainlink" href="mailto:{0}">{0}</a>', address)


def phone_link(number: str) -> Any:
    if not number:
        return cells.EMPTY
    bare = "".join(letter for letter in number if letter in "+0123456789")
    return format_html('<a class="h-plainlink num" href="tel:{}">{}</a>', bare, number)


def person_second(row: Any) -> str:
    """The muted line under a person: what they do and where."""
    return " at ".join(part for part in (row.job_title, row.company_name) if part)


DUE_TONES = {True: "color:var(--h-bad)", False: ""}


def due_cell(activity: Activity) -> Any:
    """When it is due; overdue in red."""
    if activity.due_at is None:
        return cells.EMPTY
    open_still = activity.state in ("open", "scheduled")
    late = open_still and activity.due_at < timezone.now()
    return format_html(
        '<span style="{}">{}</span>', DUE_TONES[late], cells.ago(activity.due_at)
    )


ACTIVITY_ICONS = {
    "opportunity_close": "trophy",
    "task": "checklist",
    "phone_call": "phone",
    "appointment": "calendar-event",
    "customer_request": "message-circle",
}
ACTIVITY_TONES = {
    "open": "open",
    "scheduled": "open",
    "completed": "good",
    "canceled": "off",
}


def activity_cell(activity: Activity) -> Any:
    return format_html(
        '<span class="h-who"><span class="h-av a8">{}</span><span class="x">'
        '<a href="{}"><strong class="cut">{}</strong></a>'
        '<small class="cut">{}</small></span></span>',
        cells.icon(ACTIVITY_ICONS[activity.kind], "i-s"),
        activity.href,  # type: ignore[attr-defined]  # set by the list page
        activity.subject,
        activity.get_kind_display(),
    )


CAMPAIGN_TONES = {
    "planned": "plain",
    "running": "open",
    "completed": "good",
    "canceled": "off",
}


def campaign_badge(campaign: Campaign) -> Any:
    return cells.badge(campaign.get_status_display(), CAMPAIGN_TONES[campaign.status])
