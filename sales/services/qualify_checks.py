"""What stands before a qualification: locks in the house's order, and refusals."""

from __future__ import annotations

from typing import Any

from core.access.models import User
from core.access.rights import may, rights_of
from core.base.errors import Denied, Invalid, Refused
from crm.matching.find import hold
from crm.models import Account, Campaign, Contact, Lead
from crm.services.lead_lifecycle import lead_lock, must_be_open, visible_lead
from sales import rules
from sales.models import Opportunity
from sales.rules import CREATE
from sales.services.candidates import account_candidates, contact_candidates
from sales.services.money import rate_on
from sales.services.qualify_plan import Plan, Wish


def qualify_lock(
    lead_id: int, user: User | None, wish: Wish, expected_version: int | None
) -> tuple[Lead, Account | None, Contact | None]:
    """Lock everything in the house's order and return it as it is then."""
    seen = visible_lead(lead_id, user)
    must_be_open(seen)
    # As imports, forms and merges spell them: these wait, and find what is made.
    hold(vars(seen))
    contact = _lock_contact(wish.contact_id or seen.parent_contact_id, user, wish)
    account = _lock_account(_account_id(seen, contact, wish), user, wish)
    lead = lead_lock(
        lead_id=lead_id,
        user=user,
        action="qualify",
        expected_version=expected_version,
    )
    must_be_open(lead)
    links = ("parent_contact_id", "parent_account_id", "company_name", "email")
    if any(getattr(lead, name) != getattr(seen, name) for name in links):
        raise Refused("changed", "The lead changed just now. Please try again.")
    return lead, account, contact


def _lock_contact(pk: int | None, user: User | None, wish: Wish) -> Contact | None:
    return _lock(Contact, pk, user, chosen=wish.contact_id) if pk else None


def _lock_account(pk: int | None, user: User | None, wish: Wish) -> Account | None:
    return _lock(Account, pk, user, chosen=wish.account_id) if pk else None


def _lock(model: Any, pk: int, user: User | None, *, chosen: int | None) -> Any:
    """Lock a record to link; one the caller names must be visible and active."""
    rows = model.objects.select_for_update(no_key=True, of=("self",))
    if chosen is None:
        return rows.filter(pk=pk).first()
    attr = model._meta.model_name
    if user is not None:
        rows = rows.visible_to(user)
    found = rows.filter(pk=pk).first()
    if found is None:
        raise Invalid("does_not_exist", f"There is no such {attr}.", attr=attr)
    if found.state != "active":
        raise Invalid("inactive", f"This {attr} is inactive.", attr=attr)
    return found


def opportunity_lock(wish: Wish, user: User | None) -> Opportunity | None:
    """Lock the open opportunity to link, after the lead; None where none is named.

    Invalid for one that is not there; Refused for a closed one; Denied where the
    user may not change it.
    """
    if wish.opportunity_id is None:
        return None
    rows: Any = Opportunity.objects.select_for_update(no_key=True, of=("self",))
    rows = rows if user is None else rows.visible_to(user)
    found: Opportunity | None = rows.filter(pk=wish.opportunity_id).first()
    if found is None:
        text = "There is no such opportunity."
        raise Invalid("does_not_exist", text, attr="link_opportunity")
    if found.is_closed:
        text = f'The opportunity "{found.name}" is closed.'
        raise Refused("opportunity_closed", text)
    if user is not None and not may(user, "update", found, "opportunity"):
        raise Denied("Your role may not change this opportunity.")
    return found


def _account_id(lead: Lead, contact: Contact | None, wish: Wish) -> int | None:
    """The account that exists: chosen, of the lead, or of its contact if it fits."""
    if wish.account_id:
        return wish.account_id
    account = existing_account(lead, contact)
    return account.pk if account else None


def existing_account(lead: Lead, contact: Contact | None) -> Account | None:
    """The account a lead has, or that of its contact where it is the same company."""
    if lead.parent_account is not None:
        return lead.parent_account
    if contact is None or contact.account is None:
        return None
    fits = rules.contacts_account_fits(lead.company_name, contact.account.name)
    return contact.account if fits else None


def check_wish(wish: Wish, user: User | None) -> None:
    """Raise Invalid for what the user cannot name, and for an unknown currency."""
    if wish.create_opportunity is not False and wish.currency:
        try:
            rate_on(wish.currency)
        except Invalid as error:
            raise Invalid(
                error.code, error.detail, attr="opportunity_currency"
            ) from error
    if wish.customer is not None:
        _check_customer(wish.customer, user)
    if wish.campaign_id is not None:
        _exists(Campaign, wish.campaign_id, None, "source_campaign")


def _check_customer(customer: tuple[str, int], user: User | None) -> None:
    entity, pk = customer
    if entity not in ("account", "contact"):
        raise Invalid(
            "invalid_choice",
            "The customer of an opportunity is an account or a contact.",
            attr="opportunity_customer",
        )
    model = Account if entity == "account" else Contact
    _exists(model, pk, user, "opportunity_customer")


def _exists(model: Any, pk: int, user: User | None, attr: str) -> None:
    rows = model.objects.all() if user is None else model.objects.visible_to(user)
    if not rows.filter(pk=pk).exists():
        raise Invalid(
            "does_not_exist",
            f"There is no such {model._meta.verbose_name}.",
            attr=attr,
        )


def check_rights(plan: Plan, user: User | None) -> None:
    """What is made needs the right to make it; what is linked, the right to see it."""
    if user is None:
        return
    parts = {
        "account": plan.account,
        "contact": plan.contact,
        "opportunity": plan.opportunity,
    }
    for entity, part in parts.items():
        if part.do == CREATE and not rights_of(user).has(entity, "create"):
            raise Denied(
                f"Your role may not create an {entity}.".replace("an c", "a c")
            )


def check_open_opportunity(plan: Plan) -> None:
    """Refused (opportunity_open) where this lead has an open opportunity already."""
    if plan.opportunity.do != CREATE:
        return
    before = Opportunity.objects.open().filter(originating_lead=plan.lead).first()
    if before is not None:
        raise Refused(
            "opportunity_open",
            f'The opportunity "{before.name}" of this lead is still open. Close it '
            "first, or qualify without a new opportunity.",
            extra={"opportunity": before.pk},
        )


def check_duplicates(plan: Plan, user: User | None) -> None:
    """Refused (likely_duplicate, with the candidates) for the like of what exists."""
    found = []
    if plan.account.do == CREATE:
        found += [c for c in account_candidates(plan.lead, user) if c.likeness.likely]
    if plan.contact.do == CREATE:
        found += [c for c in contact_candidates(plan.lead, user) if c.likeness.likely]
    if found:
        names = ", ".join(sorted({c.name for c in found}))
        raise Refused(
            "likely_duplicate",
            f"There is likely the same already: {names}. Link it, or ignore "
            "duplicates to create another.",
            extra={"candidates": [c.as_data() for c in found]},
        )
