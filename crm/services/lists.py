"""Writes on tags, list values, custom fields and matching strategies."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from django.core.exceptions import ValidationError
from django.db import models, transaction

from core.base.errors import Invalid, Refused
from core.base.text import text_problem
from crm.lists import LISTS
from crm.models import Choice, CustomField, MatchingStrategy

S = TypeVar("S", bound=models.Model)


@transaction.atomic
def setting_save(*, row: S, values: Mapping[str, Any]) -> S:
    """Make or change a tag, list value, custom field or matching strategy.

    Raises Invalid by field. A shipped matching strategy is fixed, and the kind of a
    custom field stays once it exists: values of the old kind may be stored.
    """
    _check_fixed(row, values)
    for name, value in values.items():
        if isinstance(value, str) and (problem := text_problem(value)):
            raise Invalid("invalid", problem, attr=name)
        setattr(row, name, value)
    _check_row(row)
    try:
        row.full_clean()
    except ValidationError as error:
        raise Invalid.of(error) from error
    row.save()
    return row


def _check_fixed(row: models.Model, values: Mapping[str, Any]) -> None:
    if row.pk is None:
        return
    if isinstance(row, MatchingStrategy) and row.shipped:
        raise Refused("shipped", "This strategy is fixed. Make one of your own.")
    fixed = {"entity", "key", "kind"} if isinstance(row, CustomField) else set()
    for name in fixed & set(values):
        if getattr(row, name) != values[name]:
            raise Refused(
                "fixed", "This stays as it is: values are stored by it.", attr=name
            )


def _check_row(row: models.Model) -> None:
    if isinstance(row, Choice) and row.list not in LISTS:
        words = ", ".join(LISTS)
        raise Invalid("invalid_choice", f"Choose one of: {words}.", attr="list")
    if isinstance(row, CustomField):
        needs = row.kind in ("choice", "multi_choice")
        if needs and not row.choices:
            raise Invalid("required", "Give the values to choose.", attr="choices")
    if isinstance(row, MatchingStrategy) and not row.attributes:
        raise Invalid("required", "Name at least one attribute.", attr="attributes")


@transaction.atomic
def setting_delete(*, row: models.Model) -> None:
    """Delete a setting; what records say stays. Refused for a shipped strategy."""
    if isinstance(row, MatchingStrategy) and row.shipped:
        raise Refused("shipped", "This strategy is fixed.")
    row.delete()
