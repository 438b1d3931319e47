"""What this app makes known to the others."""

from __future__ import annotations

from core.access.entities import Entity, register_entity
from core.jobs.registry import JobKind, register_job_kind
from segments.usage import register_segment_usage
from workflows.models import Workflow
from workflows.registry import register_step_type
from workflows.services.on_demand import JOB_KIND, run_chunk
from workflows.steps.contacts import CREATE_CONTACT, SET_MARKETING_ONLY
from workflows.steps.records import ASSIGN, CREATE_ACTIVITY, SET_FIELD
from workflows.steps.segments import ADD_TO_SEGMENT, REMOVE_FROM_SEGMENT
from workflows.uses import segments_used


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
    register_segment_usage("workflows", segments_used)
    for step in (
        CREATE_CONTACT,
        SET_FIELD,
        SET_MARKETING_ONLY,
        ASSIGN,
        ADD_TO_SEGMENT,
        REMOVE_FROM_SEGMENT,
        CREATE_ACTIVITY,
    ):
        register_step_type(step)
