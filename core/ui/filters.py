"""Filters that lists and the API share: text without regard to case, and chips."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import django_filters
from django import forms
from django.db.models import CharField, Model, QuerySet, TextField, Value
from django.db.models.functions import Lower
from django.http import QueryDict
from django.utils.choices import CallableChoiceIterator
from django_filters.utils import label_for_filter

# Both sides go through PostgreSQL's lower(): `icontains` emits UPPER, which no index
# serves and which folds differently.
CharField.register_lookup(Lower)
TextField.register_lookup(Lower)


class TextFilter(django_filters.CharFilter):
    """Text without regard to case: equal, or a fragment with lookup_expr contains."""

    def filter(self, qs: QuerySet, value: str) -> QuerySet:
        if not value:
            return qs
        lookup = f"{self.field_name}__lower"
        if self.lookup_expr != "exact":
            lookup = f"{lookup}__{self.lookup_expr}"
        return qs.filter(**{lookup: Lower(Value(value, TextField()))})


YES_NO = [("", "Any"), ("true", "Yes"), ("false", "No")]


def choosing(values: Callable[[], Iterable[tuple[Any, str]]]) -> forms.Select:
    """A list to choose from, read when it is shown; the filter takes any value."""
    return forms.Select(
        choices=CallableChoiceIterator(lambda: [("", "Any"), *values()])
    )


def filter_fields(filterset: django_filters.FilterSet) -> list[forms.BoundField]:
    """The fields a list offers, in the look of the shell.

    A FilterSet that serves the API too names in `shown` those that people see.
    """
    form = filterset.form
    names = [n for n in getattr(filterset, "shown", form.fields) if n in form.fields]
    for name in names:
        field = form.fields[name]
        if isinstance(field, forms.NullBooleanField):
            field.widget = forms.Select(choices=YES_NO)
        select = isinstance(field.widget, forms.Select)
        field.widget.attrs["class"] = "form-select h" if select else "form-control h"
        if isinstance(field, forms.ModelChoiceField):
            field.empty_label = "Any"
        field.label = label_of(filterset.filters[name])
    return [form[name] for name in names]


def label_of(each: Any) -> str:
    """What a filter is called: its own label, or the field's without the lookup."""
    if not hasattr(each, "model"):
        return str(each.label)
    said = label_for_filter(each.model, each.field_name, each.lookup_expr, each.exclude)
    if each.label != said:
        return str(each.label)
    return str(label_for_filter(each.model, each.field_name, "exact", each.exclude))


@dataclass(frozen=True)
class Chip:
    """A filter in force, and the address without it."""

    label: str
    verb: str
    value: str
    without: str


def chips_of(filterset: django_filters.FilterSet, params: QueryDict) -> list[Chip]:
    """The filters in force, as one would say them."""
    cleaned = filterset.form.cleaned_data if filterset.form.is_valid() else {}
    chips = []
    for name, each in filterset.filters.items():
        if params.get(name) and cleaned.get(name) not in (None, "", []):
            rest = params.copy()
            for gone in (name, "after", "before", "part"):
                rest.pop(gone, None)
            value = _spoken(filterset.form.fields[name], cleaned[name])
            chips.append(
                Chip(label_of(each), _verb(each), value, f"?{rest.urlencode()}")
            )
    return chips


VERBS = {
    "contains": "contains",
    "gte": "from",
    "lte": "up to",
    "gt": "after",
    "lt": "before",
    "date__gte": "from",
    "date__lte": "up to",
    "isnull": "is empty:",
    "not": "is not",
}


def _verb(each: Any) -> str:
    return VERBS.get(each.lookup_expr, "is")


def _spoken(field: Any, value: Any) -> str:
    if isinstance(value, bool):
        return "Yes" if value else "No"
    if isinstance(value, list | tuple | QuerySet):
        return " or ".join(_spoken(field, item) for item in value)
    if isinstance(value, Model):
        return str(value)
    offered = getattr(field, "choices", None) or getattr(field.widget, "choices", ())
    choices = dict(offered or ())
    return str(choices.get(value, value))
