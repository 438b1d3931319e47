"""What the tests of scoring share."""

from __future__ import annotations

import pytest

from core.jobs.running import run_to_end
from core.journal.pump import pump_to_rest
from core.journal.services import acting
from scoring.models import LeadScore
from scoring.services.lifecycle import scoring_model_create, scoring_model_go_live
from scoring.services.run import score_due_batch


def settle():
    """Let the journal and every due score come to rest."""
    pump_to_rest()
    while score_due_batch():
        pump_to_rest()


def score_of(lead, model):
    """The stored score of a lead, or None; its breakdown always adds up to it."""
    row = LeadScore.objects.filter(lead=lead, model=model).first()
    if row is None:
        return None
    assert sum(row.breakdown.values()) == row.score
    return row.score


def city(name, points, **more):
    """A rule that gives points for a city of the lead."""
    condition = {"field": "city", "op": "eq", "value": name}
    return {"name": name, "condition": condition, "points": points, **more}


def behaviour(points, *names, **more):
    """A rule that gives points for interactions."""
    return {
        "name": ", ".join(names),
        "kind": "behaviour",
        "interactions": list(names),
        "points": points,
        **more,
    }


@pytest.fixture
def live(cast):
    """`live(rule, ...)` makes a live model with these rules."""
    count = iter(range(1000))

    def make(*rules, **data):
        with acting(cast.ann, via="test"):
            model = scoring_model_create(
                user=cast.ann,
                name=data.pop("name", f"Model {next(count)}"),
                rules=list(rules),
                **{"sales_ready_score": 100, **data},
            )
            model, job = scoring_model_go_live(model_id=model.pk, user=cast.ann)
        run_to_end(job)
        pump_to_rest()
        return model

    return make
