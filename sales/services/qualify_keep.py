"""The end of a qualification: what goes along, and what an undo will need."""

from __future__ import annotations

from typing import Any

from core.access.models import User
from core.journal.models import Entry
from core.journal.relinking import Move, relink
from crm.models import Lead
from sales.models import Qualification
from sales.services.qualify_carry import Destination, carry_over
from sales.services.qualify_plan import Part, Plan


def qualification_keep(
    plan: Plan, old_lead: dict[str, Any], user: User | None
) -> Qualification:
    """Carry over what hangs on the lead, and write down all that was done.

    Called in the transaction of the qualification, after its records are written.
    """
    lead = plan.lead
    into = Destination(
        lead.parent_contact_id, lead.parent_account_id, plan.opportunity.reference
    )
    carried = carry_over(lead, into)
    entries = _follow(lead, old_lead)
    parts = {
        "account": plan.account,
        "contact": plan.contact,
        "opportunity": plan.opportunity,
    }
    done = {
        "parts": {entity: _part(part) for entity, part in parts.items()},
        "links": {"contact_id": into.contact_id, "account_id": into.account_id},
        "lead": old_lead,
        "carried": carried,
        "entries": entries,
    }
    kept = Qualification.objects.create(lead=lead, user=user, done=done)
    kept.refresh_from_db(fields=["qualified_at"])
    return kept


def _part(part: Part) -> dict[str, Any]:
    record: Any = part.record
    if record is None:
        return {"do": part.do, "id": None}
    record.refresh_from_db(fields=["version"])
    # A made record is not taken back value by value: it goes.
    kept = part.old if part.do == "link" else {}
    return {
        "do": part.do,
        "id": record.pk,
        "version": record.version,
        "old": kept,
        "new": {name: part.values[name] for name in kept},
    }


def _follow(lead: Lead, old: dict[str, Any]) -> list[list[int | None]]:
    """What the lead lived through before it had its contact goes on the timeline of
    that contact; other links stay as they are. Gives the links as they were."""
    columns = {"contact_id": "parent_contact_id", "account_id": "parent_account_id"}
    blank = [name for name, origin in columns.items() if origin in old]
    if not blank:
        return []
    entries = Entry.objects.filter(subject_type="lead", subject_id=lead.pk)
    before = [
        list(row)
        for row in entries.values_list("id", "contact_id", "lead_id", "account_id")
        if row[1] is None or row[3] is None
    ]
    move = Move(
        subject=("lead", lead.pk),
        contact_id=lead.parent_contact_id,
        account_id=lead.parent_account_id,
        reason="lead.qualified",
    )
    relink(move, sparing=True)
    return before
