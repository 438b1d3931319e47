"""Steps about segments."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from core.base.errors import Invalid
from crm.models import Lead
from segments.models import Segment
from segments.services.membership import members_change
from workflows.registry import Outcome, Param, StepContext, StepType


def add_to_segment(
    context: StepContext, ids: Sequence[int], params: Mapping[str, Any]
) -> dict[int, Outcome]:
    """Add contacts, or the contacts of leads, to a static segment."""
    return _move(context, ids, params, "add", "Added to")


def remove_from_segment(
    context: StepContext, ids: Sequence[int], params: Mapping[str, Any]
) -> dict[int, Outcome]:
    """Remove contacts, or the contacts of leads, from a static segment."""
    return _move(context, ids, params, "remove", "Removed from")


def _move(
    context: StepContext,
    ids: Sequence[int],
    params: Mapping[str, Any],
    which: str,
    done: str,
) -> dict[int, Outcome]:
    contacts: dict[int, int | None] = {pk: pk for pk in ids}
    if context.entity == "lead":
        leads = Lead.objects.filter(pk__in=ids)
        contacts = dict(leads.values_list("pk", "parent_contact_id"))
    segment = Segment.objects.static().get(pk=params["segment"])
    members_change(
        segment_id=segment.pk,
        user_id=context.user.pk if context.user else None,
        **{which: [pk for pk in contacts.values() if pk]},
    )
    moved = Outcome(f"{done} {segment.name}.")
    nobody = Outcome("The lead has no contact.", "skipped")
    return {pk: moved if contacts.get(pk) else nobody for pk in ids}


def check_segment(entity: str, params: Mapping[str, Any]) -> None:
    """The segment is one that is picked by hand."""
    found = isinstance(params["segment"], int) and Segment.objects.static().filter(
        pk=params["segment"]
    )
    if not found or not found.exists():
        raise Invalid(
            "not_static", "Choose a static segment that exists.", attr="segment"
        )


def _named(params: Mapping[str, Any]) -> str:
    segment = Segment.objects.filter(pk=params.get("segment") or 0).first()
    return segment.name if segment else "a static segment"


def _sentence(params: Mapping[str, Any]) -> str:
    return f"Add the contact to {_named(params)}"


def _removal(params: Mapping[str, Any]) -> str:
    return f"Remove the contact from {_named(params)}"


ADD_TO_SEGMENT = StepType(
    key="add_to_segment",
    label="Add to a static segment",
    entities=("contact", "lead"),
    run_many=add_to_segment,
    sentence=_sentence,
    params=(Param("segment", "Static segment", "segment"),),
    check=check_segment,
    icon="chart-pie",
)

REMOVE_FROM_SEGMENT = StepType(
    key="remove_from_segment",
    label="Remove from a static segment",
    entities=("contact", "lead"),
    run_many=remove_from_segment,
    sentence=_removal,
    params=(Param("segment", "Static segment", "segment"),),
    check=check_segment,
    icon="chart-pie",
)
