"""The search of everything finds who is here twice, and hardly anybody else."""

import datetime as dt
import os
from pathlib import Path

import pytest

from core.base.errors import Refused
from core.jobs.models import Job
from core.jobs.running import run_to_end
from core.jobs.services import job_cancel
from crm.duplicates.scan import SCAN, scan_start
from crm.models import Contact, DuplicateKey, DuplicatePair
from tests.crm.duplicates.people import as_contact, made_up, read_febrl

pytestmark = pytest.mark.django_db


def birthday(text):
    try:
        return dt.datetime.strptime(text, "%Y%m%d").date()
    except ValueError:
        return None


def searched(rows, user):
    """Which pairs the product's own search takes for one person."""
    made = []
    for row in rows.values():
        values = dict(as_contact(row))
        values["birth_date"] = birthday(values["birth_date"])
        made.append(Contact(**values))
    Contact.objects.bulk_create(made)
    number = {contact.pk: key for contact, key in zip(made, rows, strict=True)}
    job = run_to_end(scan_start(entity="contact", user=user))
    assert job.state == Job.State.COMPLETED, job.error
    assert not DuplicateKey.objects.exists()
    pairs = DuplicatePair.objects.values_list("first_id", "second_id")
    return {tuple(sorted((number[a], number[b]))) for a, b in pairs}


def judged(found, true):
    right = len(found & true)
    return right / len(found), right / len(true)


def test_people_with_typing_errors_are_found(cast):
    rows, true = made_up(400, 150, seed=7)
    precision, recall = judged(searched(rows, cast.admin), true)
    assert precision >= 0.98
    assert recall >= 0.95


@pytest.mark.skipif("HANDOFF_FEBRL" not in os.environ, reason="needs the FEBRL sets")
@pytest.mark.parametrize("number", [1, 2])
def test_the_febrl_sets(cast, number):
    folder = Path(os.environ["HANDOFF_FEBRL"])
    rows, true = read_febrl(
        folder / f"dataset{number}.csv", folder / f"true_links{number}.csv"
    )
    precision, recall = judged(searched(rows, cast.admin), true)
    print(f"set {number}: precision {precision:.4f}, recall {recall:.4f}")
    assert precision >= 0.98
    assert recall >= 0.95


def test_a_search_runs_once_at_a_time_and_can_be_canceled(cast):
    job = scan_start(entity="contact", user=cast.admin)
    with pytest.raises(Refused) as refused:
        scan_start(entity="contact", user=cast.admin)
    assert refused.value.code == "scan_running"
    job_cancel(job)
    assert run_to_end(job).state == Job.State.CANCELED
    assert not DuplicateKey.objects.exists()
    assert Job.objects.filter(kind=SCAN).count() == 1
