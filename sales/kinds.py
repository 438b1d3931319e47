"""What can be written on an opportunity, and the rules that belong to it."""

from __future__ import annotations

from decimal import Decimal

from django.db.models import Sum
from django.utils import timezone

from core.base.errors import Invalid, Refused
from core.base.models import Organisation
from crm.models import ProcessState
from crm.regarding import Links, RegardingKind, register_regarding
from crm.services.kinds import RecordKind, register_record_kind
from crm.services.processes import process_definitions
from crm.services.status_reasons import reason_in_state
from sales.models import Opportunity, Pipeline
from sales.services.money import rate_on
from sales.services.pipelines import stage_of, stage_to_begin

FIELDS = frozenset(
    (
        "name",
        "account",
        "contact",
        "originating_lead",
        "estimated_value",
        "amount_from_lines",
        "currency",
        "estimated_close",
        "pipeline",
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
        row.status_reason = reason_in_state("open", row.status_reason, "opportunity")
    for name in ("estimated_value", "budget"):
        amount = getattr(row, name)
        if name in changed and amount is not None and amount < 0:
            raise Invalid("min_value", "Cannot be negative.", attr=name)
    if "originating_lead" in changed:
        before = open_one_of(row.originating_lead_id, but=row.pk)
        if before is not None:
            raise second_open()
    _lines_rule(row, changed)
    _converted(row, changed)
    if row._state.adding:
        _starts(row)
    elif changed & {"stage", "pipeline"}:
        _moves(row, changed)


def _lines_rule(row: Opportunity, changed: set[str]) -> None:
    """Where the amount follows the lines, nobody enters it by hand."""
    if row._state.adding or not row.amount_from_lines:
        return
    if "amount_from_lines" in changed:
        row.estimated_value = lines_total(row)
        changed.add("estimated_value")
    elif "estimated_value" in changed:
        raise Invalid(
            "from_lines",
            "The amount is the sum of the lines. Change those, or let it be entered "
            "by hand.",
            attr="estimated_value",
        )


def lines_total(row: Opportunity) -> Decimal | None:
    """What the lines come to; None without any."""
    found: Decimal | None = row.lines.aggregate(all=Sum("amount"))["all"]
    return found


def _converted(row: Opportunity, changed: set[str]) -> None:
    """The rate is that of the day on which amount or currency were set."""
    if not row.currency:
        row.currency = Organisation.current().currency
    row.currency = row.currency.upper()
    if row._state.adding or changed & {"estimated_value", "currency"}:
        row.rate = rate_on(row.currency)
        changed.add("rate")


def _starts(row: Opportunity) -> None:
    _check_pipeline(row)
    row.stage_since = timezone.now()
    stage = stage_of(row.pipeline_id or 0, row.stage)
    given: int | None = row.probability
    if given is None:
        row.probability = stage.probability


def _moves(row: Opportunity, changed: set[str]) -> None:
    """Another stage, from now on; in another pipeline the one of the same key."""
    if "pipeline" in changed:
        _check_pipeline(row)
    if "stage" not in changed:
        row.stage = stage_to_begin(row.pipeline_id or 0, row.stage).key
    stage = stage_of(row.pipeline_id or 0, row.stage)
    row.stage_since = timezone.now()
    changed |= {"stage", "stage_since"}
    _process_follows(row, changed)
    if "probability" not in changed:
        row.probability = stage.probability
        changed.add("probability")


def _process_follows(row: Opportunity, changed: set[str]) -> None:
    """Its process has a stage of the same key: it stands there too."""
    process = process_definitions().get(row.process)
    stage = process.by_key.get(row.stage) if process else None
    under_way = row.process_state == ProcessState.ACTIVE
    if stage and under_way and stage.entity == "opportunity":
        if row.process_stage == stage.key:
            return
        row.process_stage, row.process_since = stage.key, timezone.now()
        changed |= {"process_stage", "process_since"}


def _check_pipeline(row: Opportunity) -> None:
    if not Pipeline.objects.filter(pk=row.pipeline_id or 0, active=True).exists():
        raise Invalid(
            "inactive_pipeline", "Choose an active pipeline.", attr="pipeline"
        )


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
