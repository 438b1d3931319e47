"""Answers turned into values of contacts and leads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Value
from django.db.models.functions import Lower

from core.base.errors import Invalid
from crm.lists import CHOICE_FIELDS
from crm.models import Contact, CustomField, Lead, Product
from crm.rules import custom_value
from crm.services.values import choice_clean
from marketing.rules.fields import FieldSpec
from marketing.rules.targets import PREFERENCES

_MODELS: Mapping[str, type[Contact] | type[Lead]] = {"contact": Contact, "lead": Lead}


class MatchFailed(Exception):
    """A submission cannot become a contact or a lead, for a reason people can mend."""

    def __init__(self, reason: str, technical: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.technical = technical


@dataclass
class Answers:
    """What a submission says about one record: columns, and custom fields apart."""

    columns: dict[str, Any] = field(default_factory=dict)
    custom: dict[str, Any] = field(default_factory=dict)

    def flat(self) -> dict[str, Any]:
        """Everything under the names that suggestions use."""
        return {**self.columns, **{f"custom.{k}": v for k, v in self.custom.items()}}


def answers_for(
    entity: str, specs: Sequence[FieldSpec], values: Mapping[str, Any]
) -> Answers:
    """The values that these answers give a contact or a lead.

    Blank answers are left out: they never erase. Raises MatchFailed for a value that
    the record cannot hold. At most one query for choices, custom fields, products.
    """
    given = [
        (spec, spec.target(entity), values[spec.name])
        for spec in specs
        if spec.target(entity) and values.get(spec.name) not in (None, "", [], False)
    ]
    answers = Answers()
    custom = _custom_fields(entity, {target for _, target, _ in given})
    for spec, target, value in given:
        if target.startswith("custom."):
            key = target.removeprefix("custom.")
            answers.custom[key] = _custom_value(spec, custom.get(key), value)
        else:
            answers.columns[target] = _column_value(spec, entity, target, value)
    return answers


def _column_value(spec: FieldSpec, entity: str, target: str, value: Any) -> Any:
    if target == "product":
        return _product(spec, str(value))
    if target in PREFERENCES:
        return bool(value)
    text = ", ".join(value) if isinstance(value, list) else str(value)
    choices = CHOICE_FIELDS[entity]
    column: Any = _MODELS[entity]._meta.get_field(target)
    try:
        if target in choices:
            text = choice_clean(choices[target], text, target)
        return column.clean(text, None)
    except (ValidationError, Invalid) as error:
        detail = error.detail if isinstance(error, Invalid) else error.messages[0]
        raise MatchFailed(
            f'{spec.label}: "{text[:80]}" does not fit. {detail}',
            f"{entity}.{target}: {error!r}",
        ) from error


def _product(spec: FieldSpec, name: str) -> Product:
    found = _named(name)
    if found is None:
        raise MatchFailed(f'{spec.label}: there is no product "{name[:80]}".')
    return found


def _named(name: str) -> Product | None:
    rows = Product.objects.annotate(low=Lower("name"))
    return rows.filter(low=Lower(Value(name)), active=True).first()


def _custom_fields(entity: str, targets: set[str]) -> dict[str, CustomField]:
    keys = [t.removeprefix("custom.") for t in targets if t.startswith("custom.")]
    if not keys:
        return {}
    rows = CustomField.objects.filter(entity=entity, key__in=keys, active=True)
    return {row.key: row for row in rows}


def _custom_value(spec: FieldSpec, definition: CustomField | None, value: Any) -> Any:
    if definition is None:
        raise MatchFailed(f"{spec.label}: its custom field was removed.")
    several = definition.kind == "multi_choice"
    if several and not isinstance(value, list):
        value = [value]
    elif isinstance(value, list) and not several:
        value = ", ".join(value)
    if definition.kind == "text":
        value = str(value)
    try:
        return custom_value(definition.kind, definition.choices, value)
    except ValueError as error:
        shown = str(value)[:80]
        raise MatchFailed(
            f'{spec.label}: "{shown}" does not fit {definition.label}. {error}',
            f"{definition.entity}.custom.{definition.key}: {error!r}",
        ) from error
