"""The pages of a contact, an account and a lead."""

from __future__ import annotations

from typing import Any

from django.db.models import Model
from django.urls import reverse
from django.utils.html import format_html

from core.base.models import Organisation
from core.ui import cells, timeline
from core.ui.parts import Fact, FactSection, Key, RecordAction
from core.ui.records import RecordPage
from crm import forms
from crm.models import Account, Contact, Lead
from crm.pages import columns, lists
from crm.services.records import record_update

CONTACTS_OF_ACCOUNT = 200
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
TAGS = Fact("tags", "Tags", lambda r: cells.chips(r.tags))
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
        method="post",
        action="delete",
        menu=True,
        danger=True,
        question=f"The {name} goes, with its notes and activities.",
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


class CrmRecord(RecordPage):
    """What the three record pages share."""

    composer = "crm/_composer.html"

    def save(self, record: Any, values: dict[str, Any], version: int | None) -> Model:
        user: Any = self.request.user
        saved: Model = record_update(
            record=record, values=values, user=user, version=version
        )
        return saved

    @property
    def person(self) -> str:
        return str(self.record)


class ContactPage(CrmRecord):
    entity, model, list_page = "contact", Contact, lists.ContactList
    form_class = forms.ContactForm
    select = ("owner", "team", "account", "guardian", "created_by")
    keys = (
        Key("Account", lambda c: link(c.account, "account") if c.account else None),
        Key(
            "Consent",
            lambda c: f"{c.consent_level}, {c.get_consent_level_display()}",
        ),
        Key(
            "Seen by",
            lambda c: (
                "Marketing only; sales lists leave this person out until a lead "
                "is qualified"
                if c.marketing_only
                else None
            ),
            wide=True,
            phone=False,
        ),
        OWNER,
    )
    sections = (
        FactSection(
            "Person",
            (
                Fact("first_name", "First name"),
                Fact("last_name", "Last name"),
                EMAIL,
                PHONE,
                MOBILE,
                Fact("job_title", "Job title"),
                Fact("account", "Account", lambda c: link(c.account, "account")),
                Fact("company_name", "Company"),
                Fact("buying_role", "Buying role"),
                Fact("language", "Language"),
                LINKEDIN,
                Fact("guardian", "Guardian", lambda c: link(c.guardian, "contact")),
            ),
        ),
        FactSection(
            "Preferences",
            (
                *PREFERENCES,
                Fact(
                    "follow_email",
                    "Follow email",
                    lambda c: cells.allow(not c.follow_email),
                ),
            ),
        ),
        ADDRESS,
        BELONGS,
        ORIGIN,
    )
    actions = (
        RecordAction(
            "make_sales",
            "Make sales contact",
            "user-check",
            lambda c: reverse("contact_make_sales", args=[c.pk]),
            method="post",
            action="make_sales",
            primary=True,
            when=lambda c: c.marketing_only and c.state == "active",
            position=20,
        ),
        edit("contact"),
        RecordAction(
            "new_lead",
            "New lead",
            "target-arrow",
            lambda c: lead_from_contact(c),
            position=80,
        ),
        switch("contact", active=False),
        switch("contact", active=True),
        delete("contact"),
    )

    def badges(self, record: Any) -> list[Any]:
        if record.marketing_only or record.state == "inactive":
            return [columns.contact_badge(record)]
        return []

    def meta(self, record: Any) -> list[tuple[str, str, str]]:
        lines = [("user-circle", columns.person_second(record), "")]
        lines.append(("map-pin", place(record), ""))
        return [line for line in lines if line[1]]

    def scope(self, record: Any) -> timeline.Scope:
        return timeline.Scope(("contact", record.pk), (record.pk,), self.request.user)


def lead_from_contact(contact: Contact) -> str:
    """The form of a new lead that carries the person along."""
    return f"{reverse('lead_create')}?contact={contact.pk}"


class AccountPage(CrmRecord):
    entity, model, list_page = "account", Account, lists.AccountList
    form_class, company = forms.AccountForm, True
    select = ("owner", "team", "parent", "primary_contact", "created_by")
    keys = (
        Key(
            "Primary contact",
            lambda a: link(a.primary_contact, "contact") if a.primary_contact else None,
        ),
        Key(
            "Employees",
            lambda a: (
                cells.number(a.number_of_employees)
                if a.number_of_employees is not None
                else None
            ),
        ),
        Key(
            "Revenue",
            lambda a: money(a.annual_revenue) if a.annual_revenue is not None else None,
        ),
        OWNER,
    )
    sections = (
        FactSection(
            "Company",
            (
                Fact("name", "Name"),
                Fact("industry", "Industry"),
                Fact("relationship", "Relationship"),
                PHONE,
                EMAIL,
                WEBSITE,
                Fact("email_domain", "Email domain"),
                Fact("number_of_employees", "Employees"),
                Fact("annual_revenue", "Revenue", lambda a: money(a.annual_revenue)),
                Fact("parent", "Parent", lambda a: link(a.parent, "account")),
                Fact(
                    "primary_contact",
                    "Contact",
                    lambda a: link(a.primary_contact, "contact"),
                ),
            ),
        ),
        ADDRESS,
        BELONGS,
        ORIGIN,
    )
    actions = (
        edit("account"),
        switch("account", active=False),
        switch("account", active=True),
        delete("account"),
    )

    def badges(self, record: Any) -> list[Any]:
        return [columns.state_badge(record)] if record.state == "inactive" else []

    def meta(self, record: Any) -> list[tuple[str, str, str]]:
        lines = [("building", record.industry, ""), ("map-pin", place(record), "")]
        return [line for line in lines if line[1]]

    def scope(self, record: Any) -> timeline.Scope:
        people = Contact.objects.visible_to(self.request.user).filter(account=record)
        ids = people.order_by("pk").values_list("pk", flat=True)[:CONTACTS_OF_ACCOUNT]
        return timeline.Scope(("account", record.pk), tuple(ids), self.request.user)


class LeadPage(CrmRecord):
    entity, model, list_page = "lead", Lead, lists.LeadList
    form_class = forms.LeadForm
    select = (
        "owner",
        "team",
        "parent_contact",
        "parent_account",
        "product",
        "campaign",
        "created_by",
    )
    keys = (
        Key("Source", lambda r: r.lead_source or None),
        Key("Stage", lambda r: r.get_stage_display(), wide=True),
        Key(
            "Sales ready since",
            lambda r: (
                cells.ago(r.sales_ready_at)
                if r.sales_ready and r.sales_ready_at
                else None
            ),
        ),
        Key(
            "Estimated value",
            lambda r: (
                money(r.estimated_value) if r.estimated_value is not None else None
            ),
        ),
        OWNER,
    )
    sections = (
        FactSection(
            "Person",
            (
                Fact("first_name", "First name"),
                Fact("last_name", "Last name"),
                EMAIL,
                PHONE,
                MOBILE,
                Fact("job_title", "Job title"),
                Fact(
                    "parent_contact",
                    "Contact",
                    lambda r: link(r.parent_contact, "contact"),
                ),
                Fact(
                    "parent_account",
                    "Account",
                    lambda r: link(r.parent_account, "account"),
                ),
                LINKEDIN,
            ),
        ),
        FactSection(
            "Company",
            (
                Fact("company_name", "Name"),
                WEBSITE,
                Fact("industry", "Industry"),
                Fact("number_of_employees", "Employees"),
                Fact("city", "City"),
                Fact("country", "Country"),
            ),
        ),
        FactSection(
            "Lead",
            (
                Fact("topic", "Topic"),
                Fact("lead_source", "Source"),
                Fact("rating", "Rating"),
                Fact(
                    "product",
                    "Product",
                    lambda r: cells.plain(str(r.product) if r.product else None),
                ),
                Fact(
                    "campaign",
                    "Campaign",
                    lambda r: cells.plain(str(r.campaign) if r.campaign else None),
                ),
                Fact("estimated_value", "Value", lambda r: money(r.estimated_value)),
                Fact("budget", "Budget", lambda r: money(r.budget)),
                Fact("purchase_timeframe", "Timeframe"),
                Fact("need", "Need"),
            ),
        ),
        FactSection("Preferences", PREFERENCES),
        BELONGS,
        ORIGIN,
    )
    actions = (edit("lead"), delete("lead"))

    @property
    def person(self) -> str:
        return str(self.record.name)

    def badges(self, record: Any) -> list[Any]:
        return [columns.lead_badge(record)]

    def meta(self, record: Any) -> list[tuple[str, str, str]]:
        contact = record.parent_contact
        lines = [
            (
                "user-circle",
                record.name if record.topic else "",
                reverse("contact", args=[contact.pk]) if contact else "",
            ),
            ("building", record.company_name, ""),
            ("map-pin", place(record), ""),
        ]
        return [line for line in lines if line[1]]

    def read_only(self, record: Any) -> str:
        if not record.is_closed:
            return ""
        return (
            "This lead is closed and kept for the reports. Reactivate it to change it."
        )

    def scope(self, record: Any) -> timeline.Scope:
        people = (record.parent_contact_id,) if record.parent_contact_id else ()
        return timeline.Scope(("lead", record.pk), people, self.request.user)
