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


class Lists:
    """What answers are checked against; each list is read once and remembered.

    Made for one transaction: the next one sees what administrators changed.
    """

    def __init__(self) -> None:
        self._choices: dict[tuple[str, str], str | Invalid] = {}
        self._products: dict[str, Product | None] = {}
        self._custom: dict[str, dict[str, CustomField]] = {}

    def choice(self, list_key: str, text: str, attr: str) -> str:
        """The list's own spelling; raises Invalid for what it does not hold."""
        key = (list_key, text)
        if key not in self._choices:
            try:
                self._choices[key] = choice_clean(list_key, text, attr)
            except Invalid as error:
                self._choices[key] = error
        found = self._choices[key]
        if isinstance(found, Invalid):
            raise found
        return found

    def product(self, name: str) -> Product | None:
        """The active product of this name in any case."""
        if name not in self._products:
            rows = Product.objects.annotate(low=Lower("name"))
            found = rows.filter(low=Lower(Value(name)), active=True).first()
            self._products[name] = found
        return self._products[name]

    def custom(self, entity: str) -> dict[str, CustomField]:
        """The active custom fields of an entity, by key."""
        if entity not in self._custom:
            rows = CustomField.objects.filter(entity=entity, active=True)
            self._custom[entity] = {row.key: row for row in rows}
        return self._custom[entity]


def answers_for(
    entity: str,
    specs: Sequence[FieldSpec],
    values: Mapping[str, Any],
    lists: Lists,
) -> Answers:
    """The values that these answers give a contact or a lead.

    Blank answers are left out: they never erase. Raises MatchFailed for a value that
    the record cannot hold. Queries only what `lists` does not know yet.
    """
    given = [
        (spec, spec.target(entity), values[spec.name])
        for spec in specs
        if spec.target(entity) and values.get(spec.name) not in (None, "", [], False)
    ]
    answers = Answers()
    for spec, target, value in given:
        if target.startswith("custom."):
            key = target.removeprefix("custom.")
            definition = lists.custom(entity).get(key)
            answers.custom[key] = _custom_value(spec, definition, value)
        else:
            answers.columns[target] = _column_value(spec, entity, target, value, lists)
    return answers


def _column_value(
    spec: FieldSpec, entity: str, target: str, value: Any, lists: Lists
) -> Any:
    if target == "product":
        return _product(spec, str(value), lists)
    if target in PREFERENCES:
        return bool(value)
    text = ", ".join(value) if isinstance(value, list) else str(value)
    choices = CHOICE_FIELDS[entity]
    column: Any = _MODELS[entity]._meta.get_field(target)
    try:
        if target in choices:
            text = lists.choice(choices[target], text, target)
        return column.clean(text, None)
    except (ValidationError, Invalid) as error:
        detail = error.detail if isinstance(error, Invalid) else error.messages[0]
        raise MatchFailed(
            f'{spec.label}: "{text[:80]}" does not fit. {detail}',
            f"{entity}.{target}: {error!r}",
        ) from error


def _product(spec: FieldSpec, name: str, lists: Lists) -> Product:
    found = lists.product(name)
    if found is None:
        raise MatchFailed(f'{spec.label}: there is no product "{name[:80]}".')
    return found


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
