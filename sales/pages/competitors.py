"""The list and the form of competitors."""

from __future__ import annotations

from typing import Any

from django.db.models import Count, F, Model, Q, QuerySet
from django.urls import reverse

from core.ui import cells
from core.ui.columns import Column, ListView, field_column
from core.ui.filters import TextFilter
from core.ui.forms import FormPage, RecordForm
from core.ui.lists import ListPage
from sales.filters import CompetitorFilter
from sales.models import Competitor, Opportunity
from sales.services.parts import competitor_save


def with_fights(rows: QuerySet, user: Any) -> QuerySet:
    """How many open opportunities each is after, and how many were lost to it."""
    seen = Q(rivalries__opportunity__in=Opportunity.objects.visible_to(user))
    is_open = Q(rivalries__opportunity__state="open")
    lost = Q(
        rivalries__opportunity__state="lost",
        rivalries__opportunity__competitor=F("name"),
    )
    found: QuerySet = rows.annotate(
        fights=Count("rivalries", filter=seen & is_open),
        lost=Count("rivalries", filter=seen & lost),
    )
    return found


class CompetitorList(ListPage):
    entity, model, noun, icon = "competitor", Competitor, "competitor", "swords"
    title, url_name = "Competitors", "competitor_list"
    record_url_name, create_url_name = "competitor_edit", "competitor_create"
    filterset_class = CompetitorFilter
    default_sort = "name"
    empty = "Who else sells what you sell stands here; opportunities name them."
    columns = (
        Column(
            "name",
            "Name",
            lambda row: cells.who(row.name, row.website, row.href, "co"),
            sort="name",
            text=lambda row: row.name,
            css="first",
        ),
        Column(
            "fights",
            "Open against",
            lambda row: cells.number(row.fights),
            text=lambda row: row.fights,
            annotate=with_fights,
            css="keep r",
        ),
        Column(
            "lost",
            "Lost to",
            lambda row: cells.number(row.lost),
            text=lambda row: row.lost,
            css="keep r",
        ),
        field_column("strengths", "Strengths", css="sub"),
        field_column("weaknesses", "Weaknesses", css="sub"),
    )
    views = (
        ListView("active", "Active", lambda rows, user: rows.filter(active=True)),
        ListView("all", "All", lambda rows, user: rows),
    )

    def search(self, rows: QuerySet, text: str) -> QuerySet:
        return TextFilter(field_name="name", lookup_expr="contains").filter(rows, text)


class CompetitorForm(RecordForm):
    sections = (
        ("Competitor", ("name", "website", "active")),
        ("What we know", ("strengths", "weaknesses")),
    )

    class Meta:
        model = Competitor
        fields = ("name", "website", "active", "strengths", "weaknesses")


class CompetitorEdit(FormPage):
    entity, model, noun = "competitor", Competitor, "competitor"
    form_class = CompetitorForm
    list_url_name, record_url_name = "competitor_list", "competitor_edit"

    def create(self, values: dict[str, Any]) -> Model:
        return competitor_save(competitor=Competitor(), values=values)

    def update(self, record: Any, values: dict[str, Any], version: int | None) -> Model:
        return competitor_save(
            competitor=record, values=values, expected_version=version
        )

    def url_of(self, record: Any) -> str:
        return reverse(self.list_url_name)
