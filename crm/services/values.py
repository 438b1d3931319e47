"""Values on their way into a record: trimmed, canonical, or refused by name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.db import models

from core.base.errors import Invalid
from core.base.text import json_problem, text_problem
from crm import rules
from crm.lists import LISTS
from crm.models import Choice, CustomField, Tag
from crm.services.kinds import RecordKind

Problem = tuple[str | None, str, str]


def values_clean(
    kind: RecordKind, values: Mapping[str, Any], old: models.Model
) -> dict[str, Any]:
    """The values as they are stored, for the fields of this kind.

    Text is trimmed, list values and tags take their first spelling, custom values
    are merged into what the record has. Raises Invalid with every problem found.
    """
    problems: list[Problem] = [
        (name, "unknown_field", f"A {kind.key} has no field {name} that can be set.")
        for name in values
        if name not in kind.fields
    ]
    clean: dict[str, Any] = {}
    for name, value in values.items():
        if name in kind.fields:
            try:
                clean[name] = _one(kind, name, value, old)
            except Invalid as error:
                problems += _problems_of(error, name)
    if problems:
        raise Invalid.many(problems)
    return clean


def _problems_of(error: Invalid, name: str) -> list[Problem]:
    listed = error.extra.get("errors")
    if listed:
        return [(e["attr"] or name, e["code"], e["detail"]) for e in listed]
    return [(error.attr or name, error.code, error.detail)]


def _one(kind: RecordKind, name: str, value: Any, old: models.Model) -> Any:
    if name == "tags":
        return tags_clean(value)
    if name == "custom":
        return custom_clean(kind.key, value, getattr(old, "custom", {}))
    field = kind.model._meta.get_field(name)
    if isinstance(field, models.ForeignKey):
        return value
    if isinstance(field, models.CharField | models.TextField):
        value = _text(field, value)
        if name == "email" and (problem := rules.email_problem(value)):
            raise Invalid("invalid", problem, attr=name)
        if value and name in kind.choices:
            return choice_clean(kind.choices[name], value, name)
    return value


def _text(field: Any, value: Any) -> str:
    text = "" if value is None else str(value).strip()
    problem = text_problem(text, max_length=field.max_length)
    if problem:
        raise Invalid("invalid", problem, attr=field.name)
    return text


def choice_clean(list_key: str, value: str, attr: str) -> str:
    """The spelling under which a list knows this value (one indexed query).

    Raises Invalid at `attr` for a value that the list does not hold, with the
    values it does hold.
    """
    rows = Choice.objects.filter(list=list_key, active=True)
    known = list(rows.values_list("value", flat=True))
    found = {item.lower(): item for item in known}.get(value.lower())
    if found is None:
        label = LISTS[list_key][0] if list_key in LISTS else list_key
        raise Invalid(
            "unknown_choice",
            f'"{value[:80]}" is not in the list {label}. Known: '
            f"{', '.join(known[:30])}. Add it under Settings, Fields and choices.",
            attr=attr,
        )
    return found


def tags_clean(value: Any) -> list[str]:
    """Tags in their first spelling, each once; Invalid for one nobody made."""
    if value is None:
        return []
    if isinstance(value, str) or not all(isinstance(item, str) for item in value):
        raise Invalid("invalid", "Give a list of tag names.", attr="tags")
    wanted = [item.strip() for item in value if item.strip()]
    if not wanted:
        return []
    for item in wanted:
        if problem := text_problem(item, max_length=100):
            raise Invalid("invalid", problem, attr="tags")
    known = {name.lower(): name for name in Tag.objects.values_list("name", flat=True)}
    unknown = [item for item in wanted if item.lower() not in known]
    if unknown:
        raise Invalid(
            "unknown_tag", f"There is no tag {', '.join(unknown)}.", attr="tags"
        )
    return list(dict.fromkeys(known[item.lower()] for item in wanted))


def custom_clean(entity: str, value: Any, old: Mapping[str, Any]) -> dict[str, Any]:
    """Custom values by the definitions of the entity, merged into the old ones.

    A key set to null is removed; keys that are not named stay. Raises Invalid at
    `custom.KEY` for every wrong one.
    """
    if value is None:
        value = {}
    if not isinstance(value, Mapping):
        raise Invalid("invalid", "Give an object of custom fields.", attr="custom")
    found = json_problem(dict(value), "custom")
    if found:
        raise Invalid("invalid", found[1], attr=found[0])
    defined = _definitions(entity, value)
    new: dict[str, Any] = {}
    problems: list[Problem] = []
    for key, item in value.items():
        if key not in defined:
            text = f"There is no custom field {key} on {entity}."
            problems.append((f"custom.{key}", "unknown_field", text))
            continue
        spec = defined[key]
        try:
            new[key] = rules.custom_value(spec.kind, spec.choices, item)
        except ValueError as error:
            problems.append((f"custom.{key}", "invalid", str(error)))
    if problems:
        raise Invalid.many(problems)
    return rules.merged(old, new)


def _definitions(entity: str, keys: Iterable[str]) -> dict[str, CustomField]:
    if not keys:
        return {}
    rows = CustomField.objects.filter(entity=entity, active=True)
    return {row.key: row for row in rows}
