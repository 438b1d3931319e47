"""A lead as every test of qualification starts with it."""

from __future__ import annotations

from core.journal.services import acting
from sales.services.lead_qualify import lead_qualify
from sales.services.lead_unqualify import lead_undo_qualify
from tests.factories import LeadFactory


def qualify(lead, user=None, **options):
    with acting(user, via="api"):
        return lead_qualify(lead_id=lead.pk, user=user, **options)


def lead_of(owner, **values):
    known = {
        "topic": "Handheld scanners for three Dutch sites",
        "first_name": "Maartje",
        "last_name": "van den Berg",
        "email": "mvdb@koopman.example",
        "company_name": "Koopman Logistics",
        "owner": owner,
        "team": owner.team if owner else None,
    }
    return LeadFactory(**(known | values))


def undo(lead, user=None):
    with acting(user, via="api"):
        return lead_undo_qualify(lead_id=lead.pk, user=user)
