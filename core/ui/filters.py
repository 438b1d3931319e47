"""Filters that lists and the API share: text without regard to case, and chips."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import django_filters
from django.db.models import CharField, Model, QuerySet, TextField, Value
from django.db.models.functions import Lower
from django.http import QueryDict

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
                Chip(str(each.label), _verb(each), value, f"?{rest.urlencode()}")
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
    choices = dict(getattr(field, "choices", None) or ())
    return str(choices.get(value, value))
