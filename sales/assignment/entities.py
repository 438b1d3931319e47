"""What this app makes known: the right it stands under, and its job."""

from __future__ import annotations

from core.access.entities import Entity, register_entity
from core.jobs.registry import JobKind, register_job_kind
from sales.assignment.models import AssignmentRule
from sales.assignment.services.runs import JOB_KIND, run_chunk


def register_all() -> None:
    """Called once, when the apps are loaded."""
    register_entity(
        Entity(
            "assignment_rule",
            "Assignment rule",
            "Assignment rules",
            AssignmentRule,
            None,
            None,
        )
    )
    register_job_kind(JobKind(JOB_KIND, "Assign leads by rules", run_chunk))
