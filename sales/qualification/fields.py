"""Fields that can go over from a lead, and which of them fit which; no ORM reads."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models

CUSTOM = "custom."
TARGETS = ("account", "contact", "opportunity")
# What makes the record what it is; it always comes from the same place.
FIXED: dict[str, dict[str, str]] = {
    "account": {"name": "company_name"},
    "contact": {"first_name": "first_name", "last_name": "last_name"},
    "opportunity": {"name": "topic"},
}
# Decided by rules of their own: ownership, preferences, links, states, what follows.
OWN_RULES = frozenset(
    (
        "owner",
        "team",
        "external_id",
        "custom",
        "state",
        "status_reason",
        "account",
        "contact",
        "parent",
        "parent_contact",
        "parent_account",
        "primary_contact",
        "originating_lead",
        "guardian",
        "marketing_only",
        "stage",
        "process",
        "pipeline",
        "probability",
        "currency",
        "do_not_email",
        "do_not_bulk_email",
        "do_not_phone",
    )
)


@dataclass(frozen=True)
class FieldType:
    """What a field can hold, as far as the mapping has to know."""

    kind: str
    label: str = ""
    length: int | None = None
    digits: tuple[int, int] | None = None
    # The extensible list or the model that a value comes from.
    source: str = ""
    values: frozenset[str] = field(default_factory=frozenset)

    @property
    def words(self) -> str:
        return KIND_WORDS.get(self.kind, self.kind)


KIND_WORDS = {
    "text": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "yes or no",
    "date": "a date",
    "datetime": "a date with time",
    "choice": "a choice",
    "multi_choice": "several choices",
    "tags": "tags",
    "list": "a list",
    "json": "several values",
    "link": "a look-up",
}


def column_type(column: models.Field, lists: Mapping[str, str]) -> FieldType:
    """The type of a column of a model; `lists` names its extensible lists."""
    label = str(column.verbose_name)
    label = re.sub(r"(?<=[a-z])(?=[0-9])", " ", label[:1].upper() + label[1:])
    if isinstance(column, models.ForeignKey):
        return FieldType("link", label, source=column.related_model._meta.label)
    if isinstance(column, ArrayField):
        return FieldType("tags" if column.name == "tags" else "list", label)
    if isinstance(column, models.JSONField):
        return FieldType("json", label)
    if isinstance(column, models.BooleanField):
        return FieldType("boolean", label)
    if isinstance(column, models.DecimalField):
        digits = (column.max_digits - column.decimal_places, column.decimal_places)
        return FieldType("number", label, digits=digits)
    if isinstance(column, models.IntegerField):
        return FieldType("integer", label)
    if isinstance(column, models.DateTimeField):
        return FieldType("datetime", label)
    if isinstance(column, models.DateField):
        return FieldType("date", label)
    if column.choices:
        values = frozenset(str(key) for key, _ in column.flatchoices)
        return FieldType("choice", label, values=values)
    return FieldType(
        "text", label, length=column.max_length, source=lists.get(column.name, "")
    )


def custom_type(kind: str, label: str, choices: Iterable[Any]) -> FieldType:
    """The type of a custom field."""
    return FieldType(kind, label, values=frozenset(map(str, choices)))


def misfit(source: FieldType, target: FieldType) -> str:
    """Why a value of `source` cannot stand in `target`; an empty text where it can."""
    if source.kind != target.kind and (source.kind, target.kind) not in WIDER:
        return f"{source.label} is {source.words}, {target.label} is {target.words}."
    if source.kind == "link" and source.source != target.source:
        return f"{source.label} and {target.label} look up different things."
    if target.source and target.kind == "text" and source.source != target.source:
        return f"{target.label} is chosen from a list that {source.label} does not use."
    if target.kind == "text" and _longer(source, target):
        return (
            f"{source.label} can be longer than the {target.length} characters of "
            f"{target.label}."
        )
    if target.kind in ("choice", "multi_choice") and not source.values <= target.values:
        missing = ", ".join(sorted(source.values - target.values)[:3])
        return f"{target.label} does not know {missing}."
    if source.digits and target.digits and _wider(source.digits, target.digits):
        return f"{source.label} can be larger or finer than {target.label}."
    return ""


# A value of the first kind can always stand where the second is wanted.
WIDER = {("integer", "number"), ("choice", "text")}


def _longer(source: FieldType, target: FieldType) -> bool:
    if target.length is None or source.kind == "choice":
        return False
    return source.length is None or source.length > target.length


def _wider(source: tuple[int, int], target: tuple[int, int]) -> bool:
    return source[0] > target[0] or source[1] > target[1]
