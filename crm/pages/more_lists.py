"""The lists of activities, notes, products and campaigns."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.html import format_html

from core.ui import cells
from core.ui.columns import Column, ListView, field_column
from core.ui.filters import TextFilter
from core.ui.lists import ListPage
from crm import about_filters, catalogue_filters, filters
from crm.models import Activity, Campaign, Note, Product
from crm.pages import columns


def everything(rows: QuerySet, user: Any) -> QuerySet:
    return rows


def regarding_url(row: Any) -> str:
    """The page of what a row is about; '' where that has none."""
    try:
        return reverse(row.regarding_type, args=[row.regarding_id])
    except NoReverseMatch:
        return ""


class ActivityList(ListPage):
    entity, model, noun, icon = "activity", Activity, "activity", "checklist"
    title, url_name = "Activities", "activity_list"
    filterset_class = filters.ActivityFilter
    default_sort = "-due"
    empty = "Calls, tasks and appointments stand here. Log them on a person's page."
    columns = (
        Column(
            "subject",
            "Subject",
            columns.activity_cell,
            sort="subject",
            text=lambda row: row.subject,
            css="first",
            position=0,
        ),
        Column(
            "state",
            "State",
            lambda row: cells.badge(
                row.get_state_display(), columns.ACTIVITY_TONES[row.state]
            ),
            sort="state",
            text=lambda row: row.state,
            css="keep",
        ),
        Column(
            "due",
            "Due",
            columns.due_cell,
            sort="due_at",
            text=lambda row: row.due_at,
            css="under",
        ),
        Column(
            "about",
            "About",
            lambda row: cells.plain(
                (row.contact and row.contact.name)
                or (row.lead and row.lead.name)
                or (row.account and row.account.name)
                or None
            ),
            css="sub",
            select=("contact", "lead", "account"),
        ),
        Column(
            "priority",
            "Priority",
            lambda row: row.get_priority_display(),
            text=lambda row: row.priority,
            css="sub",
            default=False,
        ),
        columns.OWNER,
        columns.CREATED,
    )
    views = (
        ListView(
            "due",
            "Due",
            lambda rows, user: rows.pending().filter(owner=user),
            sort="due",
        ),
        ListView(
            "overdue",
            "Overdue",
            lambda rows, user: rows.pending().filter(
                owner=user, due_at__lt=timezone.now()
            ),
            sort="due",
        ),
        ListView("open", "All open", lambda rows, user: rows.pending(), sort="due"),
        ListView(
            "done",
            "Done",
            lambda rows, user: rows.filter(state="completed"),
            sort="-created",
        ),
    )

    def search(self, rows: QuerySet, text: str) -> QuerySet:
        return TextFilter(field_name="subject", lookup_expr="contains").filter(
            rows, text
        )

    def href(self, row: Any) -> str:
        """An activity opens the page of what it is about."""
        return regarding_url(row) or reverse("activity_list")


def about_name(row: Any) -> str | None:
    """The person or company that an activity or a note is about."""
    named = row.contact or row.lead or row.account
    return named.name if named else None


class NoteList(ListPage):
    entity, model, noun, icon = "note", Note, "note", "note"
    title, url_name = "Notes", "note_list"
    filterset_class = about_filters.NoteFilter
    empty = "Notes are written on the page of a record."
    columns = (
        Column(
            "body",
            "Note",
            lambda row: format_html(
                '<a href="{}" class="cut">{}</a>', row.href, row.body[:120]
            ),
            text=lambda row: row.body,
            css="first",
            position=0,
        ),
        Column(
            "about",
            "About",
            lambda row: cells.plain(about_name(row)),
            text=lambda row: about_name(row) or "",
            css="under sub",
            select=("contact", "lead", "account"),
        ),
        Column(
            "created_by",
            "Written by",
            lambda row: cells.plain(str(row.created_by or "") or None),
            text=lambda row: str(row.created_by or ""),
            css="sub",
            select=("created_by",),
        ),
        columns.CREATED,
    )
    views = (
        ListView("all", "All", everything),
        ListView("mine", "Mine", lambda rows, user: rows.filter(created_by=user)),
    )

    def search(self, rows: QuerySet, text: str) -> QuerySet:
        return TextFilter(field_name="body", lookup_expr="contains").filter(rows, text)

    def href(self, row: Any) -> str:
        """A note opens the page of what it is about."""
        return regarding_url(row) or reverse("note_list")


class ProductList(ListPage):
    entity, model, noun, icon = "product", Product, "product", "box"
    title, url_name, record_url_name = "Products", "product_list", "product_edit"
    create_url_name = "product_create"
    filterset_class = catalogue_filters.ProductFilter
    default_sort = "name"
    empty = "What you sell stands here; leads and opportunities name it."
    columns = (
        Column(
            "name",
            "Name",
            lambda row: cells.who(row.name, row.code, row.href, "co"),
            sort="name",
            text=lambda row: row.name,
            css="first",
        ),
        field_column("family", "Family", css="under sub"),
        field_column("price", "Price", css="r scr"),
        Column(
            "active",
            "State",
            lambda row: cells.badge(
                "Active" if row.active else "Inactive", "good" if row.active else "off"
            ),
            sort="active",
            text=lambda row: row.active,
            css="keep",
        ),
    )
    views = (
        ListView("active", "Active", lambda rows, user: rows.filter(active=True)),
        ListView("all", "All", everything),
    )

    def search(self, rows: QuerySet, text: str) -> QuerySet:
        return TextFilter(field_name="name", lookup_expr="contains").filter(rows, text)


class CampaignList(ListPage):
    entity, model, noun, icon = "campaign", Campaign, "campaign", "speakerphone"
    title, url_name, record_url_name = "Campaigns", "campaign_list", "campaign_edit"
    create_url_name = "campaign_create"
    filterset_class = catalogue_filters.CampaignFilter
    empty = "A campaign groups pages, segments and the leads they bring."
    columns = (
        Column(
            "name",
            "Name",
            lambda row: cells.who(row.name, row.kind, row.href, "co"),
            sort="name",
            text=lambda row: row.name,
            css="first",
        ),
        Column(
            "status",
            "Status",
            columns.campaign_badge,
            sort="status",
            text=lambda row: row.status,
            css="keep",
        ),
        field_column("starts_on", "From", css="under sub"),
        field_column("ends_on", "To"),
        field_column("budget", "Budget", css="r"),
        columns.OWNER,
        columns.CREATED,
    )
    views = (
        ListView(
            "running", "Running", lambda rows, user: rows.filter(status="running")
        ),
        ListView(
            "planned", "Planned", lambda rows, user: rows.filter(status="planned")
        ),
        ListView("all", "All", everything),
    )

    def search(self, rows: QuerySet, text: str) -> QuerySet:
        return TextFilter(field_name="name", lookup_expr="contains").filter(rows, text)
