"""One FilterSet for each entity, for its list page and its API."""

from __future__ import annotations

from typing import Any, ClassVar

import django_filters
from django import forms
from django.db.models import Q, QuerySet

from core.access.models import User
from core.ui.filters import TextFilter
from crm.models import Account, Activity, Campaign, Choice, Contact, Lead, Product

YES_NO = [("true", "Yes"), ("false", "No")]


def day(label: str, field: str, way: str) -> django_filters.DateFilter:
    """A date from which, or up to which, rows are listed."""
    return django_filters.DateFilter(
        field_name=field,
        lookup_expr=f"date__{way}",
        label=label,
        widget=forms.DateInput(attrs={"type": "date", "class": "form-control h"}),
    )


def text(field: str, label: str, lookup: str = "contains") -> TextFilter:
    return TextFilter(field_name=field, lookup_expr=lookup, label=label)


def yes(field: str, label: str) -> django_filters.BooleanFilter:
    return django_filters.BooleanFilter(
        field_name=field,
        label=label,
        widget=forms.Select(choices=[("", "Any"), *YES_NO]),
    )


def listed(list_key: str) -> Any:
    """The values of an extensible list, read when the form is shown."""

    def choices() -> list[tuple[str, str]]:
        values = Choice.objects.filter(list=list_key, active=True)
        return [(value, value) for value in values.values_list("value", flat=True)]

    return choices


class RecordFilters(django_filters.FilterSet):
    """What every list of records can be narrowed by: owner, tag, dates."""

    owner = django_filters.ModelChoiceFilter(
        queryset=User.objects.filter(is_active=True), label="Owner"
    )
    unowned = django_filters.BooleanFilter(
        field_name="owner",
        lookup_expr="isnull",
        label="Without an owner",
        widget=forms.Select(choices=[("", "Any"), *YES_NO]),
    )
    tag = django_filters.CharFilter(field_name="tags", label="Tag", method="filter_tag")
    created_from = day("Created from", "created_at", "gte")
    created_to = day("Created up to", "created_at", "lte")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.form.fields.values():
            select = isinstance(field.widget, forms.Select)
            field.widget.attrs["class"] = (
                "form-select h" if select else "form-control h"
            )
            if hasattr(field, "empty_label"):
                field.empty_label = "Any"

    def filter_tag(self, rows: QuerySet, name: str, value: str) -> QuerySet:
        return rows.filter(tags__contains=[value])


class ContactFilters(RecordFilters):
    city = text("city", "City")
    country = text("country", "Country", "exact")
    email = text("email", "Email")
    company_name = text("company_name", "Company")
    job_title = text("job_title", "Job title")
    marketing_only = yes("marketing_only", "Marketing only")
    state = django_filters.ChoiceFilter(
        choices=[("active", "Active"), ("inactive", "Inactive")], label="State"
    )
    do_not_email = yes("do_not_email", "Do not email")
    account = django_filters.NumberFilter(
        field_name="account_id", label="Account number"
    )

    class Meta:
        model = Contact
        fields: ClassVar[list[str]] = []


class AccountFilters(RecordFilters):
    name = text("name", "Name")
    city = text("city", "City")
    country = text("country", "Country", "exact")
    industry = django_filters.ChoiceFilter(
        choices=listed("industry"), label="Industry", lookup_expr="exact"
    )
    state = django_filters.ChoiceFilter(
        choices=[("active", "Active"), ("inactive", "Inactive")], label="State"
    )

    class Meta:
        model = Account
        fields: ClassVar[list[str]] = []


class LeadFilters(RecordFilters):
    state = django_filters.ChoiceFilter(choices=Lead.State.choices, label="State")
    topic = text("topic", "Topic")
    city = text("city", "City")
    country = text("country", "Country", "exact")
    email = text("email", "Email")
    company_name = text("company_name", "Company")
    lead_source = text("lead_source", "Lead source", "exact")
    rating = django_filters.ChoiceFilter(choices=Lead.Rating.choices, label="Rating")
    stage = django_filters.ChoiceFilter(choices=Lead.Stage.choices, label="Stage")
    sales_ready = yes("sales_ready", "Sales ready")
    orphaned = django_filters.BooleanFilter(
        label="Orphaned",
        method="filter_orphaned",
        widget=forms.Select(choices=[("", "Any"), *YES_NO]),
    )
    campaign = django_filters.ModelChoiceFilter(
        queryset=Campaign.objects.all(), label="Campaign"
    )
    product = django_filters.ModelChoiceFilter(
        queryset=Product.objects.all(), label="Product"
    )

    class Meta:
        model = Lead
        fields: ClassVar[list[str]] = []

    def filter_orphaned(self, rows: QuerySet, name: str, value: bool) -> QuerySet:
        orphaned = Q(parent_contact__isnull=True, parent_account__isnull=True)
        return rows.filter(orphaned) if value else rows.filter(~orphaned)


class StyledFilters(django_filters.FilterSet):
    """The look of the shell for filters that are not on records."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.form.fields.values():
            select = isinstance(field.widget, forms.Select)
            field.widget.attrs["class"] = (
                "form-select h" if select else "form-control h"
            )
            if hasattr(field, "empty_label"):
                field.empty_label = "Any"


class ActivityFilters(StyledFilters):
    kind = django_filters.ChoiceFilter(choices=Activity.Kind.choices, label="Kind")
    state = django_filters.ChoiceFilter(choices=Activity.State.choices, label="State")
    priority = django_filters.ChoiceFilter(
        choices=Activity.Priority.choices, label="Priority"
    )
    owner = django_filters.ModelChoiceFilter(
        queryset=User.objects.filter(is_active=True), label="Owner"
    )
    subject = text("subject", "Subject")
    due_from = day("Due from", "due_at", "gte")
    due_to = day("Due up to", "due_at", "lte")

    class Meta:
        model = Activity
        fields: ClassVar[list[str]] = []


class ProductFilters(StyledFilters):
    name = text("name", "Name")
    family = text("family", "Family")
    active = yes("active", "Active")

    class Meta:
        model = Product
        fields: ClassVar[list[str]] = []


class CampaignFilters(StyledFilters):
    name = text("name", "Name")
    status = django_filters.ChoiceFilter(choices=Campaign.STATUSES, label="Status")

    class Meta:
        model = Campaign
        fields: ClassVar[list[str]] = []
