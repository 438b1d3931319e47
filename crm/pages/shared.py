"""Facts, keys and actions that the pages of contacts, accounts and leads share."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from django.utils.html import format_html

from core.base.models import Organisation
from core.ui import cells
from core.ui.parts import Fact, FactSection, Key, RecordAction
from crm.pages import columns, facts

# States in which a record is kept as it is.
CLOSED = ("qualified", "disqualified", "won", "lost")


def link(record: Any, name: str) -> Any:
    """A look-up as a link to its page."""
    if record is None:
        return cells.EMPTY
    return format_html(
        '<a class="h-link" href="{}">{}</a>', reverse(name, args=[record.pk]), record
    )


def web(address: str) -> Any:
    """A web address that opens in a new tab."""
    if not address:
        return cells.EMPTY
    bare = address.removeprefix("https://").removeprefix("http://")
    full = address if address.startswith(("http://", "https://")) else f"https://{bare}"
    return format_html(
        '<a class="h-plainlink" href="{}" target="_blank" rel="noopener">{}</a>',
        full,
        bare.rstrip("/"),
    )


def money(value: Any) -> Any:
    return cells.amount(value, Organisation.current().currency if value else "")


def place(record: Any) -> str:
    return ", ".join(part for part in (record.city, record.country) if part)


EMAIL = Fact("email", "Email", lambda r: columns.mail_link(r.email))
PHONE = Fact("phone", "Phone", lambda r: columns.phone_link(r.phone))
MOBILE = Fact("mobile_phone", "Mobile", lambda r: columns.phone_link(r.mobile_phone))
WEBSITE = Fact("website", "Website", lambda r: web(r.website))
LINKEDIN = Fact("linkedin_url", "LinkedIn", lambda r: web(r.linkedin_url))
TAGS = Fact("tags", "Tags", lambda r: facts.tag_chips(r.tags))
CUSTOM = FactSection("Own fields", more=facts.custom_facts)
OWNER = Key("Owner", columns.owner_cell)
BELONGS = FactSection(
    "Belongs to",
    (
        Fact("owner", "Owner", columns.owner_cell),
        Fact("team", "Team", lambda r: cells.plain(str(r.team) if r.team else None)),
        TAGS,
    ),
)
ADDRESS = FactSection(
    "Address",
    (
        Fact("address_line1", "Street"),
        Fact("postal_code", "Postal code"),
        Fact("city", "City"),
        Fact("country", "Country"),
    ),
)
PREFERENCES = (
    Fact("do_not_email", "Email", lambda r: cells.allow(r.do_not_email)),
    Fact("do_not_bulk_email", "Bulk email", lambda r: cells.allow(r.do_not_bulk_email)),
    Fact("do_not_phone", "Phone", lambda r: cells.allow(r.do_not_phone)),
)
ORIGIN = FactSection(
    "Origin",
    (
        Fact("created_by", "Created by", editable=False),
        Fact("created_at", "Created", editable=False),
        Fact("updated_at", "Updated", editable=False),
    ),
)


def edit(name: str) -> RecordAction:
    return RecordAction(
        "edit",
        "Edit",
        "pencil",
        lambda r: reverse(f"{name}_edit", args=[r.pk]),
        when=lambda r: getattr(r, "state", "") not in CLOSED,
        position=90,
    )


def delete(name: str) -> RecordAction:
    return RecordAction(
        "delete",
        "Delete",
        "trash",
        lambda r: reverse("record_delete", args=[name, r.pk]),
        method="panel",
        action="delete",
        menu=True,
        danger=True,
        position=900,
    )


def switch(name: str, *, active: bool) -> RecordAction:
    """Deactivate is the usual button; an inactive record offers Activate."""
    word = "activate" if active else "deactivate"
    return RecordAction(
        word,
        word.capitalize(),
        "player-play" if active else "archive",
        lambda r: reverse(f"record_{word}", args=[name, r.pk]),
        method="post",
        menu=True,
        when=lambda r: (r.state == "inactive") is active,
        position=800,
    )
