"""The same button pressed twice at one moment: done once, and never a fault."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection, connections
from django.test import Client
from django.urls import reverse

from crm.models import DeletedRecord, DuplicatePair, Lead, Merge
from crm.services.records import record_delete
from sales.models import Opportunity
from segments.models import Segment
from segments.services.lifecycle import segment_create
from tests.factories import ContactFactory, LeadFactory

pytestmark = [pytest.mark.serial, pytest.mark.django_db(transaction=True)]
BACKEND = "django.contrib.auth.backends.ModelBackend"


def together(user, *asks):
    """Post to these addresses at one moment, each from a browser of its own."""
    start = Barrier(len(asks), timeout=30)

    def run(ask):
        try:
            connection.ensure_connection()
            browser = Client(raise_request_exception=False)
            browser.force_login(user, backend=BACKEND)
            start.wait()
            kind = "application/json" if ask[0].startswith("/api/") else None
            more = {"content_type": kind} if kind else {}
            return browser.post(ask[0], ask[1], **more).status_code
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(asks)) as pool:
        statuses = list(pool.map(run, asks))
    assert max(statuses) < 500, (asks, statuses)
    return statuses


def test_what_lies_in_the_bin_comes_back_once(cast):
    for entity, door in (("lead", "page"), ("contact", "api")):
        factory = {"lead": LeadFactory, "contact": ContactFactory}[entity]
        row = factory()
        record_delete(record=type(row).objects.get(pk=row.pk), user=cast.admin)
        kept = DeletedRecord.objects.get()
        page = reverse("bin_restore", args=[kept.pk])
        url = page if door == "page" else f"/api/v1/bin/{kept.pk}/restore/"
        together(cast.admin, *[(url, {})] * 3)
        assert type(row).objects.filter(pk=row.pk).exists()
        assert not DeletedRecord.objects.exists()


def test_a_merge_is_undone_once_and_a_pair_settled_once(api, cast):
    one, other = ContactFactory.create_batch(2)
    pair = DuplicatePair.objects.create(
        entity="contact",
        first_id=min(one.pk, other.pk),
        second_id=max(one.pk, other.pk),
        score=0.9,
        reason="Same name",
    )
    third = ContactFactory()
    with_third = DuplicatePair.objects.create(
        entity="contact", first_id=other.pk, second_id=third.pk, score=0.8, reason="x"
    )
    together(
        cast.admin,
        (f"/api/v1/contacts/{one.pk}/merge/", {"records": [other.pk]}),
        (f"/api/v1/duplicates/{pair.pk}/dismiss/", {}),
        (f"/api/v1/duplicates/{with_third.pk}/later/", {}),
        (reverse("duplicate_decide", args=[with_third.pk]), {"state": "dismissed"}),
    )
    merge = Merge.objects.get()
    url = f"/api/v1/merges/{merge.pk}/undo/"
    statuses = together(cast.admin, (url, {}), (url, {}), (url, {}))
    assert sorted(statuses) == [200, 409, 409]


def test_a_lead_is_qualified_undone_and_taken_over_once(cast):
    lead = LeadFactory(owner=None, topic="Pumps")
    take = reverse("lead_take_over", args=[lead.pk])
    together(cast.ben, *[(take, {})] * 3)
    lead.refresh_from_db()
    assert lead.owner == cast.ben
    url = f"/api/v1/leads/{lead.pk}/"
    assert together(cast.ben, *[(f"{url}qualify/", {})] * 2).count(200) == 1
    assert Opportunity.objects.count() == 1
    undone = together(cast.ben, *[(f"{url}undo-qualify/", {})] * 3)
    assert sorted(undone) == [200, 409, 409]
    assert not Opportunity.objects.exists()
    assert Lead.objects.get(pk=lead.pk).state == "open"


def test_a_segment_goes_live_and_is_published_once(cast):
    tree = {"from": "contact", "where": {"field": "city", "op": "eq", "value": "Rome"}}
    segment = segment_create(user=cast.ann, name="Romans", definition=tree)
    url = f"/api/v1/segments/{segment.pk}/"
    together(cast.ann, *[(f"{url}go-live/", {})] * 2)
    together(cast.ann, *[(f"{url}publish/", {})] * 3)
    together(cast.ann, (f"{url}stop/", {}), (f"{url}refresh/", {}))
    assert Segment.objects.filter(pk=segment.pk).exists()
