"""Deciding about changes that submissions propose."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.utils import timezone

from core.base.errors import Invalid, Refused
from core.journal.services import acting
from crm.models import Contact, Lead, Product
from marketing.models import Suggestion
from marketing.services.changes import as_json, put, value_of


def suggestion_accept(*, user: Any, suggestion: Suggestion, via: str) -> Suggestion:
    """Put the proposed value on the record, as this user.

    Holds the suggestion and its record. Raises Refused where it was decided already,
    the record's value changed meanwhile, or the lead is closed.
    """
    with acting(user, via=via):
        row = _claim(suggestion)
        record = _record(row)
        if isinstance(record, Lead) and record.is_closed:
            raise Refused("lead_closed", "This lead is closed and read-only.")
        if as_json(value_of(record, row.field)) != row.old:
            raise Refused(
                "value_changed",
                "The value changed since this was suggested. Edit the record instead.",
            )
        column = put(record, row.field, _value(record, row))
        record.save(update_fields=[column])
        return _decide(row, user, Suggestion.State.ACCEPTED)


def suggestion_reject(*, user: Any, suggestion: Suggestion, via: str) -> Suggestion:
    """Leave the record as it is. Raises Refused where it was decided already."""
    with acting(user, via=via):
        return _decide(_claim(suggestion), user, Suggestion.State.REJECTED)


def _claim(suggestion: Suggestion) -> Suggestion:
    rows = Suggestion.objects.select_for_update(of=("self",))
    row = rows.get(pk=suggestion.pk)
    if row.state != Suggestion.State.PENDING:
        raise Refused("already_decided", "This suggestion was decided already.")
    return row


def _record(row: Suggestion) -> Contact | Lead:
    known: Any = row.record
    rows: Any = type(known).objects.select_for_update(of=("self",))
    record: Contact | Lead = rows.get(pk=known.pk)
    return record


def _value(record: Contact | Lead, row: Suggestion) -> Any:
    """The proposed value as the column takes it."""
    if row.field.startswith("custom."):
        return row.new
    if row.field == "product":
        return Product.objects.filter(pk=int(row.new or 0)).first()
    try:
        return record._meta.get_field(row.field).clean(row.new, record)  # type: ignore[union-attr]  # only plain columns are suggested
    except ValidationError as error:
        raise Invalid("invalid", error.messages[0], attr=row.field) from error


def _decide(row: Suggestion, user: Any, state: Suggestion.State) -> Suggestion:
    row.state = state
    row.decided_at = timezone.now()
    row.decided_by = user
    row.save(update_fields=["state", "decided_at", "decided_by"])
    return row
