"""Parts of the filters of lists of records that upper apps own."""

from __future__ import annotations

from typing import Any

import django_filters
from django import forms
from django.db.models import QuerySet

from core.access.models import User
from core.ui.filters import TextFilter

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
