"""What the services of this app check before they save a row."""

from __future__ import annotations

from typing import Any, TypeVar

from django.core.exceptions import ValidationError
from django.db.models import Model

from core.base.errors import Invalid, Stale

M = TypeVar("M", bound=Model)


def checked(row: M) -> M:
    """The row, as its model and constraints want it; Invalid by field."""
    try:
        row.full_clean()
    except ValidationError as error:
        raise Invalid.of(error) from error
    return row


def check_version(row: Any, expected: int | None) -> None:
    """Lock a row that exists; Stale where it is not at the version somebody read."""
    if row.pk is None:
        return
    rows = type(row).objects.select_for_update().filter(pk=row.pk)
    now = rows.values_list("version", flat=True).first()
    if now is None:
        raise Stale("deleted", "Somebody deleted this.")
    if expected is not None and now != expected:
        raise Stale("stale", "Somebody changed this since you read it.")
