"""One FilterSet for the list and the board of opportunities and the API alike."""

from __future__ import annotations

from typing import Any

import django_filters as filters
from django import forms
from django.db.models import QuerySet
from django.http import QueryDict

from core.access.models import Team
from core.access.rights import team_ids_below
from core.ui.filters import chips_of, choosing
from crm.filters import (
    BELONGS,
    CHOICE,
    DATES,
    OWNED,
    STAMPS,
    IdFilter,
    LeadFilter,
    RecordFilter,
    TaggedFilter,
    listed,
    rows_of,
    text,
    whole,
)
from crm.models import Campaign, Lead, Product
from sales.models import (
    Competitor,
    Currency,
    ExchangeRate,
    Opportunity,
    OpportunityCompetitor,
    OpportunityLine,
    Pipeline,
    PipelineStage,
    QualifyMapping,
    Stakeholder,
)


def _day(field: str, way: str, label: str) -> filters.DateFilter:
    """A day from which, or up to and with which, rows are listed."""
    return filters.DateFilter(
        field_name=field,
        lookup_expr=way,
        label=label,
        widget=forms.DateInput(attrs={"type": "date"}),
    )


def _stages() -> list[tuple[str, str]]:
    rows = PipelineStage.objects.order_by("pipeline", "position", "pk")
    return list(dict(rows.values_list("key", "name")).items())


class LeadsAsked:
    """Filters of leads, and how one would say them."""

    def __init__(self, said: QueryDict) -> None:
        self.said = said

    def __str__(self) -> str:
        chips = chips_of(LeadFilter(self.said), self.said)
        return ", ".join(f"{c.label} {c.verb} {c.value}" for c in chips) or "any"


class LeadsField(forms.Field):
    """Filters of leads as they stand in the address of their list."""

    def to_python(self, value: Any) -> LeadsAsked | None:
        """The filters; raises ValidationError for what is none of them."""
        if not value:
            return None
        said = QueryDict(value)
        form = LeadFilter(said).form
        unknown = sorted(set(said) - set(form.fields))
        if unknown or not form.is_valid():
            wrong = ", ".join(unknown or form.errors)
            raise forms.ValidationError(f"These are no filters of leads: {wrong}.")
        return LeadsAsked(said)


class LeadsFilter(filters.CharFilter):
    """Rows that come from leads the asker sees and that these filters find."""

    field_class: Any = LeadsField

    def filter(self, qs: QuerySet, value: LeadsAsked | None) -> QuerySet:
        parent: Any = vars(self)["parent"]  # set by the FilterSet
        request = parent.request
        if value is None or request is None:
            return qs
        leads = Lead.objects.visible_to(request.user)
        found = LeadFilter(value.said, queryset=leads).qs
        return qs.filter(originating_lead__in=found)


class OpportunityFilter(TaggedFilter):
    shown = (
        "name__contains",
        "state",
        "pipeline",
        "stage",
        "closing_from",
        "closing_to",
        "closed_from",
        "closed_to",
        "estimated_value__gte",
        "currency",
        "product",
        "lead_source",
        *BELONGS,
    )
    name__contains = text("name", "Topic")
    stage = filters.CharFilter(label="Stage", widget=choosing(_stages))
    pipeline = IdFilter(
        field_name="pipeline_id", label="Pipeline", widget=choosing(rows_of(Pipeline))
    )
    product = IdFilter(
        field_name="product_id", label="Product", widget=choosing(rows_of(Product))
    )
    campaign = IdFilter(
        field_name="campaign_id", label="Campaign", widget=choosing(rows_of(Campaign))
    )
    lead_source = whole("lead_source", "Source", listed("lead_source"))
    closing_from = _day("estimated_close", "gte", "Closing from")
    closing_to = _day("estimated_close", "lte", "Closing up to")
    closing_none = filters.BooleanFilter(
        field_name="estimated_close", lookup_expr="isnull", label="Without a close date"
    )
    closed_from = _day("closed_at", "date__gte", "Closed from")
    closed_to = _day("closed_at", "date__lte", "Closed up to")
    team_below = filters.NumberFilter(
        method="with_team_below",
        label="Team and below",
        widget=choosing(rows_of(Team)),
    )
    teamless = filters.BooleanFilter(
        field_name="team", lookup_expr="isnull", label="Without a team"
    )
    leads = LeadsFilter(label="From leads")

    class Meta(RecordFilter.Meta):
        model = Opportunity
        fields = {
            **STAMPS,
            **OWNED,
            "state": CHOICE,
            "status_reason": CHOICE,
            "stage": CHOICE,
            "account": ["exact", "isnull"],
            "contact": ["exact", "isnull"],
            "originating_lead": ["exact", "isnull"],
            "product": ["exact", "isnull"],
            "campaign": ["exact"],
            "lead_source": CHOICE,
            "currency": CHOICE,
            "probability": ["gte", "lte"],
            "estimated_value": ["gte", "lte"],
            "actual_value": ["gte", "lte"],
            "estimated_close": DATES,
            "closed_at": DATES,
            "stage_since": DATES,
            "external_id": ["exact"],
        }

    def with_team_below(self, queryset: QuerySet, name: str, value: int) -> QuerySet:
        """Those of a team and of every team under it."""
        return queryset.filter(team_id__in=team_ids_below(int(value)))


class PipelineFilter(RecordFilter):
    class Meta(RecordFilter.Meta):
        model = Pipeline
        fields = {"name": ["exact"], "is_default": ["exact"], "active": ["exact"]}


class CurrencyFilter(RecordFilter):
    class Meta(RecordFilter.Meta):
        model = Currency
        fields = {"code": CHOICE, "active": ["exact"]}


class ExchangeRateFilter(RecordFilter):
    class Meta(RecordFilter.Meta):
        model = ExchangeRate
        fields = {"currency": ["exact"], "day": ["exact", *DATES]}


class CompetitorFilter(RecordFilter):
    shown = ("name__contains", "active")
    name__contains = text("name", "Name")

    class Meta(RecordFilter.Meta):
        model = Competitor
        fields = {"active": ["exact"]}


class LineFilter(RecordFilter):
    class Meta(RecordFilter.Meta):
        model = OpportunityLine
        fields = {"opportunity": ["exact"], "product": ["exact"]}


class RivalFilter(RecordFilter):
    class Meta(RecordFilter.Meta):
        model = OpportunityCompetitor
        fields = {"opportunity": ["exact"], "competitor": ["exact"]}


class StakeholderFilter(RecordFilter):
    class Meta(RecordFilter.Meta):
        model = Stakeholder
        fields = {
            "opportunity": ["exact"],
            "contact": ["exact"],
            "account": ["exact"],
            "role": CHOICE,
        }


class QualifyMappingFilter(RecordFilter):
    class Meta(RecordFilter.Meta):
        model = QualifyMapping
        fields = {"entity": CHOICE, "field": ["exact"], "lead_field": ["exact"]}
