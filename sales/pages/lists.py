"""The list of opportunities."""

from __future__ import annotations

import calendar
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html

from core.ui import cells
from core.ui.columns import Column, ListView, RowAction, field_column
from core.ui.lists import ListPage
from crm.pages import bulk, columns
from sales.filters import OpportunityFilter
from sales.models import Opportunity

TONES = {"open": "open", "won": "good", "lost": "off"}


def opportunity_badge(row: Opportunity) -> Any:
    """Open, won or lost."""
    return cells.badge(row.get_state_display(), TONES[row.state])


def customer_cell(row: Opportunity) -> Any:
    """The company or person it is sold to, as a link."""
    customer = row.customer
    if customer is None:
        return cells.EMPTY
    url = reverse("account" if row.account_id else "contact", args=[customer.pk])
    return format_html('<a class="h-plainlink cut" href="{}">{}</a>', url, customer)


def in_stage(row: Opportunity) -> Any:
    """How long an open opportunity stands in its stage; red once that is too long."""
    days = row.days_in_stage
    if days is None:
        return cells.EMPTY
    said = "1 day" if days == 1 else f"{days} days"
    return format_html(
        '<span class="num {}">{}</span>', "dn" if row.stale else "", said
    )


def closing_this_month(rows: QuerySet, user: Any) -> QuerySet:
    today = timezone.localdate()
    last = calendar.monthrange(today.year, today.month)[1]
    first, last_day = today.replace(day=1), today.replace(day=last)
    return rows.filter(state="open", estimated_close__range=(first, last_day))


class OpportunityList(ListPage):
    entity, model, noun, icon = "opportunity", Opportunity, "opportunity", "coin"
    title, url_name = "Opportunities", "opportunity_list"
    record_url_name, create_url_name = "opportunity", "opportunity_create"
    filterset_class = OpportunityFilter
    empty = "Qualify a lead, or enter the first opportunity."
    bulk_actions = (
        bulk.assign("opportunities"),
        bulk.tag("opportunities"),
        bulk.delete("opportunities"),
    )
    columns = (
        Column(
            "name",
            "Topic",
            lambda row: format_html(
                '<a href="{}"><strong class="cut">{}</strong></a>', row.href, row.name
            ),
            sort="sort_name",
            text=lambda row: row.name,
            css="first",
            position=0,
        ),
        Column(
            "customer",
            "Customer",
            customer_cell,
            text=lambda row: str(row.customer or ""),
            css="sub",
            select=("account", "contact"),
            position=10,
        ),
        Column(
            "state",
            "State",
            opportunity_badge,
            sort="state",
            text=lambda row: row.get_state_display(),
            css="keep",
            position=20,
        ),
        Column(
            "stage",
            "Stage",
            lambda row: row.get_stage_display(),
            sort="stage_row__position",
            text=lambda row: row.get_stage_display(),
            select=("stage_row",),
            css="under sub",
            position=30,
        ),
        Column(
            "value",
            "Value",
            lambda row: cells.amount(row.value, row.currency),
            sort="estimated_value",
            text=lambda row: row.value,
            css="keep r",
            position=40,
        ),
        Column(
            "probability",
            "Probability",
            lambda row: f"{row.probability}%",
            sort="probability",
            text=lambda row: row.probability,
            css="sub r",
            position=50,
        ),
        Column(
            "close",
            "Estimated close",
            lambda row: cells.day(row.estimated_close),
            sort="estimated_close",
            text=lambda row: row.estimated_close,
            css="sub",
            position=60,
        ),
        Column(
            "closed",
            "Closed",
            lambda row: cells.ago(row.closed_at),
            sort="closed_at",
            text=lambda row: row.closed_at,
            css="mut",
            default=False,
            position=70,
        ),
        Column(
            "base",
            "Value, converted",
            lambda row: cells.amount(row.value_base),
            sort="estimated_base",
            text=lambda row: row.value_base,
            css="r",
            default=False,
            position=45,
        ),
        Column(
            "pipeline",
            "Pipeline",
            lambda row: row.pipeline.name,
            text=lambda row: row.pipeline.name,
            select=("pipeline",),
            css="sub",
            default=False,
            position=35,
        ),
        Column(
            "in_stage",
            "In this stage",
            in_stage,
            sort="stage_since",
            text=lambda row: row.stage_since,
            select=("stage_row",),
            css="mut",
            default=False,
            position=36,
        ),
        field_column("lead_source", "Source", default=False),
        columns.TAGS,
        columns.OWNER,
        columns.CREATED,
        columns.UPDATED,
    )
    views = (
        ListView("open", "Open", lambda rows, user: rows.open()),
        ListView("mine", "Mine", lambda rows, user: rows.open().owned_by(user.pk)),
        ListView("closing", "Closing this month", closing_this_month, sort="close"),
        ListView("won", "Won", lambda rows, user: rows.won(), sort="-closed"),
        ListView("lost", "Lost", lambda rows, user: rows.lost(), sort="-closed"),
        ListView("all", "All", lambda rows, user: rows),
    )
    row_actions = (
        RowAction(
            "edit",
            "Edit",
            "pencil",
            lambda row: reverse("opportunity_edit", args=[row.pk]),
        ),
    )
