"""The further people and accounts of a lead: associate and disassociate.

They are part of what is known about a lead, not of the lead itself: a closed lead
takes them too, and the audit history keeps who was there when.
"""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from core.access.models import User
from core.base.errors import Invalid
from core.base.text import text_problem
from crm.models import LeadParty
from crm.services.lead_lifecycle import lead_lock


@transaction.atomic
def lead_associate(
    *,
    lead_id: int,
    user: User | None,
    role: str,
    contact_id: int | None = None,
    account_id: int | None = None,
) -> LeadParty:
    """Give a lead a person or a company with a role; also a closed lead.

    Locks the lead. Raises Lead.DoesNotExist, Denied, and Invalid: without a role,
    with both or neither of the two, and where they have this role already.
    """
    lead = lead_lock(lead_id=lead_id, user=user)
    clean = role.strip()
    if problem := text_problem(clean, max_length=120):
        raise Invalid("invalid", problem, attr="role")
    if not clean:
        raise Invalid("required", "Say in which role.", attr="role")
    if (contact_id is None) == (account_id is None):
        raise Invalid("required", "Name a contact or an account.", attr="contact")
    party = LeadParty(
        lead=lead,
        contact_id=contact_id,
        account_id=account_id,
        role=clean,
        created_by=user,
    )
    try:
        party.full_clean()
    except ValidationError as error:
        raise Invalid.of(error) from error
    party.save()
    return party


@transaction.atomic
def lead_disassociate(*, lead_id: int, user: User | None, party_id: int) -> None:
    """Take a person or a company off a lead; nothing where it is gone already."""
    lead = lead_lock(lead_id=lead_id, user=user)
    LeadParty.objects.filter(lead=lead, pk=party_id).delete()


def lead_parties(*, lead_id: int) -> Any:
    """Who has to do with a lead, in the order in which they came."""
    rows = LeadParty.objects.filter(lead=lead_id)
    return rows.select_related("contact", "account").order_by("pk")
