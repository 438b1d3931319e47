"""Where the process of a lead goes on once it is qualified."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils import timezone

from crm.models import Lead, ProcessState
from crm.processes.reading import definition_for
from crm.processes.rules import Definition
from crm.services import lead_stage
from crm.services.processes import SALES, process_definitions


def crossed() -> dict[str, Any]:
    """The columns of a lead whose process goes on with its opportunity."""
    return {
        "process_state": ProcessState.CROSSED.value,
        "process_ended_at": timezone.now(),
    }


def crossing(
    lead: Lead, definitions: Mapping[str, Definition] | None = None
) -> dict[str, Any]:
    """Where the opportunity of a lead that is being qualified begins.

    The process of the lead goes on at its first stage on opportunities; where it has
    none, the process of sales does.
    """
    known = process_definitions() if definitions is None else definitions
    process, _ = lead_stage.accepted((lead.process, lead.stage), known)
    for key in (process, SALES):
        stages = definition_for(key, known).on("opportunity")
        if stages:
            return {"process": key, "process_stage": stages[0].key}
    return {}
