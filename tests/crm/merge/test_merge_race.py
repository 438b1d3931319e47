"""Merging beside everybody else: nothing lost, nothing twice, never a fault."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection, connections

from crm.models import Contact, Lead, Merge, MergedRecord, Note
from tests.factories import ContactFactory, LeadFactory

pytestmark = [pytest.mark.serial, pytest.mark.django_db(transaction=True)]
ROUNDS = 4


def test_merges_edits_notes_leads_and_qualifications_at_once(api, cast):
    client = api(cast.admin)

    for _ in range(ROUNDS):
        one, other = ContactFactory.create_batch(2, last_name="Berg", email="b@x.io")
        lead = LeadFactory(parent_contact=other, email="b@x.io", owner=cast.admin)
        contacts = "/api/v1/contacts/"
        jobs = [
            (f"{contacts}{one.pk}/merge/", {"records": [other.pk]}),
            (f"{contacts}{other.pk}/merge/", {"records": [one.pk]}),
            (f"/api/v1/leads/{lead.pk}/qualify/", {"ignore_duplicates": True}),
            *(
                ("/api/v1/leads/", {"topic": "New", "last_name": "B", **link})
                for link in ({"parent_contact": one.pk}, {"parent_contact": other.pk})
            ),
            *(
                (
                    "/api/v1/notes/",
                    {"regarding_type": "contact", "regarding_id": pk, "body": "x"},
                )
                for pk in (one.pk, other.pk)
            ),
            (f"{contacts}{one.pk}/tags/", {"add": []}),
        ]
        start = Barrier(len(jobs), timeout=30)

        def run(job, start=start):
            try:
                connection.ensure_connection()
                browser = api(cast.admin)
                start.wait()
                return browser.post(job[0], job[1], format="json").status_code
            finally:
                connections.close_all()

        with ThreadPoolExecutor(len(jobs)) as pool:
            statuses = list(pool.map(run, jobs))
        assert max(statuses) < 500, statuses
        # One of the two merges won, or each gave way to somebody else.
        assert statuses[:2].count(200) <= 1, statuses
        made = statuses[3:5].count(201)
        left = Contact.objects.filter(pk__in=[one.pk, other.pk])
        leads = Lead.objects.filter(parent_contact__in=left)
        assert leads.count() == made + 1
        notes = Note.objects.filter(contact__in=left, regarding_type="contact")
        assert notes.count() == statuses[5:7].count(201)
        assert {n.regarding_id for n in notes} <= set(left.values_list("pk", flat=True))
        assert left.count() == 2 - statuses[:2].count(200)
        Note.objects.all().delete()
    assert Merge.objects.count() == MergedRecord.objects.count()
    assert client.get("/api/v1/merges/").status_code == 200
