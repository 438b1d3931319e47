"""What this app makes known to the others."""

from __future__ import annotations

from core.access.entities import Entity, register_entity
from core.jobs.registry import JobKind, register_job_kind
from workflows.models import Workflow
from workflows.registry import register_step_type
from workflows.services.on_demand import JOB_KIND, run_chunk
from workflows.steps.contacts import CREATE_CONTACT, SET_MARKETING_ONLY
from workflows.steps.records import ASSIGN, CREATE_ACTIVITY, SET_FIELD
from workflows.steps.segments import ADD_TO_SEGMENT


def register() -> None:
    """Called once, when the apps are loaded."""
    register_entity(
        Entity(
            "workflow",
            "Workflow",
            "Workflows",
            Workflow,
            extra_actions={"activate": "Activate", "run": "Run on demand"},
        )
    )
    register_job_kind(JobKind(JOB_KIND, "Run a workflow", run_chunk))
    for step in (
        CREATE_CONTACT,
        SET_FIELD,
        SET_MARKETING_ONLY,
        ASSIGN,
        ADD_TO_SEGMENT,
        CREATE_ACTIVITY,
    ):
        register_step_type(step)
