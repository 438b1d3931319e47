"""Reasons of states: which there are, which one a state takes, and their writing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Model

from core.access.entities import all_entities
from core.base.errors import Invalid, Refused
from core.base.text import text_problem
from crm.models import StatusReason

SHIPPED: dict[str, dict[str, tuple[tuple[str, str], ...]]] = {
    "lead": {
        "open": (("new", "New"), ("contacted", "Contacted")),
        "qualified": (("qualified", "Qualified"),),
        "disqualified": (
            ("lost", "Lost"),
            ("cannot_contact", "Cannot contact"),
            ("no_longer_interested", "No longer interested"),
            ("canceled", "Canceled"),
        ),
    },
    "opportunity": {
        "open": (("in_progress", "In progress"), ("on_hold", "On hold")),
        "won": (("won", "Won"),),
        "lost": (("canceled", "Canceled"), ("out_sold", "Out-sold")),
    },
}


def ensure_status_reasons() -> None:
    """Make the shipped reasons that are missing; what somebody renamed stays.

    The first of a state is its default until an administrator chooses another.
    """
    known = set(StatusReason.objects.values_list("entity", "value"))
    taken = set(
        StatusReason.objects.filter(is_default=True).values_list("entity", "state")
    )
    StatusReason.objects.bulk_create(
        StatusReason(
            entity=entity,
            state=state,
            value=value,
            label=label,
            position=number,
            is_default=number == 0 and (entity, state) not in taken,
            shipped=True,
        )
        for entity, states in SHIPPED.items()
        for state, reasons in states.items()
        for number, (value, label) in enumerate(reasons)
        if (entity, value) not in known
    )


class Reasons:
    """The reasons of one entity, read once (one query)."""

    def __init__(self, entity: str) -> None:
        self.entity = entity
        self.rows = list(StatusReason.objects.filter(entity=entity))
        self.labels = {row.value: row.label for row in self.rows}
        self.by_state: dict[str, list[StatusReason]] = defaultdict(list)
        for row in self.rows:
            self.by_state[row.state].append(row)

    def choices(self, state: str) -> list[tuple[str, str]]:
        """What can be chosen for a state, as (value, label)."""
        return [(row.value, row.label) for row in self.by_state[state] if row.active]

    def default(self, state: str) -> str:
        """The reason a state takes where none is given."""
        rows = [row for row in self.by_state[state] if row.active]
        chosen = [row for row in rows if row.is_default] or rows
        if not chosen:
            raise Invalid(
                "required", f"The state {state} has no reason.", attr="status_reason"
            )
        return chosen[0].value

    def in_state(self, state: str, reason: str | None, *, kept: str = "") -> str:
        """The reason to store; the default of the state where none is given.

        `kept` is what the record has: it may stay though it was retired. Raises
        Invalid where the reason is unknown, retired or of another state.
        """
        if not reason:
            return self.default(state)
        allowed = [value for value, _ in self.choices(state)]
        if reason not in allowed and reason != kept:
            raise Invalid(
                "invalid_choice",
                f"A {self.entity} that is {state} takes one of: {', '.join(allowed)}.",
                attr="status_reason",
            )
        return reason

    def state_of(self, reason: str) -> str:
        """The state a reason belongs to; Invalid where there is no such reason."""
        for row in self.rows:
            if row.value == reason:
                return row.state
        raise Invalid(
            "invalid_choice",
            f'"{reason[:80]}" is not a status reason of a {self.entity}.',
            attr="status_reason",
        )


def reason_in_state(state: str, reason: str | None, entity: str = "lead") -> str:
    """The reason to store; see `Reasons.in_state`. One query."""
    return Reasons(entity).in_state(state, reason)


def reason_label(reason: str, entity: str = "lead") -> str:
    """What a reason is called now, also where it was retired. One query."""
    row = StatusReason.objects.filter(entity=entity, value=reason).first()
    return row.label if row else reason.replace("_", " ").capitalize()


@transaction.atomic
def status_reason_save(*, row: StatusReason, values: Mapping[str, Any]) -> StatusReason:
    """Make or change a reason. Raises Invalid by field.

    Entity, state and value stay once the reason exists, because records and the
    history name it; the label and the rest may change. A new default replaces the
    old one, and the default of a state cannot be retired. Locks the state's reasons.
    """
    _check_fixed(row, values)
    for name, value in values.items():
        if isinstance(value, str) and (problem := text_problem(value)):
            raise Invalid("invalid", problem, attr=name)
        setattr(row, name, value)
    if row.state not in StatusReason.STATES.get(row.entity, ()):
        known = ", ".join(StatusReason.STATES.get(row.entity, ()))
        raise Invalid("invalid_choice", f"Choose one of: {known}.", attr="state")
    siblings = StatusReason.objects.filter(entity=row.entity, state=row.state)
    others = siblings.exclude(pk=row.pk)
    list(siblings.select_for_update().values_list("pk"))
    if row.is_default and row.active:
        others.filter(is_default=True).update(is_default=False)
    elif not others.filter(is_default=True, active=True).exists():
        raise Refused(
            "default_needed", "Each state needs one default reason that is in use."
        )
    row.is_default = row.is_default and row.active
    try:
        row.full_clean()
    except ValidationError as error:
        raise Invalid.of(error) from error
    row.save()
    return row


def _check_fixed(row: StatusReason, values: Mapping[str, Any]) -> None:
    if row._state.adding:
        return
    for name in {"entity", "state", "value"} & set(values):
        if getattr(row, name) != values[name]:
            raise Refused(
                "fixed", "This stays as it is: records are stored by it.", attr=name
            )


@transaction.atomic
def status_reason_delete(*, row: StatusReason) -> None:
    """Delete a reason that no record has.

    Refused for shipped ones, defaults and those in use: retire these instead.
    """
    if row.shipped:
        raise Refused("shipped", "This reason comes with the product. Retire it.")
    if row.is_default:
        raise Refused("default_needed", "This is the default of its state.")
    number = _users(row)
    if number:
        raise Refused(
            "in_use", f"{number:,} records have this reason. Retire it instead."
        )
    row.delete()


def _users(row: StatusReason) -> int:
    model: type[Model] | None = next(
        (each.model for each in all_entities() if each.key == row.entity), None
    )
    if model is None:
        return 0
    return model._default_manager.filter(status_reason=row.value).count()
