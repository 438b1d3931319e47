"""Taking a qualification back, as long as nothing was built on it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import models, transaction
from django.utils import timezone

from core.access.models import User
from core.base.errors import Refused
from core.journal.relinking import Links, link_back
from crm.models import Account, Contact, Lead
from crm.services.lead_lifecycle import lead_change, lead_lock, lead_tell, visible_lead
from sales.models import Opportunity, Qualification
from sales.rules import CREATE, LINK, UNDO_WITHIN
from sales.services.qualify_carry import (
    KINDS,
    Destination,
    carried_ids,
    carry_back,
    check_copies,
)

MODELS: dict[str, Any] = {
    "contact": Contact,
    "account": Account,
    "opportunity": Opportunity,
}
# Kept by the machine about a record and gone with it: nobody built them.
KEPT_ABOUT = frozenset(
    (
        "segments.Membership",
        "segments.SegmentMember",
        "scoring.LeadScore",
        "sales.StageHistory",
        "sales.OpportunityStage",
    )
)


def undo_until(lead: Lead) -> datetime | None:
    """Until when the qualification of a lead can be undone; None where it cannot."""
    last = _last(lead.pk) if lead.state == Lead.State.QUALIFIED else None
    if last is None:
        return None
    until: datetime = last.qualified_at + UNDO_WITHIN
    return until if until > timezone.now() else None


def _last(lead_id: int) -> Qualification | None:
    rows = Qualification.objects.filter(lead_id=lead_id, undone_at=None)
    return rows.order_by("-id").first()


@transaction.atomic
def lead_undo_qualify(
    *, lead_id: int, user: User | None, expected_version: int | None = None
) -> Lead:
    """Undo the last qualification of a lead: every value is as it was before.

    What was made goes, what was filled is blank again, a contact that became one of
    sales is marketing's again with its owner, carried activities, notes and files
    return, and entries lose the links they were given.

    Locks contact, account, lead and opportunity in this order. Raises
    Lead.DoesNotExist, Denied, Stale, and Refused: not_qualified, undo_too_late,
    built_on (with what stands in the way). Journals lead.qualification_undone.
    """
    visible_lead(lead_id, user)
    found = _last(lead_id)
    rows = {
        entity: _locked(found, entity) if found else None
        for entity in ("contact", "account")
    }
    lead = lead_lock(
        lead_id=lead_id, user=user, action="qualify", expected_version=expected_version
    )
    last = _last(lead_id)
    if last is None or lead.state != Lead.State.QUALIFIED:
        raise Refused("not_qualified", "There is no qualification to undo.")
    if found is None or last.pk != found.pk:
        raise Refused("changed", "The lead changed just now. Please try again.")
    if timezone.now() > last.qualified_at + UNDO_WITHIN:
        raise Refused("undo_too_late", "A qualification can be undone for 10 minutes.")
    rows["opportunity"] = _locked(last, "opportunity")
    _check(last.done, rows, lead)
    _restore(last.done, rows, lead)
    last.undone_at, last.undone_by = timezone.now(), user
    last.save(update_fields=["undone_at", "undone_by"])
    lead_tell("lead.qualification_undone", lead, {"removed": _removed(last.done)})
    return lead


def _locked(last: Qualification, entity: str) -> Any:
    """The record of a part, locked as it is now."""
    pk = last.done["parts"].get(entity, {}).get("id")
    if pk is None:
        return None
    rows = MODELS[entity].objects.select_for_update(no_key=False, of=("self",))
    return rows.filter(pk=pk).first()


def _removed(done: dict[str, Any]) -> list[str]:
    return [e for e, part in done["parts"].items() if part["do"] == CREATE]


def _check(done: dict[str, Any], rows: dict[str, Any], lead: Lead) -> None:
    """Refused (built_on) where something was built on the qualification."""
    check_copies(done["carried"])
    ours = {e: {part["id"]} for e, part in done["parts"].items() if part["id"]}
    ours["lead"] = {lead.pk}
    for entity, part in done["parts"].items():
        row = rows[entity]
        if part["do"] == CREATE:
            _check_made(entity, row, part, done, ours)
        elif part["do"] == LINK:
            _check_linked(entity, row, part["new"])


def _check_made(
    entity: str,
    row: Any,
    part: dict[str, Any],
    done: dict[str, Any],
    ours: dict[str, set[int]],
) -> None:
    """A record that was made must be as it was made, and nothing hang on it."""
    if row is None:
        raise _built_on(f"The new {entity} is gone.")
    if row.version != part["version"]:
        raise _built_on(f"The new {entity} was changed since.")
    for name, model in KINDS.items():
        about = model.objects.filter(regarding_type=entity, regarding_id=row.pk)
        mine = carried_ids(done["carried"], name)
        if about.exclude(pk__in=mine).exists():
            raise _built_on(f"There are {name} on the new {entity}.")
    for relation in _relations(row):
        if _stands_on(relation, row, done, ours):
            noun = relation.related_model._meta.verbose_name_plural
            raise _built_on(f"There are {noun} of the new {entity}.")


def _relations(row: Any) -> list[Any]:
    """Every look-up of every app that can refer to this record."""
    return [
        relation
        for relation in row._meta.get_fields(include_hidden=True)
        if relation.auto_created and not relation.concrete and relation.field
    ]


def _stands_on(
    relation: Any, row: Any, done: dict[str, Any], ours: dict[str, set[int]]
) -> bool:
    """Whether rows of others refer to the record: not those this one wrote."""
    model = relation.related_model
    if model._meta.label in KEPT_ABOUT or relation.many_to_many:
        return False
    known: set[int] = set(ours.get(model._meta.model_name, ()))
    for name, carried in KINDS.items():
        if model is carried:
            known |= carried_ids(done["carried"], name)
    rows = model._default_manager.filter(**{relation.field.name: row})
    return bool(rows.exclude(pk__in=known).exists())


def _check_linked(entity: str, row: Any, new: dict[str, Any]) -> None:
    """What was filled on a linked record must still be what was filled in."""
    if row is None:
        raise _built_on(f"The {entity} is gone.")
    for name, value in _values(row, new).items():
        if getattr(row, name) != value:
            label = _column(row, name).verbose_name
            raise _built_on(f"The {label} of the {entity} was changed since.")


def _built_on(reason: str) -> Refused:
    return Refused("built_on", f"{reason} It cannot be undone any more.")


def _column(row: Any, attname: str) -> models.Field:
    return next(f for f in row._meta.concrete_fields if f.attname == attname)


def _values(row: Any, stored: dict[str, Any]) -> dict[str, Any]:
    """Values as they were written down, in the types of the model."""
    return {
        name: value if value is None else _column(row, name).to_python(value)
        for name, value in stored.items()
    }


def _restore(done: dict[str, Any], rows: dict[str, Any], lead: Lead) -> None:
    parts = done["parts"]
    into = Destination(
        done["links"]["contact_id"],
        done["links"]["account_id"],
        parts["opportunity"]["id"],
    )
    carry_back(done["carried"], lead, into)
    if parts["opportunity"]["do"] == CREATE:
        rows["opportunity"].delete()
    lead_change(lead, _values(lead, done["lead"]))
    for entity in ("account", "contact", "opportunity"):
        if parts[entity]["do"] == LINK:
            _put_back(rows[entity], parts[entity]["old"])
    # The new account names the new contact, and the other way round.
    if parts["account"]["do"] == CREATE:
        _put_back(rows["account"], {"primary_contact_id": None})
    for entity in ("contact", "account"):
        if parts[entity]["do"] == CREATE:
            rows[entity].delete()
    before = [Links(*entry) for entry in done["entries"]]
    if before:
        link_back(before, reason="lead.qualification_undone")


def _put_back(row: Any, old: dict[str, Any]) -> None:
    values = _values(row, old)
    for name, value in values.items():
        setattr(row, name, value)
    if values:
        row.save(update_fields=list(values))
