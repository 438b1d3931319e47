"""Many leads at once, each with its own outcome."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from core.access.models import User
from core.base.errors import DomainError
from crm.models import Lead
from crm.services.lead_lifecycle import lead_disqualify
from sales.services.lead_qualify import lead_qualify


@dataclass(frozen=True)
class LeadOutcome:
    """What became of one lead of many: done, or the reason why not."""

    lead_id: int
    done: bool
    code: str = ""
    detail: str = ""
    opportunity_id: int | None = None


def leads_qualify(
    *, lead_ids: Iterable[int], user: User | None, **options: Any
) -> list[LeadOutcome]:
    """Qualify each lead in a savepoint of its own; one refusal stops no other."""
    return [_one(pk, user, lead_qualify, options) for pk in lead_ids]


def leads_disqualify(
    *, lead_ids: Iterable[int], user: User | None, **options: Any
) -> list[LeadOutcome]:
    """Disqualify each lead, with a line for each."""
    return [_one(pk, user, lead_disqualify, options) for pk in lead_ids]


def _one(
    pk: int, user: User | None, service: Any, options: dict[str, Any]
) -> LeadOutcome:
    try:
        with transaction.atomic():
            done = service(lead_id=pk, user=user, **options)
    except Lead.DoesNotExist:
        return LeadOutcome(pk, False, "not_found", "There is no such lead.")
    except DomainError as refusal:
        return LeadOutcome(pk, False, refusal.code, refusal.detail)
    made = getattr(done, "opportunity_record", None)
    return LeadOutcome(pk, True, opportunity_id=made.pk if made else None)
