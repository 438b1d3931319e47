"""What qualifying a lead would do, field by field: read and decided, not written.

The plan is what a dry run returns and what the real run carries out, so the two
cannot differ.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django.db.models import Model
from django.utils import timezone

from core.access.models import User
from core.base.models import Organisation
from crm.models import Account, Contact, Lead
from sales import rules
from sales.models import Opportunity
from sales.processes.crossing import crossed, crossing
from sales.qualification.fields import CUSTOM
from sales.rules import CREATE, LINK, Decision
from sales.services.money import rate_on
from sales.services.pipelines import place_after_qualify
from sales.services.qualify_carry import carried_counts
from sales.services.qualify_mapping import (
    Mappings,
    lead_facts,
    mappings_now,
    record_facts,
)

NEW_ACCOUNT = "new account"
NEW_CONTACT = "new contact"


@dataclass(frozen=True)
class Wish:
    """What the caller asked for; None leaves the choice to the rules."""

    create_account: bool | None = None
    create_contact: bool | None = None
    create_opportunity: bool | None = None
    account_id: int | None = None
    contact_id: int | None = None
    opportunity_id: int | None = None
    customer: tuple[str, int] | None = None
    currency: str = ""
    campaign_id: int | None = None
    status_reason: str = "qualified"
    opportunity: dict[str, Any] = field(default_factory=dict)


@dataclass
class Part:
    """What happens to the account, the contact or the opportunity.

    `values` are the columns that will be written, by attname; `old` what they hold
    now. References to records that are still to be made are NEW_ACCOUNT and
    NEW_CONTACT until they are.
    """

    decision: Decision
    record: Model | None = None
    values: dict[str, Any] = field(default_factory=dict)
    old: dict[str, Any] = field(default_factory=dict)

    @property
    def do(self) -> str:
        return self.decision.do

    @property
    def reference(self) -> Any:
        """The id to write into a look-up; None where the part is skipped."""
        return self.record.pk if self.record is not None else None


@dataclass
class Plan:
    """The whole of one qualification."""

    lead: Lead
    account: Part
    contact: Part
    opportunity: Part
    lead_values: dict[str, Any]
    carried: dict[str, int]


def plan_qualify(
    lead: Lead,
    *,
    wish: Wish,
    account: Account | None,
    contact: Contact | None,
    user: User | None,
    opportunity: Opportunity | None = None,
) -> Plan:
    """Decide everything about a lead and the records it is to be linked with.

    `account`, `contact` and `opportunity` are the existing ones (chosen, or of the
    lead), locked by the caller where the plan is to be carried out. A few queries.
    """
    mappings = mappings_now()
    owner, team_id = _owner_of(lead, user)
    owned = {"owner_id": owner, "team_id": team_id, "created_by_id": _pk(user)}
    sale = Part(
        rules.decide_opportunity(
            create=wish.create_opportunity, existing=opportunity is not None
        ),
        opportunity,
    )
    account_part = _account_part(lead, wish, account, owned, mappings)
    account_ref = _reference(account_part, NEW_ACCOUNT)
    contact_part = _contact_part(lead, wish, contact, account_ref, owned, mappings)
    contact_ref = _reference(contact_part, NEW_CONTACT)
    if sale.do == CREATE:
        made = _opportunity_values(lead, wish, owned, mappings["opportunity"])
        sale.values = made | _customer(wish, account_ref, contact_ref)
    elif opportunity is not None:
        _link_opportunity(sale, opportunity, lead, mappings["opportunity"])
        _customer_filled(sale, opportunity, account_ref, contact_ref)
    if contact_part.do == LINK:
        _make_sales_contact(contact_part, owned, sale.do != rules.SKIP)
    _primary_contact(account_part, contact_part, account_ref, contact_ref)
    lead_values = _lead_values(lead, wish, account_ref, contact_ref, user)
    if sale.do != rules.SKIP:
        # The process goes on there; without an opportunity it stays where it is.
        lead_values |= crossed()
    return Plan(
        lead=lead,
        account=account_part,
        contact=contact_part,
        opportunity=sale,
        lead_values=lead_values,
        carried=carried_counts(lead),
    )


def _pk(user: User | None) -> int | None:
    return user.pk if user else None


def _owner_of(lead: Lead, user: User | None) -> tuple[int | None, int | None]:
    """New records belong to the lead's owner and team; to the caller's without one."""
    if lead.owner is not None:
        return lead.owner_id, lead.team_id or lead.owner.team_id
    if user is not None:
        return user.pk, lead.team_id or user.team_id
    return None, lead.team_id


def _reference(part: Part, new: str) -> Any:
    return new if part.do == CREATE else part.reference


def columns(
    model: type[Model], values: dict[str, Any], custom: dict[str, Any]
) -> dict[str, Any]:
    """Mapped values by the columns they stand in; custom ones join those there."""
    made = {
        model._meta.get_field(name).attname: value  # type: ignore[union-attr] # columns only
        for name, value in values.items()
        if not name.startswith(CUSTOM)
    }
    own = {n.removeprefix(CUSTOM): v for n, v in values.items() if n.startswith(CUSTOM)}
    return made | ({"custom": custom | own} if own else {})


def _account_part(
    lead: Lead,
    wish: Wish,
    account: Account | None,
    owned: dict[str, Any],
    mappings: Mappings,
) -> Part:
    part = Part(
        rules.decide_account(
            create=wish.create_account,
            existing=account is not None,
            company_name=lead.company_name,
        ),
        account,
    )
    if part.do == CREATE:
        made = rules.carried(lead_facts(lead), mappings["account"])
        part.values = columns(Account, made, {}) | owned
        part.values["originating_lead_id"] = lead.pk
        part.values["name"] = lead.company_name.strip()
    elif account is not None:
        _fill(part, account, lead, mappings["account"])
    return part


def _fill(part: Part, record: Any, lead: Lead, mapping: dict[str, str]) -> None:
    """Fill the blanks of what exists from the lead."""
    filled = rules.blanks_filled(record_facts(record), lead_facts(lead), mapping)
    _change(part, columns(type(record), filled, record.custom))


def _contact_part(
    lead: Lead,
    wish: Wish,
    contact: Contact | None,
    account_ref: Any,
    owned: dict[str, Any],
    mappings: Mappings,
) -> Part:
    part = Part(
        rules.decide_contact(
            create=wish.create_contact,
            existing=contact is not None,
            first_name=lead.first_name,
            last_name=lead.last_name,
        ),
        contact,
    )
    if part.do == CREATE:
        made = rules.carried(lead_facts(lead), mappings["contact"])
        made = columns(Contact, made, {})
        made |= {name: True for name in rules.PREFERENCES if getattr(lead, name)}
        part.values = made | owned | {"originating_lead_id": lead.pk}
        part.values |= {"source_type": lead.source_type, "source_id": lead.source_id}
        if account_ref is not None:
            part.values["account_id"] = account_ref
    elif contact is not None:
        _fill(part, contact, lead, mappings["contact"])
        _change(part, rules.stricter_preferences(vars(contact), vars(lead)))
        if contact.account_id is None and account_ref is not None:
            _change(part, {"account_id": account_ref})
    return part


def _make_sales_contact(
    part: Part, owned: dict[str, Any], with_opportunity: bool
) -> None:
    """A marketing-only contact becomes one of sales, and of the lead's owner."""
    setting = Organisation.current().marketing_only_cleared
    clears = rules.clears_marketing_only(
        setting=setting, with_opportunity=with_opportunity
    )
    if clears and getattr(part.record, "marketing_only", False):
        _change(part, {"marketing_only": False})
        _change(part, {"owner_id": owned["owner_id"], "team_id": owned["team_id"]})


def _primary_contact(
    account: Part, contact: Part, account_ref: Any, contact_ref: Any
) -> None:
    """The contact becomes the primary one where its account has none."""
    works_there = contact.values.get(
        "account_id", getattr(contact.record, "account_id", None)
    )
    if account_ref is None or contact_ref is None or works_there != account_ref:
        return
    if getattr(account.record, "primary_contact_id", None) is None:
        _change(account, {"primary_contact_id": contact_ref})


def _opportunity_values(
    lead: Lead, wish: Wish, owned: dict[str, Any], mapping: dict[str, str]
) -> dict[str, Any]:
    currency = wish.currency or Organisation.current().currency
    rate = rate_on(currency)
    said = rules.in_currency(rules.carried(lead_facts(lead), mapping), rate)
    made = columns(Opportunity, said, {}) | owned
    made |= {
        "source_type": lead.source_type,
        "source_id": lead.source_id,
        "name": rules.opportunity_topic(
            topic=lead.topic,
            person=f"{lead.first_name} {lead.last_name}".strip() or lead.email,
            company=lead.company_name,
        ),
        "originating_lead_id": lead.pk,
        "currency": currency,
        "rate": rate,
        "stage_since": timezone.now(),
        **place_after_qualify(),
        **crossing(lead),
    }
    if wish.campaign_id is not None:
        made["campaign_id"] = wish.campaign_id
    return made | wish.opportunity


def _customer(wish: Wish, account_ref: Any, contact_ref: Any) -> dict[str, Any]:
    """Whom the opportunity is for: as asked; else the account and the contact."""
    if wish.customer is None:
        parts = {"account_id": account_ref, "contact_id": contact_ref}
    elif wish.customer[0] == "account":
        parts = {"account_id": wish.customer[1], "contact_id": contact_ref}
    else:
        parts = {"account_id": None, "contact_id": wish.customer[1]}
    return {name: value for name, value in parts.items() if value is not None}


def _link_opportunity(
    part: Part, row: Opportunity, lead: Lead, mapping: dict[str, str]
) -> None:
    """An open opportunity learns what it does not say, and from whom it came."""
    filled = rules.blanks_filled(record_facts(row), lead_facts(lead), mapping)
    amounts = set(filled) & set(rules.AMOUNTS)
    rate = rate_on(row.currency) if amounts else row.rate
    filled = rules.in_currency(filled, rate)
    _change(part, columns(Opportunity, filled, row.custom))
    if "estimated_value" in filled:
        _change(part, {"rate": rate})
    if row.originating_lead_id is None and not _has_open(lead):
        _change(part, {"originating_lead_id": lead.pk})


def _has_open(lead: Lead) -> bool:
    rows = Opportunity.objects.open().filter(originating_lead=lead)
    return bool(rows.exists())


def _customer_filled(
    part: Part, row: Opportunity, account_ref: Any, contact_ref: Any
) -> None:
    """Its customer stays; where there is none, it is that of the lead."""
    if row.account_id is None and row.contact_id is None and account_ref is not None:
        _change(part, {"account_id": account_ref})
    same = row.account_id is None or row.account_id == account_ref
    if row.contact_id is None and contact_ref is not None and same:
        _change(part, {"contact_id": contact_ref})


def _lead_values(
    lead: Lead, wish: Wish, account_ref: Any, contact_ref: Any, user: User | None
) -> dict[str, Any]:
    values: dict[str, Any] = {
        "state": Lead.State.QUALIFIED.value,
        "status_reason": wish.status_reason,
        "closed_at": timezone.now(),
        "closed_by_id": _pk(user),
    }
    if account_ref is not None and account_ref != lead.parent_account_id:
        values["parent_account_id"] = account_ref
    if contact_ref is not None and contact_ref != lead.parent_contact_id:
        values["parent_contact_id"] = contact_ref
    return values


def _change(part: Part, values: dict[str, Any]) -> None:
    """Add what differs from what the record holds."""
    for name, value in values.items():
        old = getattr(part.record, name, None)
        if part.record is None or old != value:
            part.old[name] = old
            part.values[name] = value
