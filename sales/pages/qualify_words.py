"""What a qualification will do, field by field, as people say it."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from django.db import models
from django.utils.dateparse import parse_date
from django.utils.formats import date_format, number_format

from core.base.models import Organisation
from crm.models import CustomField
from sales.models import Opportunity, PipelineStage

# Moved with every record; of no interest to somebody who decides.
QUIET = frozenset(
    (
        "created_by",
        "originating_lead",
        "source_type",
        "source_id",
        "team",
        "currency",
        "rate",
        "pipeline",
        "process",
        "process_stage",
        "process_since",
        "process_state",
    )
)
AMOUNTS = ("estimated_value", "budget", "annual_revenue")
NEW = {"new account": "the new account", "new contact": "the new contact"}
Line = tuple[str, str, str]


def lines_of(part: dict[str, Any], model: Any) -> list[Line]:
    """Each change in words: what, before, after."""
    currency = _currency(part)
    lines: list[Line] = []
    for name, (old, new) in part["changes"].items():
        if name == "custom":
            lines += _custom_lines(model, old or {}, new)
        elif name not in QUIET and not (model is Opportunity and new is False):
            before, after = (_word(model, name, x, currency) for x in (old, new))
            lines.append((_label(model, name), before, after))
    return lines


def _currency(part: dict[str, Any]) -> str:
    """What the amounts of a part are in."""
    told = part["changes"].get("currency")
    return str(told[1]) if told else Organisation.current().currency


def _custom_lines(model: Any, old: dict[str, Any], new: dict[str, Any]) -> list[Line]:
    key = model._meta.model_name
    labels = dict(CustomField.objects.filter(entity=key).values_list("key", "label"))
    return [
        (labels.get(name, name), _plain(old.get(name)), _plain(value))
        for name, value in new.items()
        if old.get(name) != value
    ]


def _label(model: Any, name: str) -> str:
    if name == "marketing_only":
        return "Visibility"
    label = str(model._meta.get_field(name).verbose_name)
    return label[:1].upper() + label[1:]


def _word(model: Any, name: str, value: Any, currency: str) -> str:
    if name == "marketing_only":
        return "Marketing only" if value else "Sales"
    if name.startswith("do_not_"):
        return "Do not allow" if value else "Allow"
    if value in NEW:
        return NEW[value]
    field = model._meta.get_field(name)
    if value is not None and isinstance(field, models.ForeignKey):
        row = field.related_model._default_manager.filter(pk=value).first()
        return str(row or "")
    if name == "stage":
        row = PipelineStage.objects.filter(key=value, pipeline__is_default=True).first()
        return str(row or value)
    if name in AMOUNTS and value not in (None, ""):
        return money_words(Decimal(str(value)), currency)
    if isinstance(field, models.DateField) and isinstance(value, str):
        day = parse_date(value)
        return date_format(day) if day else value
    if field.choices:
        return str(dict(field.flatchoices).get(value, value))
    if name == "probability":
        return f"{value}%"
    return _plain(value)


def money_words(value: Decimal, currency: str) -> str:
    """An amount with its currency, without empty cents."""
    places = 0 if value == int(value) else 2
    text = number_format(value, decimal_pos=places, force_grouping=True)
    return f"{currency} {text}"


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return "Yes" if value else "No"
    if value in (None, "", []):
        return ""
    if isinstance(value, list):
        return ", ".join(map(str, value))
    if isinstance(value, int):
        return number_format(value, force_grouping=True)
    return date_format(value) if isinstance(value, date) else str(value)


def going_along(carried: dict[str, int]) -> str:
    """What is carried over, counted: 3 activities, 1 note."""
    nouns = {
        "activities": ("activity", "activities"),
        "notes": ("note", "notes"),
        "attachments": ("file", "files"),
    }
    said = [
        f"{number:,} {nouns[kind][number != 1]}"
        for kind, number in carried.items()
        if number
    ]
    return ", ".join(said)
