"""`?query=`: a tree of the query language as a filter, and all that it can reach."""

from __future__ import annotations

import json
from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import exceptions
from rest_framework.filters import BaseFilterBackend
from rest_framework.request import Request
from rest_framework.response import Response

from core.access.rights import rights_of
from core.api.door import Door
from core.base.models import Organisation
from core.query.describe import describe_operators
from core.query.language import Context, filter_queryset, validate
from core.query.operators import OPERATORS
from core.query.registry import Field, QueryEntity, all_query_entities, query_entity

QUERY_TIMEOUT_MS = 4_500


class QueryFilter(BaseFilterBackend):
    """Rows that a query tree finds; a broken tree is a 400 at the path of its node."""

    def filter_queryset(self, request: Request, queryset: Any, view: Any) -> Any:
        """Narrow the rows; nothing where no tree is given."""
        text = request.query_params.get("query")
        if not text:
            return queryset
        entity: str = view.entity
        if query_entity(entity) is None:
            raise exceptions.ValidationError(
                {"query": ["This list cannot be queried by a tree."]}
            )
        query = validate(_parse(text), ends_on=entity, starts_from=entity)
        context = Context(time_zone=Organisation.current().time_zone, user=request.user)
        return filter_queryset(queryset, query, context)

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        """The parameter, where the entity is part of the query language."""
        if query_entity(getattr(view, "entity", "")) is None:
            return []
        return [
            {
                "name": "query",
                "in": "query",
                "required": False,
                "description": "A query tree as JSON; see query/schema/.",
                "schema": {"type": "string"},
            }
        ]


def _parse(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise exceptions.ValidationError({"query": ["This is not JSON."]}) from error


class QuerySchemaView(Door):
    """What the query language can reach: entities, fields, operators, relations."""

    @extend_schema(operation_id="query_schema", responses=OpenApiTypes.OBJECT)
    def get(self, request: Request) -> Response:
        """The entities that the caller may read."""
        rights = rights_of(request.user)
        shown = [
            _entity(entity)
            for entity in all_query_entities()
            if entity.events or rights.has(entity.key, "read")
        ]
        known = describe_operators()
        return Response({"entities": shown, **known})


def _entity(entity: QueryEntity) -> dict[str, Any]:
    return {
        "key": entity.key,
        "label": entity.label,
        "plural": entity.plural,
        "start": entity.start,
        "fields": [_field(f) for f in entity.field_map().values() if not f.hidden],
        "relations": [
            {
                "name": relation.name,
                "label": relation.label,
                "target": relation.target,
                "many": relation.many,
            }
            for relation in entity.relation_list
        ],
    }


def _field(field: Field) -> dict[str, Any]:
    choices = field.choice_list()
    shown: dict[str, Any] = {
        "name": field.name,
        "label": field.label,
        "type": field.kind,
        "operators": list(OPERATORS[field.kind]),
    }
    if choices:
        shown["choices"] = [
            {"value": value, "label": label} for value, label in choices
        ]
    if field.target:
        shown["target"] = field.target
    return shown
