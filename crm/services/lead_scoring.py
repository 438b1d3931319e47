"""What scores do to many leads at once: the set-based side of the lead lifecycle."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.db.models.expressions import RawSQL
from django.utils import timezone

from core.journal.services import NewEntry, record_many
from crm.models import Lead
from crm.services.lead_stage import AUTOMATED, Place, handed_over, leads_enter
from crm.services.processes import process_definitions


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
    return leads_enter(leads, AUTOMATED)


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
        .values_list("pk", "parent_contact_id", "parent_account_id", "process", "stage")
    )
    if not rows:
        return []
    ids = [row[0] for row in rows]
    reached = RawSQL(
        "(%s::jsonb ->> crm_lead.id::text)::int",
        [json.dumps({str(pk): scores[pk] for pk in ids})],
    )
    ready = {
        "sales_ready": True,
        "sales_ready_at": timezone.now(),
        "sales_ready_score": reached,
    }
    for (old, new), few in _by_way(rows).items():
        leads = Lead.objects.filter(pk__in=few)
        if old == new:
            leads.update(**ready)
        else:
            leads_enter(leads, new, **ready)
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
            for pk, contact_id, account_id, _, _ in rows
        ]
    )
    return ids


def _by_way(rows: Iterable[tuple[Any, ...]]) -> dict[tuple[Place, Place], list[int]]:
    """Ids by where the leads stand now and where they go: seldom more than a few."""
    definitions = process_definitions()
    ways: dict[tuple[Place, Place], list[int]] = defaultdict(list)
    for pk, _, _, process, stage in rows:
        here = (process, stage)
        ways[here, handed_over(here, definitions)].append(pk)
    return ways


@transaction.atomic
def leads_release(*, lead_ids: Iterable[int]) -> int:
    """End the hold of leads that were returned to marketing. Gives their number."""
    return (
        Lead.objects.open()
        .filter(pk__in=list(lead_ids), returned_at__isnull=False)
        .update(returned_at=None)
    )
