"""What can be written on each entity, and the rules that belong to it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Model

from crm import rules
from crm.lists import CHOICE_FIELDS
from crm.models import Account, Campaign, Contact, Lead, Product
from crm.services.status_reasons import reason_in_state

ADDRESS = (
    "address_line1",
    "address_line2",
    "postal_code",
    "city",
    "state_or_province",
    "country",
)
PERSON = (
    "salutation",
    "first_name",
    "last_name",
    "email",
    "phone",
    "mobile_phone",
    "job_title",
    "company_name",
    "website",
    "linkedin_url",
    "profile_links",
    "buying_role",
    "do_not_email",
    "do_not_bulk_email",
    "do_not_phone",
    "description",
    *ADDRESS,
)
RECORD = ("owner", "team", "external_id", "tags", "custom")

Check = Callable[[Any, set[str]], None]


@dataclass(frozen=True)
class RecordKind:
    """One entity whose records are written by `crm.services.records`.

    `fields` may be written; `choices` maps a field to its extensible list; `check`
    runs on the changed record with the names that changed and raises DomainError.
    """

    key: str
    model: type[Model]
    fields: frozenset[str]
    choices: dict[str, str] = field(default_factory=dict)
    check: Check = lambda record, changed: None


_kinds: dict[str, RecordKind] = {}


def register_record_kind(kind: RecordKind) -> None:
    """Let the record services write another entity (upper apps, from ready())."""
    _kinds[kind.key] = kind


def kind_of(key: str) -> RecordKind:
    """The kind of this entity key; KeyError where nobody registered it."""
    return _kinds[key]


def kind_of_record(record: Model) -> RecordKind:
    """The kind that writes rows of this model."""
    return next(kind for kind in _kinds.values() if isinstance(record, kind.model))


def check_contact(record: Contact, changed: set[str]) -> None:
    """A contact has a name or an address, and is not its own guardian."""
    if changed & {"last_name", "email"}:
        rules.check_person(record.last_name, record.email)
    rules.check_guardian(record.pk, record.guardian_id)


def check_lead(record: Lead, changed: set[str]) -> None:
    """A lead has a name or an address, and a reason that belongs to its state."""
    if changed & {"last_name", "email"}:
        rules.check_person(record.last_name, record.email)
    if "status_reason" in changed:
        reason_in_state(record.state, record.status_reason)


CONTACT_FIELDS = frozenset(
    (
        *PERSON,
        *RECORD,
        "account",
        "marketing_only",
        "follow_email",
        "prefill_forms",
        "consent_level",
        "is_child",
        "guardian",
        "birth_date",
        "language",
        "relationship",
    )
)
ACCOUNT_FIELDS = frozenset(
    (
        *ADDRESS,
        *RECORD,
        "name",
        "email",
        "phone",
        "website",
        "email_domain",
        "industry",
        "relationship",
        "number_of_employees",
        "annual_revenue",
        "description",
        "parent",
        "primary_contact",
    )
)
LEAD_FIELDS = frozenset(
    (
        *PERSON,
        *RECORD,
        "topic",
        "industry",
        "number_of_employees",
        "annual_revenue",
        "lead_source",
        "rating",
        "status_reason",
        "parent_contact",
        "parent_account",
        "product",
        "campaign",
        "referrer",
        "utm_source",
        "utm_medium",
        "utm_campaign",
        "utm_term",
        "utm_content",
        "estimated_value",
        "budget",
        "need",
        "purchase_timeframe",
        "purchase_process",
        "decision_maker",
    )
)
PRODUCT_FIELDS = frozenset(("name", "code", "family", "price", "description", "active"))
CAMPAIGN_FIELDS = frozenset(
    (
        "name",
        "code",
        "kind",
        "status",
        "starts_on",
        "ends_on",
        "budget",
        "description",
        "owner",
        "team",
    )
)


def register_all() -> None:
    """Make the records of this app writable."""
    for key, model, fields, check in (
        ("contact", Contact, CONTACT_FIELDS, check_contact),
        ("account", Account, ACCOUNT_FIELDS, None),
        ("lead", Lead, LEAD_FIELDS, check_lead),
        ("product", Product, PRODUCT_FIELDS, None),
        ("campaign", Campaign, CAMPAIGN_FIELDS, None),
    ):
        choices = CHOICE_FIELDS.get(key, {})
        extra = {} if check is None else {"check": check}
        register_record_kind(RecordKind(key, model, fields, choices, **extra))
