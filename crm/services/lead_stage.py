"""The one writer of the stage of leads.

By hand, by scores or by a step of the lifecycle: where a lead stands in its process
is decided here and nowhere else. What it leaves behind is kept by the database.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from crm.models import Lead, ProcessState
from crm.processes.rules import Definition
from crm.services.processes import MARKETING, SALES, process_definitions

Place = tuple[str, str]
AUTOMATED: Place = (MARKETING, Lead.Stage.AUTOMATED_QUALIFICATION.value)


def entered(lead: Lead, place: Place) -> dict[str, Any]:
    """The columns that change where a locked lead enters a stage of a process.

    Where it stands there already, its time in the stage goes on.
    """
    under_way = {"process_state": ProcessState.ACTIVE.value, "process_ended_at": None}
    if (lead.process, lead.stage) == place:
        return under_way
    process, stage = place
    moved = {"process": process, "stage": stage, "stage_since": timezone.now()}
    return moved | under_way


def leads_enter(leads: QuerySet[Lead], place: Place, **values: Any) -> int:
    """Bring many leads to a stage in one statement. Gives their number."""
    process, stage = place
    return leads.update(
        process=process,
        stage=stage,
        stage_since=timezone.now(),
        process_state=ProcessState.ACTIVE,
        process_ended_at=None,
        **values,
    )


def starting_place(*, entered_by_sales: bool) -> Place:
    """Where a new lead begins; what salespeople enter is theirs from the start."""
    if entered_by_sales:
        return SALES, Lead.Stage.QUALIFY.value
    return MARKETING, Lead.Stage.INQUIRY.value


def handed_over(
    place: Place, definitions: Mapping[str, Definition] | None = None
) -> Place:
    """Where a lead stands once it is sales ready.

    Its process hands over at one stage: the lead enters that stage and shows the
    other process. A process that hands over to nobody is one of sales: the lead
    stays where it is.
    """
    known = process_definitions() if definitions is None else definitions
    process = known.get(place[0])
    stage = process.hand_over if process else None
    return (stage.hands_over_to, stage.key) if stage else place


def accepted(
    place: Place, definitions: Mapping[str, Definition] | None = None
) -> Place:
    """Where a lead stands once a salesperson works on it: behind the hand-over."""
    known = process_definitions() if definitions is None else definitions
    process, stage = handed_over(place, known)
    definition = known.get(process)
    if definition is None or stage in definition.by_key:
        return process, stage
    own = definition.on("lead")
    return process, own[0].key if own else stage
