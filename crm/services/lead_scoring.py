"""What scores do to many leads at once: the set-based side of the lead lifecycle."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping

from django.db import transaction
from django.db.models import QuerySet
from django.db.models.expressions import RawSQL
from django.utils import timezone

from core.journal.services import NewEntry, record_many
from crm.lead_rules import SALES_READY
from crm.models import Lead


def _movable(lead_ids: Iterable[int]) -> QuerySet[Lead]:
    """Open leads that scoring may move: never one that a salesperson entered."""
    return Lead.objects.open().filter(pk__in=list(lead_ids), entered_by_sales=False)


@transaction.atomic
def leads_start_qualification(*, lead_ids: Iterable[int]) -> int:
    """The first score moves leads from inquiry to automated marketing qualification.

    Two statements at most; changes are journaled by triggers. Gives their number.
    """
    leads = _movable(lead_ids).filter(
        process=Lead.Process.MARKETING, stage=Lead.Stage.INQUIRY
    )
    return leads.update(
        stage=Lead.Stage.AUTOMATED_QUALIFICATION, stage_since=timezone.now()
    )


@transaction.atomic
def leads_become_sales_ready(*, scores: Mapping[int, int]) -> list[int]:
    """Hand the open leads among these to sales, each with the score it reached.

    Leads that are sales ready, entered by sales or held after a return to marketing
    are passed over. Locks the rows; journals lead.sales_ready for each. Gives the ids.
    """
    held_or_ready = _movable(scores).filter(sales_ready=False, returned_at=None)
    rows = list(
        held_or_ready.select_for_update(no_key=True, of=("self",))
        .order_by("pk")
        .values_list("pk", "parent_contact_id", "parent_account_id")
    )
    if not rows:
        return []
    ids = [pk for pk, _, _ in rows]
    now = timezone.now()
    reached = RawSQL(
        "(%s::jsonb ->> crm_lead.id::text)::int",
        [json.dumps({str(pk): scores[pk] for pk in ids})],
    )
    Lead.objects.filter(pk__in=ids).update(
        **SALES_READY, sales_ready_at=now, sales_ready_score=reached, stage_since=now
    )
    record_many(
        [
            NewEntry(
                name="lead.sales_ready",
                subject=("lead", pk),
                lead_id=pk,
                contact_id=contact_id,
                account_id=account_id,
                data={"score": scores[pk], "by_hand": False},
            )
            for pk, contact_id, account_id in rows
        ]
    )
    return ids


@transaction.atomic
def leads_release(*, lead_ids: Iterable[int]) -> int:
    """End the hold of leads that were returned to marketing. Gives their number."""
    return (
        Lead.objects.open()
        .filter(pk__in=list(lead_ids), returned_at__isnull=False)
        .update(returned_at=None)
    )
