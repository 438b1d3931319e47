"""Many clicks at once: one account, one contact, one opportunity."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Event

import pytest
from django.db import OperationalError, connection, connections, transaction

from core.base.errors import DomainError
from core.journal.services import acting
from crm.matching.find import hold
from crm.models import Account, Contact
from sales.models import Opportunity
from sales.services.lead_qualify import lead_qualify
from sales.services.lead_unqualify import lead_undo_qualify
from tests.factories import LeadFactory

pytestmark = [pytest.mark.serial, pytest.mark.django_db(transaction=True)]
CLICKS = 50


@pytest.mark.parametrize("number", range(3))
def test_fifty_clicks_qualify_once(cast, number):
    """Several leads, each anew; benchmarks.qualify_race does 200 of them over HTTP."""
    lead = LeadFactory(owner=cast.ben, team=cast.benelux, company_name="Koopman")
    start = Barrier(CLICKS, timeout=30)

    def click(_):
        try:
            connection.ensure_connection()
            start.wait()
            with acting(cast.ben, via="api"):
                lead_qualify(lead_id=lead.pk, user=cast.ben)
            return "qualified"
        except DomainError as refusal:
            return refusal.status, refusal.code
        finally:
            connections.close_all()

    with ThreadPoolExecutor(CLICKS) as pool:
        outcomes = Counter(pool.map(click, range(CLICKS)))
    assert outcomes == {"qualified": 1, (409, "lead_closed"): CLICKS - 1}
    assert Account.objects.count() == 1
    assert Contact.objects.count() == 1
    assert Opportunity.objects.count() == 1


def test_ten_clicks_undo_once(cast):
    """One takes it back, the others are told that there is nothing left."""
    lead = LeadFactory(owner=cast.ben, team=cast.benelux, company_name="Koopman")
    with acting(cast.ben, via="api"):
        lead_qualify(lead_id=lead.pk, user=cast.ben)
    start = Barrier(10, timeout=30)

    def click(_):
        try:
            connection.ensure_connection()
            start.wait()
            with acting(cast.ben, via="api"):
                lead_undo_qualify(lead_id=lead.pk, user=cast.ben)
            return "undone"
        except DomainError as refusal:
            return refusal.status
        finally:
            connections.close_all()

    with ThreadPoolExecutor(10) as pool:
        outcomes = Counter(pool.map(click, range(10)))
    assert outcomes == {"undone": 1, 409: 9}
    assert not Opportunity.objects.exists()


def test_two_leads_of_one_person_make_one_contact_or_warn(cast):
    """The identity locks: the second writer sees what the first one made."""
    leads = [
        LeadFactory(owner=cast.ben, team=cast.benelux, email="same@x.example")
        for _ in range(8)
    ]
    start = Barrier(len(leads), timeout=30)

    def click(lead):
        try:
            connection.ensure_connection()
            start.wait()
            with acting(cast.ben, via="api"):
                lead_qualify(lead_id=lead.pk, user=cast.ben, create_account=False)
            return "qualified"
        except DomainError as refusal:
            return refusal.code
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(leads)) as pool:
        outcomes = Counter(pool.map(click, leads))
    assert outcomes == {"qualified": 1, "likely_duplicate": 7}
    assert Contact.objects.filter(email_norm="same@x.example").count() == 1


def test_it_waits_for_whoever_looks_for_the_same_person(cast):
    """The values are held as imports, forms and merges spell them."""
    lead = LeadFactory(owner=cast.ben, team=cast.benelux, email="same@x.example")
    held, done = Event(), Event()

    def look():
        try:
            with transaction.atomic():
                hold({"email": " SAME@x.example"})
                held.set()
                done.wait(30)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as pool:
        looking = pool.submit(look)
        try:
            assert held.wait(30)
            with pytest.raises(OperationalError):
                in_a_hurry(lead, cast.ben)
        finally:
            done.set()
        looking.result()
    with acting(cast.ben, via="api"):
        lead_qualify(lead_id=lead.pk, user=cast.ben)


def in_a_hurry(lead, user):
    """Qualify, or give up where somebody has to be waited for."""
    with acting(user, via="api"):
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL lock_timeout = '100ms'")
        lead_qualify(lead_id=lead.pk, user=user)
