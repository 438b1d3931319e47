"""What people did elsewhere, told by an integration."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction

from core.access.models import User
from core.access.rights import rights_of
from core.base.errors import Denied, Invalid
from core.base.locks import lock_values
from core.base.text import email_normalise
from core.journal.interactions import interaction_kind
from core.journal.services import record
from crm.matching.rules import identities_of
from crm.models import Contact, InteractionKey, Lead
from crm.rules import email_problem
from crm.services.records import record_create


@dataclass(frozen=True)
class Told:
    """One interaction, addressed by contact, lead or email."""

    name: str
    contact: int | None = None
    lead: int | None = None
    email: str = ""
    occurred_at: datetime | None = None
    url: str = ""
    machine: bool = False
    external_id: str = ""
    data: dict[str, Any] = field(default_factory=dict)
    create_contact: bool = False


@transaction.atomic
def interactions_record(*, rows: Sequence[Told], user: User) -> list[dict[str, Any]]:
    """Write each interaction and answer each row: recorded, repeated or refused.

    A row whose `external_id` was told before does nothing. An email finds the most
    recently updated active contact that has it; with `create_contact` an unknown one
    becomes a marketing-only contact. Rows see only what the user sees. Takes the
    advisory locks of all addresses and external ids, in order.
    """
    lock_values(
        *identities_of({"email": row.email} for row in rows if row.email),
        *(f"interaction:{row.external_id}" for row in rows if row.external_id),
    )
    return [_one(row, user) for row in rows]


def _one(row: Told, user: User) -> dict[str, Any]:
    known = _told_before(row)
    if known is not None:
        return {"status": "repeated", "id": known}
    try:
        with transaction.atomic():
            contact, lead = _addressed(row, user)
            return {"status": "recorded", "id": _written(row, contact, lead)}
    except (Invalid, Denied) as error:
        wrong = {"code": error.code, "detail": error.detail, "attr": error.attr}
        return {"status": "refused", "errors": [wrong]}


def _told_before(row: Told) -> int | None:
    if not row.external_id:
        return None
    keys = InteractionKey.objects.filter(external_id=row.external_id)
    return keys.values_list("entry_id", flat=True).first()


def _written(row: Told, contact: Contact | None, lead: Lead | None) -> int:
    if interaction_kind(row.name) is None:
        text = f"No interaction is called {row.name}."
        raise Invalid("invalid_choice", text, attr="name")
    subject = ("lead", lead.pk if lead else None)
    account = lead.parent_account_id if lead else None
    if contact is not None:
        subject, account = ("contact", contact.pk), contact.account_id
    entry = record(
        row.name,
        subject=subject,
        contact_id=contact.pk if contact else None,
        lead_id=lead.pk if lead else None,
        account_id=account,
        url=row.url,
        machine=row.machine,
        data=row.data,
        occurred_at=row.occurred_at,
    )
    if row.external_id:
        InteractionKey.objects.create(external_id=row.external_id, entry_id=entry)
    return entry


def _addressed(row: Told, user: User) -> tuple[Contact | None, Lead | None]:
    if row.lead is not None:
        lead = Lead.objects.visible_to(user).filter(pk=row.lead).first()
        if lead is None:
            raise Invalid(
                "does_not_exist", f"There is no lead {row.lead}.", attr="lead"
            )
        return lead.parent_contact, lead
    if row.contact is not None:
        contact = Contact.objects.visible_to(user).filter(pk=row.contact).first()
        if contact is None:
            text = f"There is no contact {row.contact}."
            raise Invalid("does_not_exist", text, attr="contact")
        return contact, None
    return _by_email(row.email, user, row.create_contact), None


def _by_email(email: str, user: User, create_contact: bool) -> Contact:
    address = email_normalise(email)
    problem = email_problem(address)
    if not address or problem:
        text = problem or "Name a contact, a lead or an email address."
        raise Invalid("required", text, attr="email")
    found = Contact.objects.visible_to(user).active().filter(email_norm=address)
    contact = found.order_by("-updated_at", "-pk").first()
    if contact is not None:
        return contact
    if not create_contact:
        raise Invalid("does_not_exist", f"No contact has {address}.", attr="email")
    if not rights_of(user).has("contact", "create"):
        raise Denied
    values = {"email": address, "marketing_only": True}
    made: Contact = record_create(entity="contact", values=values, user=user)
    return made
