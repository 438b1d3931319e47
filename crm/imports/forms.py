"""The mapping page: from a mapping to what is shown, and back."""

from __future__ import annotations

from typing import Any

from django.http import QueryDict

from crm.imports.registry import ImportField, fields_of, import_entity
from crm.imports.services import import_samples
from crm.models import Import, MatchingStrategy

FILLS = 6


def mapping_columns(batch: Import, mapping: Any) -> list[dict[str, Any]]:
    """Each column of the file with sample values and the field chosen for it."""
    samples = import_samples(batch)
    chosen = mapping.get("columns", {})
    return [
        {
            "name": f"column-{place}",
            "label": column,
            "samples": samples[column],
            "chosen": chosen.get(column) or "",
        }
        for place, column in enumerate(batch.layout["header"])
    ]


def mapping_form(batch: Import, mapping: Any) -> dict[str, Any]:
    """What else stands on the page: fields, fixed texts, strategies, switches."""
    spec = import_entity(batch.entity)
    fields = fields_of(spec)
    fills = list({**mapping.get("templates", {}), **_words(mapping)}.items())
    fills += [("", "")] * (FILLS - len(fills))
    strategies = MatchingStrategy.objects.filter(target=spec.matcher or spec.key)
    return {
        "entity": spec,
        "fields": sorted(fields.values(), key=lambda field: field.label),
        "fills": list(enumerate(fills)),
        "filled": any(name for name, _ in fills),
        "strategies": strategies.order_by("name"),
        "match": mapping.get("match") if isinstance(mapping.get("match"), str) else "",
        "empty_words": ", ".join(_empty_words(mapping)),
        "add_new": bool(mapping.get("values")),
        "create_contacts": mapping.get("create_contacts", False),
        "create_accounts": mapping.get("create_accounts", False),
        "date_order": mapping.get("date_order", ""),
    }


def _words(mapping: Any) -> dict[str, str]:
    return {name: str(value) for name, value in mapping.get("constants", {}).items()}


def _empty_words(mapping: Any) -> list[str]:
    found: dict[str, None] = {}
    for words in mapping.get("values", {}).values():
        if isinstance(words, dict):
            found.update((word, None) for word, said in words.items() if said is None)
    return list(found)


def mapping_of(posted: QueryDict, batch: Import) -> dict[str, Any]:
    """The mapping that somebody put together on the page."""
    fields = fields_of(import_entity(batch.entity))
    columns = {
        column: posted.get(f"column-{place}", "")
        for place, column in enumerate(batch.layout["header"])
    }
    columns = {column: name for column, name in columns.items() if name}
    templates = {
        posted.get(f"fill-field-{n}", ""): posted.get(f"fill-text-{n}", "")
        for n in range(FILLS * 2)
    }
    templates = {name: text for name, text in templates.items() if name and text}
    mapping: dict[str, Any] = {
        "columns": columns,
        "templates": templates,
        "values": _values(posted, [*columns.values(), *templates], fields),
        "create_contacts": "create_contacts" in posted,
        "create_accounts": "create_accounts" in posted,
    }
    if posted.get("match"):
        mapping["match"] = posted["match"]
    if posted.get("date_order"):
        mapping["date_order"] = posted["date_order"]
    return mapping


def _values(
    posted: QueryDict, names: list[str], fields: dict[str, ImportField]
) -> dict[str, Any]:
    words = [word.strip() for word in posted.get("empty_words", "").split(",")]
    empty: dict[str, Any] = {word: None for word in words if word}
    values: dict[str, Any] = {}
    for name in names:
        spec = fields.get(name)
        opens = spec is not None and spec.kind in ("list", "tags")
        table = {**empty, "*": "*"} if opens and "add_new" in posted else empty
        if table and spec is not None:
            values[name] = table
    return values
