"""The pages of a contact, an account and a lead."""

from __future__ import annotations

from typing import Any

from django.db.models import Model
from django.urls import reverse

from core.ui import cells, timeline
from core.ui.parts import Fact, FactSection, Key, RecordAction
from core.ui.records import RecordPage
from crm import forms
from crm.models import Account, Contact, Lead
from crm.pages import columns, facts, lists
from crm.pages.shared import (
    ADDRESS,
    BELONGS,
    CUSTOM,
    EMAIL,
    LINKEDIN,
    MOBILE,
    ORIGIN,
    OWNER,
    PHONE,
    PREFERENCES,
    WEBSITE,
    delete,
    edit,
    link,
    money,
    place,
    switch,
    web,
)
from crm.services.records import record_update
from crm.services.status_reasons import reason_label

CONTACTS_OF_ACCOUNT = 200


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
    select = (
        "owner",
        "team",
        "account",
        "guardian",
        "originating_lead",
        "created_by",
    )
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
                Fact("relationship", "Relationship"),
                Fact("language", "Language"),
                Fact("birth_date", "Birthday"),
                LINKEDIN,
                WEBSITE,
                Fact(
                    "profile_links",
                    "Profiles",
                    lambda c: facts.web_links(c.profile_links),
                    editable=False,
                ),
            ),
        ),
        FactSection(
            "Parent or guardian",
            (
                Fact("is_child", "Is a child"),
                Fact("guardian", "Guardian", lambda c: link(c.guardian, "contact")),
            ),
        ),
        FactSection(
            "Preferences",
            (
                Fact(
                    "consent_level",
                    "Consent",
                    lambda c: facts.consent_bar(
                        c.consent_level, c.get_consent_level_display()
                    ),
                ),
                *PREFERENCES,
                Fact(
                    "follow_email",
                    "Follow email",
                    lambda c: cells.allow(not c.follow_email),
                ),
                Fact(
                    "prefill_forms",
                    "Prefill forms",
                    lambda c: cells.allow(not c.prefill_forms),
                ),
            ),
        ),
        CUSTOM,
        ADDRESS,
        BELONGS,
        FactSection(
            "Origin",
            (
                Fact("source", "Source", facts.source_of, editable=False),
                Fact(
                    "originating_lead",
                    "Lead",
                    lambda c: link(c.originating_lead, "lead"),
                    editable=False,
                ),
                *ORIGIN.facts,
            ),
        ),
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
    select = (
        "owner",
        "team",
        "parent",
        "primary_contact",
        "originating_lead",
        "created_by",
    )
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
        CUSTOM,
        ADDRESS,
        BELONGS,
        FactSection(
            "Origin",
            (
                Fact(
                    "originating_lead",
                    "Lead",
                    lambda a: link(a.originating_lead, "lead"),
                    editable=False,
                ),
                *ORIGIN.facts,
            ),
        ),
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
        Key("Sales ready since", facts.sales_ready_since),
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
                Fact("purchase_process", "Process"),
                Fact("decision_maker", "Decides"),
                Fact("need", "Need"),
            ),
        ),
        FactSection("Preferences", PREFERENCES),
        CUSTOM,
        BELONGS,
        FactSection(
            "Origin",
            (Fact("source", "From", facts.source_of, editable=False), *ORIGIN.facts),
        ),
        FactSection(
            "Referrer and campaign tags",
            (
                Fact("referrer", "Referrer", lambda r: web(r.referrer), editable=False),
                Fact("utm_source", "Source", editable=False),
                Fact("utm_medium", "Medium", editable=False),
                Fact("utm_campaign", "Campaign", editable=False),
                Fact("utm_term", "Term", editable=False),
                Fact("utm_content", "Content", editable=False),
            ),
            folded=True,
        ),
    )
    actions = (edit("lead"), delete("lead"))

    @property
    def person(self) -> str:
        return str(self.record.name)

    def badges(self, record: Any) -> list[Any]:
        if record.state == "disqualified":
            record.reason_label = reason_label(record.status_reason)
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
