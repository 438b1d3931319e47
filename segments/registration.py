"""What this app makes known to the others."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet

from core.access.entities import Entity, register_entity
from core.jobs.registry import JobKind, register_job_kind
from core.query.registry import (
    Field,
    QueryEntity,
    Relation,
    SegmentSource,
    extend_query_entity,
    register_query_entity,
    register_segment_source,
)
from crm.services.holds import register_computed
from segments.homes import register_homes
from segments.models import Membership, Segment, SegmentTemplate
from segments.services import batches


def members_of(segment_id: int) -> QuerySet[Any, Any]:
    """The ids of a segment's contacts, as the query language asks for them."""
    return Membership.objects.filter(segment_id=segment_id).values("contact_id")


def name_of(segment_id: int) -> str | None:
    """The segment's name, or None where there is none."""
    return Segment.objects.filter(pk=segment_id).values_list("name", flat=True).first()


def register() -> None:
    """Called once, when the apps are loaded."""
    register_computed(Membership)
    register_entity(
        Entity(
            "segment",
            "Segment",
            "Segments",
            Segment,
            extra_actions={
                "publish": "Go live and stop",
                "members": "Add and remove members of static segments",
            },
        )
    )
    register_entity(
        Entity(
            "segment_template", "Segment template", "Segment templates", SegmentTemplate
        )
    )
    register_job_kind(
        JobKind(batches.KIND, "Members of a segment", batches.run_chunk, batches.ended)
    )
    register_segment_source(SegmentSource("contact", members_of, name_of))
    register_query_entity(
        QueryEntity(
            "segment",
            "Segment",
            "Segments",
            Membership,
            fields=[
                Field("name", "Name", "text", path="segment__name"),
                Field("since", "In since", "datetime"),
                Field(
                    "kind",
                    "Segment type",
                    "choice",
                    Segment.Kind.choices,
                    path="segment__kind",
                ),
            ],
            start=False,
        )
    )
    extend_query_entity(
        "contact",
        relations=[
            Relation(
                "segments",
                "Segments",
                "segment",
                local="pk",
                remote="contact_id",
                column="contact",
                column_on_target=True,
            )
        ],
    )
    register_homes()
