"""Steps about a lead's contact."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from crm.models import Contact, Lead, MatchingStrategy
from crm.services.lead_contacts import (
    BATCH,
    REASONS,
    lead_contacts_create,
    orphaned_preview,
)
from workflows.registry import Outcome, Param, StepContext, StepPreview, StepType

EXAMPLES = 20


def strategies() -> list[tuple[str, str]]:
    """The contact matching strategies to choose from."""
    found = MatchingStrategy.objects.filter(target="contact")
    return [(strategy.key, strategy.name) for strategy in found]


def _strategy(params: Mapping[str, Any]) -> MatchingStrategy | None:
    key = params.get("strategy")
    if not key:
        return None
    return MatchingStrategy.objects.get(target="contact", key=key)


def create_contacts(
    context: StepContext, ids: Sequence[int], params: Mapping[str, Any]
) -> dict[int, Outcome]:
    """Give orphaned leads their contacts, set-based."""
    outcomes: dict[int, Outcome] = {}
    for start in range(0, len(ids), BATCH):
        part = ids[start : start + BATCH]
        outcomes |= _create_part(part, params)
    return outcomes


def _create_part(ids: Sequence[int], params: Mapping[str, Any]) -> dict[int, Outcome]:
    report = lead_contacts_create(
        lead_ids=ids,
        strategy=_strategy(params),
        marketing_only=params.get("marketing_only", True),
    )
    # Leads that share a contact count it once.
    left = set(report.created_ids)
    outcomes = {}
    for lead_id in ids:
        contact_id = report.links.get(lead_id)
        if contact_id is None:
            reason = REASONS[report.skipped[lead_id]]
            outcomes[lead_id] = Outcome(reason, "skipped")
            continue
        made = contact_id in left
        left.discard(contact_id)
        figure = "contacts_created" if made else "contacts_matched"
        outcomes[lead_id] = Outcome(
            "Contact created." if made else "Existing contact linked.",
            data={"contact": contact_id, "figures": {figure: 1}},
        )
    return outcomes


def create_preview(ids: Any) -> StepPreview:
    """What the step would do for these leads, and which orphaned leads are left out."""
    found = orphaned_preview(Lead.objects.filter(pk__in=ids))
    others = orphaned_preview(Lead.objects.orphaned().exclude(pk__in=ids))
    skipped = Counter(found.skipped) + Counter(others.skipped)
    chosen = [pk for word in ("create", "match") for pk in found.examples.get(word, [])]
    leads = Lead.objects.in_bulk(chosen[:EXAMPLES])
    return StepPreview(
        figures={
            "New contacts": found.contacts_to_create,
            "Leads that share or match an existing contact": found.would_match
            + found.would_create
            - found.contacts_to_create,
        },
        skipped={REASONS[key]: number for key, number in skipped.items()},
        left_out={
            REASONS[key]: [*found.examples.get(key, []), *others.examples.get(key, [])]
            for key in skipped
        },
        examples=[
            {"id": lead.pk, "name": lead.name, "topic": lead.topic}
            for lead in leads.values()
        ],
    )


CREATE_CONTACT = StepType(
    key="create_contact",
    label="Create and link a contact",
    entities=("lead",),
    run_many=create_contacts,
    sentence=lambda params: (
        "Link each lead to the contact that matches; where none does, create a "
        + ("marketing-only " if params.get("marketing_only", True) else "")
        + "contact from the lead"
    ),
    params=(
        Param("strategy", "Matching strategy", "choice", False, strategies),
        Param("marketing_only", "Marketing only", "boolean", False, default=True),
    ),
    preview=create_preview,
    icon="user-plus",
)


def _contact_ids(entity: str, ids: Sequence[int]) -> dict[int, int | None]:
    if entity == "contact":
        return {pk: pk for pk in ids}
    rows = Lead.objects.filter(pk__in=ids).values_list("pk", "parent_contact_id")
    return dict(rows)


def set_marketing_only(
    context: StepContext, ids: Sequence[int], params: Mapping[str, Any]
) -> dict[int, Outcome]:
    """Set or clear marketing only on contacts, or on the contacts of leads."""
    wanted = bool(params["marketing_only"])
    contacts = _contact_ids(context.entity, ids)
    locked = set(
        Contact.objects.filter(pk__in=[pk for pk in contacts.values() if pk])
        .exclude(marketing_only=wanted)
        .order_by("pk")
        .select_for_update(of=("self",))
        .values_list("pk", flat=True)
    )
    Contact.objects.filter(pk__in=locked).update(marketing_only=wanted)
    said = "Marketing only" if wanted else "Known to sales"
    return {pk: _marked(contacts.get(pk), locked, said) for pk in ids}


def _marked(contact_id: int | None, changed: set[int], said: str) -> Outcome:
    if contact_id is None:
        return Outcome("The lead has no contact.", "skipped")
    if contact_id not in changed:
        return Outcome(f"{said} already.")
    return Outcome(f"{said} now.", data={"contact": contact_id})


SET_MARKETING_ONLY = StepType(
    key="set_marketing_only",
    label="Set or clear marketing only",
    entities=("contact", "lead"),
    run_many=set_marketing_only,
    sentence=lambda params: (
        "Make the contact known to marketing only"
        if params.get("marketing_only")
        else "Make the contact a sales contact"
    ),
    params=(Param("marketing_only", "Marketing only", "boolean", default=False),),
    icon="user-check",
)
