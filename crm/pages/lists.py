"""The lists of contacts, accounts and leads."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.urls import reverse

from core.ui import cells
from core.ui.columns import Column, ListView, RowAction, field_column
from core.ui.lists import ListPage
from crm import filters
from crm.models import Account, Contact, Lead
from crm.pages import bulk, columns
from crm.processes.labels import StageName, reason_name
from crm.services.left_over import left_over


def mine(rows: QuerySet, user: Any) -> QuerySet:
    return rows.filter(owner=user)


class ContactList(ListPage):
    entity, model, noun, icon = "contact", Contact, "contact", "users"
    title, url_name, record_url_name = "Contacts", "contact_list", "contact"
    create_url_name = "contact_create"
    filterset_class = filters.ContactFilter
    empty = "People arrive from forms, imports and leads, or enter the first one."
    bulk_actions = (
        bulk.assign("contacts"),
        bulk.tag("contacts"),
        bulk.clean_up(),
        bulk.delete("contacts"),
    )
    columns = (
        Column(
            "name",
            "Name",
            lambda row: cells.who(row.name, columns.person_second(row), row.href),
            sort="sort_name",
            text=lambda row: row.name,
            css="first",
            position=0,
        ),
        Column(
            "state",
            "State",
            columns.contact_badge,
            sort="state",
            text=lambda row: "Marketing only" if row.marketing_only else row.state,
            css="keep",
            position=10,
        ),
        Column(
            "email",
            "Email",
            lambda row: columns.mail_link(row.email),
            sort="email_norm",
            text=lambda row: row.email,
            css="under sub",
            position=20,
        ),
        Column(
            "phone",
            "Phone",
            lambda row: columns.phone_link(row.phone or row.mobile_phone),
            text=lambda row: row.phone or row.mobile_phone,
            css="sub",
            position=30,
        ),
        Column(
            "account",
            "Account",
            lambda row: cells.plain(str(row.account) if row.account else None),
            sort="account__sort_name",
            text=lambda row: str(row.account or ""),
            css="sub",
            select=("account",),
            position=40,
        ),
        field_column("city", "City"),
        field_column("country", "Country", default=False),
        field_column("birth_date", "Birthday", default=False),
        columns.TAGS,
        columns.OWNER,
        columns.CREATED,
        columns.UPDATED,
    )
    views = (
        ListView("all", "All", lambda rows, user: rows.active()),
        ListView(
            "sales",
            "Sales contacts",
            lambda rows, user: rows.sales(),
            note="People whom only marketing knows are not listed here.",
        ),
        ListView(
            "marketing_only", "Marketing only", lambda rows, user: rows.marketing_only()
        ),
        ListView(
            "left_over",
            "Left over from marketing",
            lambda rows, user: left_over(rows),
            note="Only marketing knows them, and they have neither a lead nor an "
            "interaction. Select them to clean up.",
        ),
        ListView("mine", "Mine", lambda rows, user: mine(rows.active(), user)),
        ListView(
            "inactive", "Inactive", lambda rows, user: rows.filter(state="inactive")
        ),
    )
    row_actions = (
        RowAction(
            "edit", "Edit", "pencil", lambda row: reverse("contact_edit", args=[row.pk])
        ),
    )


class AccountList(ListPage):
    entity, model, noun, icon = "account", Account, "account", "building"
    title, url_name, record_url_name = "Accounts", "account_list", "account"
    create_url_name = "account_create"
    filterset_class = filters.AccountFilter
    empty = "Companies you sell to stand here. Enter one, or import a list."
    bulk_actions = (
        bulk.assign("accounts"),
        bulk.tag("accounts"),
        bulk.delete("accounts"),
    )
    columns = (
        Column(
            "name",
            "Name",
            lambda row: cells.who(row.name, row.industry, row.href, "co"),
            sort="sort_name",
            text=lambda row: row.name,
            css="first",
            position=0,
        ),
        Column(
            "state",
            "State",
            columns.state_badge,
            sort="state",
            text=lambda row: row.state,
            css="keep",
            position=10,
        ),
        Column(
            "primary_contact",
            "Primary contact",
            lambda row: cells.plain(
                row.primary_contact.name if row.primary_contact else None
            ),
            sort="primary_contact__sort_name",
            text=lambda row: row.primary_contact.name if row.primary_contact else "",
            css="under sub",
            select=("primary_contact",),
            position=20,
        ),
        Column(
            "phone",
            "Phone",
            lambda row: columns.phone_link(row.phone),
            text=lambda row: row.phone,
            css="sub",
            position=30,
        ),
        field_column("city", "City"),
        field_column("number_of_employees", "Employees", css="r"),
        field_column("annual_revenue", "Revenue", css="r", default=False),
        field_column("website", "Website", default=False),
        columns.TAGS,
        columns.OWNER,
        columns.CREATED,
        columns.UPDATED,
    )
    views = (
        ListView("active", "Active", lambda rows, user: rows.active(), sort="name"),
        ListView("mine", "Mine", lambda rows, user: mine(rows.active(), user)),
        ListView(
            "inactive", "Inactive", lambda rows, user: rows.filter(state="inactive")
        ),
    )
    row_actions = (
        RowAction(
            "edit", "Edit", "pencil", lambda row: reverse("account_edit", args=[row.pk])
        ),
    )


class LeadList(ListPage):
    entity, model, noun, icon = "lead", Lead, "lead", "target-arrow"
    title, url_name, record_url_name = "Leads", "lead_list", "lead"
    create_url_name = "lead_create"
    filterset_class = filters.LeadFilter
    empty = "Leads come from forms and imports, or somebody enters them after a call."
    bulk_actions = (bulk.assign("leads"), bulk.tag("leads"), bulk.delete("leads"))
    columns = (
        Column(
            "name",
            "Name and topic",
            lambda row: cells.who(row.name, row.topic, row.href),
            sort="sort_name",
            text=lambda row: row.name,
            css="first",
            position=0,
        ),
        Column(
            "topic",
            "Topic",
            lambda row: cells.plain(row.topic),
            sort="topic",
            text=lambda row: row.topic,
            css="sub",
            default=False,
            position=5,
        ),
        Column(
            "company",
            "Company",
            lambda row: cells.plain(row.company_name),
            sort="company_name",
            text=lambda row: row.company_name,
            css="sub",
            position=10,
        ),
        Column(
            "state",
            "State",
            columns.lead_badge,
            sort="state",
            text=lambda row: row.get_state_display(),
            annotate=lambda rows, user: rows.annotate(reason_label=reason_name("lead")),
            css="keep",
            position=20,
        ),
        Column(
            "stage",
            "Stage",
            lambda row: cells.plain(row.stage_name),
            sort="stage",
            text=lambda row: row.stage_name,
            annotate=lambda rows, user: rows.annotate(stage_name=StageName()),
            css="under sub",
            position=40,
        ),
        Column(
            "lead_source",
            "Source",
            lambda row: cells.plain(row.lead_source),
            sort="lead_source",
            text=lambda row: row.lead_source,
            css="sub",
            position=50,
        ),
        field_column("city", "City", default=False),
        field_column("country", "Country", default=False),
        field_column("rating", "Rating", default=False),
        field_column("estimated_value", "Estimated value", css="r", default=False),
        Column(
            "email",
            "Email",
            lambda row: columns.mail_link(row.email),
            sort="email_norm",
            text=lambda row: row.email,
            css="sub",
            default=False,
        ),
        Column(
            "phone",
            "Phone",
            lambda row: columns.phone_link(row.phone or row.mobile_phone),
            text=lambda row: row.phone or row.mobile_phone,
            css="sub",
            default=False,
        ),
        Column(
            "sales_ready",
            "Sales ready since",
            lambda row: cells.ago(row.sales_ready_at),
            sort="sales_ready_at",
            text=lambda row: row.sales_ready_at,
            css="mut",
            default=False,
        ),
        Column(
            "last_activity",
            "Last activity",
            lambda row: cells.ago(row.last_activity_at),
            sort="last_activity_at",
            text=lambda row: row.last_activity_at,
            css="mut",
            position=600,
        ),
        columns.TAGS,
        columns.OWNER,
        columns.CREATED,
        columns.UPDATED,
    )
    views = (
        ListView("open", "Open", lambda rows, user: rows.open()),
        ListView("mine", "My open", lambda rows, user: mine(rows.open(), user)),
        ListView(
            "sales_ready",
            "Sales ready",
            lambda rows, user: rows.sales_ready(),
            sort="-sales_ready",
        ),
        ListView(
            "unassigned",
            "Unassigned",
            lambda rows, user: rows.open().filter(owner=None),
        ),
        ListView(
            "orphaned",
            "Orphaned",
            lambda rows, user: rows.open().orphaned(),
            note="Leads with neither a parent contact nor a parent account.",
        ),
        ListView("closed", "Closed", lambda rows, user: rows.closed()),
        ListView("all", "All", lambda rows, user: rows),
    )
    row_actions = (
        RowAction(
            "edit", "Edit", "pencil", lambda row: reverse("lead_edit", args=[row.pk])
        ),
    )
