"""Many at once: one person stays one person."""

from __future__ import annotations

import json
import random
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, connections
from django.test import Client

from core.base.shipped import ensure_shipped
from crm.models import Contact, Lead
from marketing.models import Form, Submission
from marketing.services.forms import form_go_live, form_save
from marketing.services.matching import submission_match
from marketing.services.submissions import submission_store, submissions_match_pending
from tests.marketing.conftest import FIELDS

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.serial]


@pytest.fixture
def form(transactional_db):
    ensure_shipped()
    return form_go_live(form_save(Form(), name="Ask us", fields=FIELDS))


def spellings(people: int, each: int) -> list[str]:
    """Every address in several spellings, shuffled."""
    addresses = []
    for n in range(people):
        plain = f"person{n}@example.com"
        forms = [plain, plain.upper(), plain.title(), f"  {plain} ", f"{plain}\t"]
        addresses += [forms[i % len(forms)] for i in range(each)]
    random.Random(7).shuffle(addresses)
    return addresses


def until_true(ask, seconds=10):
    end = time.monotonic() + seconds
    while not (found := ask()) and time.monotonic() < end:
        time.sleep(0.05)
    return found


def in_threads(work, items, threads):
    def run(item):
        try:
            return work(item)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(run, items))


def test_200_submissions_of_20_addresses_make_20_contacts_and_20_leads(form):
    def send(address):
        body = json.dumps({"email": address, "first_name": "Ada"})
        answer = Client().post(f"/f/{form.pk}/", body, content_type="application/json")
        pending = Submission.objects.pending().order_by("?").first()
        if pending is not None:
            submission_match(submission_id=pending.pk)
        return answer.status_code

    answers = in_threads(send, spellings(20, 10), threads=16)
    submissions_match_pending()

    assert answers == [201] * 200
    assert Contact.objects.count() == 20
    assert Lead.objects.count() == 20
    states = Submission.objects.values_list("state", flat=True)
    assert list(states) == ["success"] * 200


def test_workers_share_the_work(form):
    for address in spellings(10, 6):
        submission_store(form_id=form.pk, values={"email": address.strip()})
    done = in_threads(lambda _: submissions_match_pending(), range(4), threads=4)

    assert sum(done) >= 60
    assert Contact.objects.count() == 10
    assert Lead.objects.count() == 10
    assert set(Submission.objects.values_list("attempts", flat=True)) == {1}


def test_a_killed_worker_loses_nothing(form):
    submission = submission_store(form_id=form.pk, values={"email": "a@b.example"})
    held, killed = threading.Event(), threading.Event()

    def worker():
        with connection.cursor() as cursor:
            cursor.execute("BEGIN")
            cursor.execute(
                "SELECT 1 FROM marketing_submission WHERE id = %s FOR UPDATE",
                [submission.pk],
            )
            held.set()
            killed.wait(10)
        connection.close()

    thread = threading.Thread(target=worker)
    thread.start()
    held.wait(10)
    try:
        assert submissions_match_pending() == 0
    finally:
        killed.set()
        thread.join()
    # The server lets go of a killed worker's rows a moment after it is gone.
    done = until_true(submissions_match_pending)
    assert (done, Lead.objects.count()) == (1, 1)
