"""The review of possible duplicates on the screen."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from core.jobs.models import Job
from crm.duplicates.rules import Likeness, Rule
from crm.duplicates.services import pairs_store
from crm.models import DuplicatePair
from tests.factories import ContactFactory

pytestmark = pytest.mark.django_db
BACKEND = "django.contrib.auth.backends.ModelBackend"


def pairs(number):
    likeness = Likeness(0.9, ("Same name",), Rule("x", (), 0.5))
    people = ContactFactory.create_batch(2 * number)
    found = {
        (one.pk, other.pk): likeness
        for one, other in zip(people[::2], people[1::2], strict=True)
    }
    pairs_store(entity="contact", found=found)


def test_a_pair_is_reviewed_and_leaves_the_queue(client, cast):
    pairs(1)
    pair = DuplicatePair.objects.get()
    client.force_login(cast.ann, backend=BACKEND)
    page = client.get("/duplicates/")
    assert b"90%" in page.content
    assert f"/merge/contact/?ids={pair.first_id},{pair.second_id}" in str(page.content)
    url = f"/duplicates/{pair.pk}/decide/"
    answer = client.post(url, {"state": "dismissed"}, headers={"HX-Request": "true"})
    assert answer.status_code == 200
    assert b"90%" not in client.get("/duplicates/").content
    assert b"90%" in client.get("/duplicates/?state=dismissed").content
    client.force_login(cast.ben, backend=BACKEND)
    assert client.post(url, {"state": "open"}).status_code == 403


def test_the_page_costs_the_same_for_one_pair_and_for_ten(client, cast):
    client.force_login(cast.ann, backend=BACKEND)
    client.get("/duplicates/")
    pairs(1)
    with CaptureQueriesContext(connection) as one:
        client.get("/duplicates/")
    pairs(9)
    with CaptureQueriesContext(connection) as ten:
        client.get("/duplicates/")
    assert len(one) == len(ten)


def test_a_search_is_started_by_who_may(client, cast):
    client.force_login(cast.admin, backend=BACKEND)
    answer = client.post("/duplicates/search/", {"entity": "contact"})
    job = Job.objects.get(kind="duplicates.scan")
    assert answer.headers["Location"] == f"/jobs/{job.pk}/"
    client.force_login(cast.ben, backend=BACKEND)
    assert client.post("/duplicates/search/", {"entity": "contact"}).status_code == 403


def test_who_is_typed_in_is_known_already(client, cast):
    known = ContactFactory(
        first_name="Maria", last_name="Holm", email="m@holm.dk", marketing_only=True
    )
    client.force_login(cast.ben, backend=BACKEND)
    page = client.post("/duplicates/contact/typed/", {"email": "M@holm.dk"})
    assert f"/contacts/{known.pk}/" in str(page.content)
    assert b"Make sales contact" in page.content
    assert b"Create it all the same" not in page.content
    odd = {"email": "x\x00", "last_name": "y" * 900, "birth_date": "tomorrow"}
    assert client.post("/duplicates/contact/typed/", odd).status_code == 200
