"""What the tests of workflows share."""

from __future__ import annotations

import pytest
from django.utils import timezone

from core.journal.pump import pump_to_rest
from core.journal.services import acting
from workflows.models import Run
from workflows.services.definition import workflow_activate, workflow_create
from workflows.services.engine import run_due_batch


def settle():
    """Let the journal and every due step come to rest."""
    pump_to_rest()
    while run_due_batch():
        pump_to_rest()


def step(kind, **params):
    """One step."""
    return {"type": kind, "params": params}


def time_passes():
    """Every wait is over."""
    Run.objects.unfinished().update(due_at=timezone.now())
    settle()


@pytest.fixture
def active(cast):
    """`active(step, ..., on_created=True)` makes an active workflow on leads."""
    count = iter(range(1000))

    def make(*steps, **data):
        with acting(cast.admin, via="test"):
            workflow = workflow_create(
                user=cast.admin,
                name=data.pop("name", f"Workflow {next(count)}"),
                entity=data.pop("entity", "lead"),
                steps=list(steps),
                **data,
            )
            workflow = workflow_activate(workflow_id=workflow.pk, user=cast.admin)
        pump_to_rest()
        return workflow

    return make
