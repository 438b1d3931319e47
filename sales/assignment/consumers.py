"""Leads come and become sales ready: the journal says so, the sweep gives them."""

from __future__ import annotations

from core.journal.consumers import Batch
from sales.assignment.models import Given, RuleSet
from sales.assignment.services.runs import leads_mark_due

NAMES = ("lead.created", "lead.sales_ready")


def handle(batch: Batch) -> None:
    """Mark leads due: new ones without an owner, and those just sales ready.

    Two statements a batch; the giving is done outside by assignment.sweep. Nothing is
    marked where no active rules listen.
    """
    listening = list(RuleSet.objects.active().values("on_created", "on_sales_ready"))
    at_creation = any(each["on_created"] for each in listening)
    at_ready = any(each["on_sales_ready"] for each in listening)
    moments: dict[int, str] = {}
    for entry in batch.entries:
        if entry.subject_id is None:
            continue
        if entry.name == "lead.sales_ready" and at_ready:
            moments[entry.subject_id] = Given.Moment.SALES_READY
        elif entry.name == "lead.created" and at_creation and not _owned(entry.values):
            moments.setdefault(entry.subject_id, Given.Moment.CREATED)
    leads_mark_due(moments=moments)


def _owned(values: dict[str, object]) -> bool:
    return values.get("owner") is not None
