"""What can be written on an opportunity, and the rules that belong to it."""

from __future__ import annotations

from django.utils import timezone

from core.base.errors import Invalid, Refused
from core.base.models import Organisation
from crm.regarding import Links, RegardingKind, register_regarding
from crm.services.kinds import RecordKind, register_record_kind
from sales.models import Opportunity
from sales.rules import STAGE_PROBABILITY, opportunity_reason

FIELDS = frozenset(
    (
        "name",
        "account",
        "contact",
        "originating_lead",
        "estimated_value",
        "estimated_close",
        "probability",
        "status_reason",
        "stage",
        "product",
        "campaign",
        "lead_source",
        "budget",
        "need",
        "proposed_solution",
        "purchase_timeframe",
        "purchase_process",
        "decision_maker",
        "description",
        "owner",
        "team",
        "external_id",
        "tags",
        "custom",
    )
)
CHOICES = {
    "lead_source": "lead_source",
    "purchase_timeframe": "purchase_timeframe",
    "purchase_process": "purchase_process",
}


def register_all() -> None:
    """Make opportunities writable, and a thing that activities can be about."""
    register_record_kind(
        RecordKind("opportunity", Opportunity, FIELDS, CHOICES, check_opportunity)
    )
    register_regarding(RegardingKind("opportunity", Opportunity, _links))


def _links(row: Opportunity) -> Links:
    return Links(row.contact_id, row.originating_lead_id, row.account_id)


def check_opportunity(row: Opportunity, changed: set[str]) -> None:
    """An opportunity is open to be changed, and its stage brings its probability.

    Adds what follows from a change to `changed`, so that it is written with it.
    """
    must_be_open(row)
    if "status_reason" in changed:
        row.status_reason = opportunity_reason("open", row.status_reason)
    for name in ("estimated_value", "budget"):
        amount = getattr(row, name)
        if name in changed and amount is not None and amount < 0:
            raise Invalid("min_value", "Cannot be negative.", attr=name)
    if "originating_lead" in changed:
        before = open_one_of(row.originating_lead_id, but=row.pk)
        if before is not None:
            raise second_open()
    given: int | None = row.probability
    if given is None:
        row.probability = STAGE_PROBABILITY.get(row.stage, 0)
    if row._state.adding:
        _starts(row)
    elif "stage" in changed:
        _moves(row, changed)


def _starts(row: Opportunity) -> None:
    row.currency = Organisation.current().currency
    row.stage_since = timezone.now()


def _moves(row: Opportunity, changed: set[str]) -> None:
    row.stage_since = timezone.now()
    changed.add("stage_since")
    if "probability" not in changed:
        row.probability = STAGE_PROBABILITY.get(row.stage, row.probability)
        changed.add("probability")


def must_be_open(row: Opportunity) -> None:
    """Refused (409) where the opportunity is won or lost."""
    if row.is_closed:
        raise Refused(
            "opportunity_closed",
            f"This opportunity is {row.get_state_display().lower()}. Reopen it first.",
            extra={"state": row.state},
        )


def open_one_of(lead_id: int | None, but: int | None = None) -> Opportunity | None:
    """The open opportunity that came from this lead, apart from one."""
    if lead_id is None:
        return None
    rows = Opportunity.objects.open().filter(originating_lead_id=lead_id)
    found: Opportunity | None = rows.exclude(pk=but or 0).first()
    return found


def second_open() -> Refused:
    """What to raise where a lead would get a second open opportunity."""
    return Refused("opportunity_open", "This lead has an open opportunity already.")
