"""Turning a lead into an account, a contact and an opportunity."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from core.access.models import User
from core.base.errors import Invalid
from core.journal.services import record
from crm.models import Account, Contact, Lead
from crm.services.lead_lifecycle import (
    lead_change,
    lead_disqualify,
    lead_lock,
    must_be_open,
)
from crm.services.status_reasons import Reasons
from sales.models import Opportunity
from sales.rules import CREATE, SKIP
from sales.services.qualify_carry import KINDS
from sales.services.qualify_checks import (
    check_duplicates,
    check_open_opportunity,
    check_rights,
    check_wish,
    opportunity_lock,
    qualify_lock,
)
from sales.services.qualify_keep import qualification_keep
from sales.services.qualify_plan import (
    NEW_ACCOUNT,
    NEW_CONTACT,
    Part,
    Plan,
    Wish,
    plan_qualify,
)
from sales.services.qualify_result import (
    QualifyResult,
    changes_of,
    qualify_result,
    with_records,
)


@transaction.atomic
def lead_qualify(
    *,
    lead_id: int,
    user: User | None,
    create_account: bool | None = None,
    create_contact: bool | None = None,
    create_opportunity: bool | None = None,
    account_id: int | None = None,
    contact_id: int | None = None,
    opportunity_id: int | None = None,
    opportunity_customer: tuple[str, int] | None = None,
    opportunity_currency: str | None = None,
    opportunity_values: dict[str, Any] | None = None,
    source_campaign: int | None = None,
    status_reason: str | None = None,
    ignore_duplicates: bool = False,
    expected_version: int | None = None,
    dry_run: bool = False,
) -> QualifyResult:
    """Qualify an open lead: link what exists, make what is missing, close the lead.

    One transaction. A create flag of None means: where it makes sense. False never
    makes one; what the lead is linked with already stays linked either way. A
    disqualified reason, with nothing to create, disqualifies the lead.
    `opportunity_values` (name, estimated_value, estimated_close, ...) go before what
    the lead says. `user` None is the system, which has every right.

    What it did is kept, so that `lead_undo_qualify` can take it back.

    Locks: the identifying values of the lead, then contact, account, lead and the
    opportunity to link, in this order. A dry run takes the same locks, writes nothing
    and returns the same answer.

    Raises Lead.DoesNotExist (not visible), Denied, Stale, Invalid, and Refused:
    lead_closed, likely_duplicate (with the candidates), opportunity_open,
    opportunity_closed. Journals lead.qualified besides the changes of the records.
    """
    reasons = Reasons("lead")
    wish = Wish(
        create_account=create_account,
        create_contact=create_contact,
        create_opportunity=create_opportunity,
        account_id=account_id,
        contact_id=contact_id,
        opportunity_id=opportunity_id,
        customer=opportunity_customer,
        currency=(opportunity_currency or "").upper(),
        campaign_id=source_campaign,
        status_reason=status_reason or reasons.default("qualified"),
        opportunity=opportunity_values or {},
    )
    if reasons.state_of(wish.status_reason) == "disqualified":
        return _disqualified(lead_id, user, wish, expected_version, dry_run)
    reasons.in_state("qualified", wish.status_reason)
    lead, account, contact = qualify_lock(lead_id, user, wish, expected_version)
    check_wish(wish, user)
    plan = plan_qualify(
        lead,
        wish=wish,
        account=account,
        contact=contact,
        user=user,
        opportunity=opportunity_lock(wish, user),
    )
    check_rights(plan, user)
    check_open_opportunity(plan)
    if not ignore_duplicates:
        check_duplicates(plan, user)
    if dry_run:
        return qualify_result(plan, dry_run=True)
    return _carry_out(plan, user)


def _carry_out(plan: Plan, user: User | None) -> QualifyResult:
    """Write the plan, from the account to the lead, and carry over what hangs on it."""
    refs: dict[str, Any] = {}
    primary = plan.account.values.pop("primary_contact_id", None)
    account = _write(Account, plan.account, refs)
    refs[NEW_ACCOUNT] = account.pk if account else None
    contact = _write(Contact, plan.contact, refs)
    refs[NEW_CONTACT] = contact.pk if contact else None
    if primary is not None and account is not None:
        plan.account.values["primary_contact_id"] = _resolved(primary, refs)
        _save(account, {"primary_contact_id": _resolved(primary, refs)})
    opportunity = _write(Opportunity, plan.opportunity, refs)
    old = {name: getattr(plan.lead, name) for name in plan.lead_values}
    plan.lead_values = _resolve(plan.lead_values, refs)
    lead_change(plan.lead, plan.lead_values)
    kept = qualification_keep(plan, old, user)
    result = qualify_result(plan, dry_run=False, old_lead=old)
    _tell(result, account, contact, opportunity)
    return with_records(result, account, contact, opportunity, kept)


def _resolved(value: Any, refs: dict[str, Any]) -> Any:
    return refs.get(value, value) if isinstance(value, str) else value


def _resolve(values: dict[str, Any], refs: dict[str, Any]) -> dict[str, Any]:
    """Put the ids of what was made where the plan only says "new"."""
    return {
        name: _resolved(value, refs) if name.endswith("_id") else value
        for name, value in values.items()
    }


def _write(model: Any, part: Part, refs: dict[str, Any]) -> Any:
    """Create or update the record of a part; None where it is skipped."""
    if part.do == SKIP:
        return None
    part.values = _resolve(part.values, refs)
    if part.do == CREATE:
        part.record = model(**part.values)
        part.record.save(force_insert=True)
    else:
        _save(part.record, part.values)
    return part.record


def _save(row: Any, values: dict[str, Any]) -> None:
    if not values:
        return
    for name, value in values.items():
        setattr(row, name, value)
    row.save(update_fields=list(values))


def _tell(
    result: QualifyResult,
    account: Account | None,
    contact: Contact | None,
    opportunity: Opportunity | None,
) -> None:
    lead = result.lead
    made = {
        entity: row.pk
        for entity, row in (
            ("account", account),
            ("contact", contact),
            ("opportunity", opportunity),
        )
        if row is not None
    }
    record(
        "lead.qualified",
        subject=("lead", lead.pk),
        contact_id=lead.parent_contact_id,
        lead_id=lead.pk,
        account_id=lead.parent_account_id,
        data=made
        | {
            "created": [c["entity"] for c in result.as_data()["created"]],
            "status_reason": lead.status_reason,
            "name": opportunity.name if opportunity else "",
        },
    )


def _disqualified(
    lead_id: int,
    user: User | None,
    wish: Wish,
    expected_version: int | None,
    dry_run: bool,
) -> QualifyResult:
    wanted = (wish.create_account, wish.create_contact, wish.create_opportunity)
    linked = (wish.account_id, wish.contact_id, wish.opportunity_id)
    if any(wanted) or any(linked):
        raise Invalid(
            "reason_of_other_state",
            "With a disqualified reason nothing can be created or linked.",
            attr="status_reason",
        )
    lead = lead_lock(
        lead_id=lead_id,
        user=user,
        action="disqualify",
        expected_version=expected_version,
    )
    must_be_open(lead)
    before = {"state": lead.state, "status_reason": lead.status_reason}
    new = {"state": "disqualified", "status_reason": wish.status_reason}
    if not dry_run:
        lead = lead_disqualify(
            lead_id=lead_id, user=user, status_reason=wish.status_reason
        )
    nothing: dict[str, Any] = {
        "id": None,
        "name": "",
        "changes": {},
        "reason": "Disqualified.",
    }
    return QualifyResult(
        lead=lead,
        dry_run=dry_run,
        account={"action": SKIP, **nothing},
        contact={"action": SKIP, **nothing},
        opportunity={"action": SKIP, **nothing},
        lead_changes=changes_of(Lead, before, new),
        carried=dict.fromkeys(KINDS, 0),
    )
