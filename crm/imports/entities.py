"""Contacts, accounts and leads as things that files can bring."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db import models
from django.utils import timezone

from core.base.errors import Invalid
from crm.imports.convert import Bad
from crm.imports.lookups import LOOKUPS
from crm.imports.merge import Setup
from crm.imports.registry import (
    ImportEntity,
    ImportField,
    Merged,
    model_fields,
    register_import_entity,
)
from crm.lists import CHOICE_FIELDS
from crm.models import Account, Contact, Lead, Product
from crm.services.company_accounts import contact_accounts_link, lead_accounts_link
from crm.services.lead_contacts import lead_contacts_create
from crm.services.status_reasons import Reasons

STRICT = ("do_not_email", "do_not_bulk_email", "do_not_phone")
_ADDRESS = "address_line1 address_line2 postal_code city state_or_province country"
_RECORD = "external_id owner team tags"
_PERSON = (
    "salutation first_name last_name email phone mobile_phone job_title company_name "
    "website linkedin_url profile_links buying_role description do_not_email "
    f"do_not_bulk_email do_not_phone {_ADDRESS} {_RECORD}"
)
CONTACT_FIELDS = (
    f"{_PERSON} account state marketing_only follow_email prefill_forms consent_level "
    "is_child birth_date language relationship"
)
ACCOUNT_FIELDS = (
    "name email phone website email_domain industry relationship number_of_employees "
    f"annual_revenue description state parent {_ADDRESS} {_RECORD}"
)
PRODUCT_FIELDS = "name code family price description active"
LEAD_FIELDS = (
    f"topic {_PERSON} industry number_of_employees annual_revenue lead_source rating "
    "state status_reason parent_contact parent_account product campaign referrer "
    "utm_source utm_medium utm_campaign utm_term utm_content estimated_value budget "
    "need purchase_timeframe purchase_process decision_maker"
)


def register_entities() -> None:
    """Make contacts, accounts and leads importable."""
    register_import_entity(
        ImportEntity(
            key="contact",
            label="Contact",
            plural="contacts",
            model=Contact,
            fields=_fields(Contact, "contact", CONTACT_FIELDS),
            needs_one_of=("last_name", "first_name", "email"),
            after=_after_contacts,
        )
    )
    register_import_entity(
        ImportEntity(
            key="product",
            label="Product",
            plural="products",
            model=Product,
            fields=_fields(Product, "product", PRODUCT_FIELDS),
            needs_one_of=("name",),
            match=(),
            identity="name",
        )
    )
    register_import_entity(
        ImportEntity(
            key="account",
            label="Account",
            plural="accounts",
            model=Account,
            fields=_fields(Account, "account", ACCOUNT_FIELDS),
            needs_one_of=("name",),
            match=("name",),
        )
    )
    register_import_entity(
        ImportEntity(
            key="lead",
            label="Lead",
            plural="leads",
            model=Lead,
            fields=_fields(Lead, "lead", LEAD_FIELDS),
            needs_one_of=(
                "last_name",
                "first_name",
                "email",
                "company_name",
                "topic",
                "phone",
                "mobile_phone",
            ),
            preparing=lead_completer,
            open_state="open",
            after=_after_leads,
        )
    )


def _fields(model: type[models.Model], key: str, names: str) -> dict[str, ImportField]:
    return model_fields(
        model,
        names.split(),
        lists=tuple(CHOICE_FIELDS.get(key, ())),
        lookups=LOOKUPS,
        strict=STRICT,
    )


def lead_completer() -> Callable[[dict[str, Any]], None]:
    """What completes the values of new leads: their state and reason agree.

    Reads the reasons once for a chunk. The returned function raises Bad where the
    file's reason is none of its state's.
    """
    reasons = Reasons("lead")

    def complete_lead(values: dict[str, Any]) -> None:
        state = values["state"]
        if state != "open" and values["status_reason"] == "new":
            values["status_reason"] = ""
        try:
            reason = reasons.in_state(state, values["status_reason"])
        except Invalid as error:
            raise Bad("choice", error.detail, "status_reason") from error
        values["status_reason"] = reason
        if state != "open":
            values["closed_at"] = timezone.now()

    return complete_lead


def _after_contacts(setup: Setup, merged: Merged) -> dict[str, int]:
    if not setup.plan.create_accounts:
        return {}
    ids = [*merged.created, *merged.updated]
    made = contact_accounts_link(contact_ids=ids, create=True, owner_id=_owner(setup))
    return {"accounts_created": len(made)}


def _after_leads(setup: Setup, merged: Merged) -> dict[str, int]:
    ids = [*merged.created, *merged.updated]
    made: dict[str, int] = {}
    if setup.plan.create_contacts:
        report = lead_contacts_create(lead_ids=ids, marketing_only=setup.marketing_only)
        made["contacts_created"] = report.contacts_created
    if setup.plan.create_accounts:
        accounts = lead_accounts_link(lead_ids=ids, create=True, owner_id=_owner(setup))
        made["accounts_created"] = len(accounts)
    return made


def _owner(setup: Setup) -> int | None:
    owner: int | None = setup.defaults.get("owner")
    return owner
