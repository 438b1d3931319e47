"""What the query language can reach, as data for the API and the designer."""

from __future__ import annotations

from typing import Any

from core.query.dates import PERIODS, UNITS
from core.query.operators import COUNT_OPERATORS, MAX_LIST, NEGATIVE, OPERATORS
from core.query.registry import Field, QueryEntity, all_query_entities, query_entity
from core.query.shape import MAX_DEPTH, MAX_NODES
from core.query.words import OPERATOR_LABELS

_TYPES = {"code": "choice", "multi": "multi_choice"}


def describe() -> dict[str, Any]:
    """Entities with their fields and relations, and the operators in words.

    Reads the custom fields and the extensible lists from the database.
    """
    entities = [_entity(entity) for entity in all_query_entities()]
    return {"entities": entities, **describe_operators()}


def describe_operators() -> dict[str, Any]:
    """The operators in words, what counts and dates may be, and the limits."""
    return {
        "operators": [
            {"name": name, "label": label, "negates": NEGATIVE.get(name)}
            for name, label in OPERATOR_LABELS.items()
        ],
        "count_operators": list(COUNT_OPERATORS),
        "periods": list(PERIODS),
        "units": list(UNITS),
        "limits": {"depth": MAX_DEPTH, "nodes": MAX_NODES, "list": MAX_LIST},
    }


def _entity(entity: QueryEntity) -> dict[str, Any]:
    fields = entity.field_map().values()
    return {
        "name": entity.key,
        "label": entity.label,
        "plural": entity.plural,
        "start": entity.start,
        "fields": [describe_field(field) for field in fields if not field.hidden],
        "relations": [
            {
                "name": relation.name,
                "label": relation.label,
                "target": relation.target,
                "many": relation.many,
            }
            for relation in entity.relation_list
            if query_entity(relation.target) is not None
        ],
    }


def describe_field(field: Field) -> dict[str, Any]:
    """One field: its name, label, type, operators and choices."""
    return {
        "name": field.name,
        "label": field.label,
        "type": _TYPES.get(field.kind, field.kind),
        "operators": list(OPERATORS[field.kind]),
        "choices": [
            {"value": value, "label": label} for value, label in field.choice_list()
        ],
        "target": field.target,
    }
