"""Interactions in the query language: the journal's entries of the marketing kinds.

Those a machine made (a prefetch, a scanner) are left out unless a tree names the field
`machine`.
"""

from __future__ import annotations

from typing import Any

from django.db.models import Case, OuterRef, Subquery, TextField, Value, When

from core.journal.interactions import interaction_kinds, interaction_names
from core.journal.models import Entry
from core.query.registry import (
    Field,
    QueryEntity,
    Relation,
    extend_query_entity,
    register_query_entity,
    source_names,
)


def _kinds() -> list[tuple[str, str]]:
    return [(kind.name, kind.label) for kind in interaction_kinds()]


def _source_name() -> Any:
    """The name of the source, read from the tables that apps registered for it."""
    ways = [
        When(
            source_type=source_type,
            then=Subquery(
                model._base_manager.filter(pk=OuterRef("source_id")).values(name)[:1],
                output_field=TextField(),
            ),
        )
        for source_type, (model, name) in source_names().items()
    ]
    if not ways:
        return Value("", output_field=TextField())
    return Case(*ways, default=Value(""), output_field=TextField())


FIELDS = [
    Field("id", "ID", "number"),
    Field("name", "Kind", "code", choices=_kinds),
    Field("occurred_at", "When", "datetime"),
    Field("source_type", "Kind of source", "code"),
    Field("source_id", "Source", "lookup"),
    Field(
        "source_name",
        "Name of the source",
        "text",
        path=_source_name,
        columns=("source_type", "source_id"),
    ),
    Field("url", "Address", "text"),
    Field("machine", "Made by a machine", "boolean"),
]


def register_interactions() -> None:
    """Register the entity, and the way to it from contacts, leads and accounts."""
    ways = [
        Relation(key, key.capitalize(), key, many=False, local=f"{key}_id", remote="pk")
        for key in ("contact", "lead", "account")
    ]
    register_query_entity(
        QueryEntity(
            "interaction",
            "Interaction",
            "Interactions",
            Entry,
            FIELDS,
            ways,
            unless_named={"machine": False},
            events=True,
            event_name="name",
            event_time="occurred_at",
            event_names=interaction_names,
        )
    )
    for way in ways:
        back = Relation(
            "interactions",
            "Interactions",
            "interaction",
            local="pk",
            remote=way.local,
        )
        extend_query_entity(way.target, relations=[back])
