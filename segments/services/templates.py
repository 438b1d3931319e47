"""Templates of segments: made, changed, deleted, and used."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from core.base.errors import Invalid, Stale
from segments.models import Segment, SegmentTemplate
from segments.placeholders import check_template, emptied, filled, part_at, replaced
from segments.services.lifecycle import free_name, segment_create

EDITABLE = ("name", "description", "definition", "placeholders", "owner", "team")


@transaction.atomic
def template_create(*, user: Any, **data: Any) -> SegmentTemplate:
    """A template, owned by whoever makes it.

    Raises Invalid or QueryError where its conditions are broken elsewhere than where
    it asks. Journals segment_template.created (by trigger).
    """
    template = SegmentTemplate(owner=user, team=getattr(user, "team", None))
    return _save(template, data)


@transaction.atomic
def template_from(
    *, segment: Segment, user: Any, name: str, description: str, asks: dict[str, str]
) -> SegmentTemplate:
    """The conditions of a segment as a template; `asks` are questions by place.

    Where it asks, the value is taken out. Raises as `template_create`.
    """
    definition = segment.drafted("definition")
    placeholders = [{"at": at, "ask": ask} for at, ask in asks.items()]
    check_template(definition, placeholders)
    for at in asks:
        clause = emptied(part_at(definition, at))
        definition = replaced(definition, at, clause)
    return template_create(
        user=user,
        name=name,
        description=description,
        definition=definition,
        placeholders=placeholders,
    )


@transaction.atomic
def template_update(
    *, template_id: int, expected_version: int | None = None, **data: Any
) -> SegmentTemplate:
    """Change a template; segments made from it stay as they are.

    Locks it. Raises Stale, Invalid or QueryError. Journals segment_template.updated.
    """
    return _save(_locked(template_id, expected_version), data)


@transaction.atomic
def template_delete(*, template_id: int, expected_version: int | None = None) -> None:
    """Delete a template. Locks it; raises Stale. Journals segment_template.deleted."""
    _locked(template_id, expected_version).delete()


@transaction.atomic
def template_use(
    *,
    template: SegmentTemplate,
    user: Any,
    name: str = "",
    values: dict[str, Any] | None = None,
) -> Segment:
    """A draft segment with the template's conditions.

    `values` are answers by place; what nobody answers is left to be finished in the
    designer. Without a name it is called after the template. Raises Invalid for an
    answer to a question that is not asked. Journals segment.created (by trigger).
    """
    return segment_create(
        user=user,
        name=name or free_name(template.name),
        description=template.description,
        definition=filled(template.definition, template.placeholders, values or {}),
    )


def _locked(template_id: int, expected_version: int | None) -> SegmentTemplate:
    template = SegmentTemplate.objects.select_for_update().get(pk=template_id)
    if expected_version is not None and template.version != expected_version:
        raise Stale("stale", "Somebody else changed this template. Load it again.")
    return template


def _save(template: SegmentTemplate, data: dict[str, Any]) -> SegmentTemplate:
    unknown = set(data) - set(EDITABLE)
    if unknown:
        raise Invalid("unknown_field", "There is no such field.", attr=min(unknown))
    for name, value in data.items():
        setattr(template, name, value)
    check_template(template.definition, template.placeholders)
    template.full_clean()
    template.save()
    template.refresh_from_db()
    return template
