"""The main job's heavy part on 9,240 leads: import, contacts, scores.

Run: python -m benchmarks.main_job [FILE] (the X Education file, else one of its shape)
on a migrated database of its own: what it makes stays. Goal: under 60 s on 2 cores.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from django.core.files.base import File
from django.db import connection

from core.jobs.running import run_to_end
from crm.imports.running import import_run
from crm.imports.services import import_create
from crm.models import Lead
from scoring.services.lifecycle import (
    scoring_model_create,
    scoring_model_go_live,
)
from tests.flows import x_education_shape as shape
from workflows.models import Workflow
from workflows.services.on_demand import workflow_run_start
from workflows.shipped import ORPHANED_LEADS

RULES = [
    ("lead_source", "eq", "reference", 40),
    ("lead_source", "starts_with", "olark", 30),
    ("city", "eq", "Mumbai", 15),
    ("country", "eq", "India", 5),
    ("do_not_email", "eq", True, -20),
]


def main() -> None:
    """Do the three parts one after the other and print their seconds."""
    parser = argparse.ArgumentParser()
    parser.add_argument("file", nargs="?", type=Path)
    path = parser.parse_args().file
    with tempfile.TemporaryDirectory() as folder:
        path = path or shape.write(Path(folder) / "Leads.csv")
        spent = timed("import", lambda: bring(path))
    spent += timed("contacts", give_contacts)
    spent += timed("scores", score)
    print(f"together    {spent:6.1f} s  ({Lead.objects.count():,} leads; goal 60)")


def timed(name: str, work: Callable[[], None]) -> float:
    started = time.perf_counter()
    work()
    spent = time.perf_counter() - started
    print(f"{name:10}  {spent:6.1f} s")
    return spent


def bring(path: Path) -> None:
    with path.open("rb") as stream:
        batch = import_create(
            user=None,
            entity="lead",
            file=File(stream),
            file_name=path.name,
            mapping=shape.MAPPING,
        )
    done = import_run(import_id=batch.pk)
    assert done.created == done.total == shape.ROWS, "run it on an empty database"


def give_contacts() -> None:
    workflow = Workflow.objects.get(key=ORPHANED_LEADS)
    run_to_end(workflow_run_start(workflow_id=workflow.pk, user=None))
    assert not Lead.objects.filter(parent_contact=None).exists()


def score() -> None:
    rules = [
        {
            "name": f"{field} {op} {value}",
            "condition": {"field": field, "op": op, "value": value},
            "points": points,
        }
        for field, op, value, points in RULES
    ]
    model = scoring_model_create(user=None, name="Fit", rules=rules)
    run_to_end(scoring_model_go_live(model_id=model.pk, user=None)[1])
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM scoring_leadscore s WHERE score = (SELECT "
            "coalesce(sum(v::int), 0) FROM jsonb_each_text(breakdown) AS b (k, v))"
        )
        assert cursor.fetchone()[0] == shape.ROWS


if __name__ == "__main__":
    main()
