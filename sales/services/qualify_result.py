"""What a qualification answers, the same for a dry run and the real one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db.models import Model

from crm.models import Account, Contact, Lead
from sales.models import Opportunity, Qualification
from sales.rules import CREATE, SKIP, UNDO_WITHIN
from sales.services.qualify_plan import Part, Plan

# Not part of the report: they are the moment, not a decision.
_TIMES = {"closed_at", "stage_since", "process_ended_at"}


@dataclass(frozen=True)
class QualifyResult:
    """What became of a lead, or would become of it in a dry run.

    `account`, `contact` and `opportunity` hold `action` (create, link, skip), `id`,
    `name`, `changes` (field: [old, new]) and, where skipped, `reason`. The records
    themselves are there unless it was a dry run or they were skipped.
    """

    lead: Lead
    dry_run: bool
    account: dict[str, Any]
    contact: dict[str, Any]
    opportunity: dict[str, Any]
    lead_changes: dict[str, Any]
    carried: dict[str, int]
    account_record: Account | None = None
    contact_record: Contact | None = None
    opportunity_record: Opportunity | None = None
    kept: Qualification | None = None

    def as_data(self) -> dict[str, Any]:
        """The answer of the API."""
        values = self.lead_changes
        return {
            "lead": self.lead.pk,
            "dry_run": self.dry_run,
            "state": values["state"][1],
            "status_reason": values["status_reason"][1],
            "account": self.account,
            "contact": self.contact,
            "opportunity": self.opportunity,
            "lead_changes": values,
            "carried_over": self.carried,
            "undo_until": self.undo_until,
            "created": [
                {"entity": entity, "id": part["id"]}
                for entity, part in self._parts().items()
                if part["action"] == CREATE
            ],
        }

    @property
    def undo_until(self) -> datetime | None:
        """Until when this can be taken back; None in a dry run."""
        if self.kept is None:
            return None
        until: datetime = self.kept.qualified_at + UNDO_WITHIN
        return until

    def _parts(self) -> dict[str, dict[str, Any]]:
        return {
            "account": self.account,
            "contact": self.contact,
            "opportunity": self.opportunity,
        }


def qualify_result(
    plan: Plan, *, dry_run: bool, old_lead: dict[str, Any] | None = None
) -> QualifyResult:
    """What a plan does, or did (`old_lead`: what it changed), as the doors answer."""
    before = old_lead or {name: getattr(plan.lead, name) for name in plan.lead_values}
    return QualifyResult(
        lead=plan.lead,
        dry_run=dry_run,
        account=_part_data(plan.account, Account),
        contact=_part_data(plan.contact, Contact),
        opportunity=_part_data(plan.opportunity, Opportunity),
        lead_changes=changes_of(Lead, before, plan.lead_values),
        carried=plan.carried,
    )


def _part_data(part: Part, model: type[Model]) -> dict[str, Any]:
    shown: dict[str, Any] = {"action": part.do, "id": part.reference}
    if part.do == SKIP:
        return shown | {"name": "", "changes": {}, "reason": part.decision.reason}
    shown["name"] = str(part.record or model(**_scalars(part.values)))
    return shown | {"changes": changes_of(model, part.old, part.values), "reason": ""}


def _scalars(values: dict[str, Any]) -> dict[str, Any]:
    """Without look-ups, which may still be names of what is to be made."""
    return {n: v for n, v in values.items() if not n.endswith("_id")}


def changes_of(
    model: type[Model], old: dict[str, Any], new: dict[str, Any]
) -> dict[str, list[Any]]:
    """{field: [old, new]} by the names and in the forms that the API uses."""
    names = {f.attname: f.name for f in model._meta.concrete_fields}
    return {
        names[key]: [_plain(old.get(key)), _plain(value)]
        for key, value in new.items()
        if key not in _TIMES
    }


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return str(value)
    return value.isoformat() if isinstance(value, date) else value


def with_records(
    result: QualifyResult,
    account: Account | None,
    contact: Contact | None,
    opportunity: Opportunity | None,
    kept: Qualification,
) -> QualifyResult:
    """The result with the records themselves, once they are written."""
    return QualifyResult(
        **{
            **vars(result),
            "account_record": account,
            "contact_record": contact,
            "opportunity_record": opportunity,
            "kept": kept,
        }
    )
