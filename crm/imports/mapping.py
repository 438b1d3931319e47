"""The mapping of a file onto fields: checked whole before a row is read."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from core.base.errors import Invalid
from core.base.text import json_problem
from crm.imports.registry import ImportEntity, ImportField
from crm.matching.find import strategy_of
from crm.matching.rules import ATTRIBUTES, text_normalise
from crm.models import MatchingStrategy

KEYS = [
    "columns",
    "templates",
    "constants",
    "values",
    "match",
    "create_contacts",
    "create_accounts",
    "date_order",
]
_PLACE = re.compile(r"\{([^{}]*)\}")
# Writing every value of a list that is not known yet into the list.
ADD_NEW = "*"


@dataclass(frozen=True)
class Template:
    """Text with places: literals and the positions of the columns between them."""

    literals: tuple[str, ...]
    columns: tuple[int, ...]

    def fill(self, cells: Sequence[str]) -> str:
        """The text for one row; empty where every column it names is."""
        words = [cells[place] for place in self.columns]
        if words and not any(word.strip() for word in words):
            return ""
        parts = [self.literals[0]]
        for word, literal in zip(words, self.literals[1:], strict=True):
            parts += [word.strip(), literal]
        return "".join(parts)


@dataclass(frozen=True)
class Translation:
    """What the words of a file mean in a field: other words, or nothing (None)."""

    words: Mapping[str, str | None] = field(default_factory=dict)
    add_new: bool = False

    def __call__(self, text: str) -> str:
        folded = text_normalise(text)
        if folded in self.words:
            return self.words[folded] or ""
        return text


@dataclass(frozen=True)
class Plan:
    """A checked mapping, ready to read rows with."""

    columns: Mapping[str, int]
    templates: Mapping[str, Template]
    constants: Mapping[str, str]
    translations: Mapping[str, Translation]
    match: tuple[str, ...]
    create_contacts: bool
    create_accounts: bool
    date_order: str

    @property
    def fields(self) -> list[str]:
        """Every field the mapping fills."""
        return [*self.columns, *self.templates, *self.constants]


def check_mapping(
    mapping: Any,
    *,
    entity: ImportEntity,
    fields: Mapping[str, ImportField],
    header: Sequence[str],
) -> Plan:
    """Turn a mapping into a Plan; Invalid names the path of what is wrong in it."""
    if not isinstance(mapping, dict):
        raise _wrong("", "A mapping is an object.")
    found = json_problem(mapping)
    if found:
        raise _wrong(*found)
    for key in mapping:
        if key not in KEYS:
            raise _wrong(key, f"Unknown key; known are {', '.join(KEYS)}.")
    places = {_header_key(name): place for place, name in enumerate(header)}
    plan = Plan(
        columns=_columns(_section(mapping, "columns"), places, fields),
        templates=_templates(_section(mapping, "templates"), places, fields),
        constants=_constants(_section(mapping, "constants"), fields),
        translations=_translations(_section(mapping, "values"), fields),
        match=_match(mapping.get("match"), entity),
        create_contacts=_switch(mapping, "create_contacts"),
        create_accounts=_switch(mapping, "create_accounts"),
        date_order=_date_order(mapping.get("date_order", "")),
    )
    _check_whole(plan, entity)
    return plan


def _wrong(path: str, detail: str) -> Invalid:
    return Invalid("mapping", detail, attr=f"mapping.{path}" if path else "mapping")


def _header_key(name: str) -> str:
    return " ".join(name.split())


def _section(mapping: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    section = mapping.get(key) or {}
    if not isinstance(section, dict):
        raise _wrong(key, "Must be an object.")
    return section


def _switch(mapping: Mapping[str, Any], key: str) -> bool:
    value = mapping.get(key, False)
    if not isinstance(value, bool):
        raise _wrong(key, "Must be true or false.")
    return value


def _date_order(value: Any) -> str:
    if value not in ("", "dmy", "mdy"):
        raise _wrong("date_order", 'Must be "dmy" or "mdy".')
    return str(value)


def _field(path: str, name: Any, fields: Mapping[str, ImportField]) -> str:
    if not isinstance(name, str):
        raise _wrong(path, "Must be the name of a field.")
    if name.lower() == "marketingonly":
        name = "marketing_only"
    if name not in fields:
        raise _wrong(path, f"There is no field {name!r}.")
    return str(name)


def _columns(
    section: Mapping[str, Any],
    places: Mapping[str, int],
    fields: Mapping[str, ImportField],
) -> dict[str, int]:
    found: dict[str, int] = {}
    for column, target in section.items():
        path = f"columns.{column}"
        if _header_key(column) not in places:
            raise _wrong(path, "The file has no column of this name.")
        if target in (None, ""):
            continue
        name = _field(path, target, fields)
        if name in found:
            raise _wrong(path, f"Another column fills {name!r} already.")
        found[name] = places[_header_key(column)]
    return found


def _templates(
    section: Mapping[str, Any],
    places: Mapping[str, int],
    fields: Mapping[str, ImportField],
) -> dict[str, Template]:
    found = {}
    for target, text in section.items():
        path = f"templates.{target}"
        name = _field(path, target, fields)
        if not isinstance(text, str):
            raise _wrong(path, "Must be text.")
        found[name] = _template(path, text, places)
    return found


def _template(path: str, text: str, places: Mapping[str, int]) -> Template:
    pieces = _PLACE.split(text)
    columns = []
    for column in pieces[1::2]:
        if _header_key(column) not in places:
            raise _wrong(path, f"The file has no column {column!r}.")
        columns.append(places[_header_key(column)])
    return Template(tuple(pieces[0::2]), tuple(columns))


def _constants(
    section: Mapping[str, Any], fields: Mapping[str, ImportField]
) -> dict[str, str]:
    found = {}
    for target, value in section.items():
        path = f"constants.{target}"
        name = _field(path, target, fields)
        if isinstance(value, list) and all(isinstance(item, str) for item in value):
            value = ";".join(value)
        if isinstance(value, bool):
            value = "true" if value else "false"
        if not isinstance(value, str | int | float):
            raise _wrong(path, "Must be text, a number or a truth value.")
        found[name] = str(value)
    return found


def _translations(
    section: Mapping[str, Any], fields: Mapping[str, ImportField]
) -> dict[str, Translation]:
    found = {}
    for target, words in section.items():
        path = f"values.{target}"
        name = _field(path, target, fields)
        found[name] = _translation(path, words, fields[name])
    return found


def _translation(path: str, words: Any, spec: ImportField) -> Translation:
    if words == ADD_NEW:
        words = {ADD_NEW: ADD_NEW}
    if not isinstance(words, dict):
        raise _wrong(path, 'Must be an object, or "*".')
    table = dict(words)
    add_new = table.pop(ADD_NEW, None) == ADD_NEW
    if add_new and spec.kind not in ("list", "tags"):
        raise _wrong(path, '"*" adds to a list, and this field is none.')
    for key, value in table.items():
        if value is not None and not isinstance(value, str | int | float):
            raise _wrong(f"{path}.{key}", "Must be text, or null for nothing.")
    return Translation(
        {text_normalise(key): _spelled(value) for key, value in table.items()}, add_new
    )


def _spelled(value: Any) -> str | None:
    if value is None:
        return None
    return str(value).lower() if isinstance(value, bool) else str(value)


def _match(value: Any, entity: ImportEntity) -> tuple[str, ...]:
    if value is None:
        return tuple(entity.match)
    if isinstance(value, str):
        try:
            return tuple(strategy_of(entity.matcher or entity.key, value).attributes)
        except MatchingStrategy.DoesNotExist:
            detail = f"There is no matching strategy {value!r} for {entity.plural}."
            raise _wrong("match", detail) from None
    known = ATTRIBUTES.get(entity.matcher or entity.key, {})
    if not isinstance(value, list) or not all(name in known for name in value):
        options = ", ".join(known) or "nothing but external_id"
        raise _wrong("match", f"A list of what is compared: {options}.")
    return tuple(value)


def _check_whole(plan: Plan, entity: ImportEntity) -> None:
    twice = {name for name in plan.fields if plan.fields.count(name) > 1}
    if twice:
        raise _wrong("", f"Filled twice: {', '.join(sorted(twice))}.")
    if not set(plan.fields) & set(entity.needs_one_of):
        needed = ", ".join(entity.needs_one_of)
        raise _wrong("", f"Nothing says who it is: fill one of {needed}.")
