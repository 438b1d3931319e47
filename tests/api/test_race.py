"""Real threads at one door: one effect a key, one winner a version."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection, connections

from crm.models import Contact, Lead
from tests.factories import ContactFactory

pytestmark = [pytest.mark.serial, pytest.mark.django_db(transaction=True)]
CALLERS = 20


def together(call):
    """Every answer of CALLERS calls that start at the same moment."""
    start = Barrier(CALLERS, timeout=30)

    def run(number):
        try:
            connection.ensure_connection()
            start.wait()
            return call(number)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(CALLERS) as pool:
        return list(pool.map(run, range(CALLERS)))


def test_one_key_has_one_effect_and_one_answer(api, cast):
    clients = [api(cast.admin) for _ in range(CALLERS)]
    headers = {"Idempotency-Key": "order-9"}

    def post(number):
        body = {"topic": "Once", "last_name": "Wong"}
        return clients[number].post("/api/v1/leads/", body, headers=headers)

    answers = together(post)
    lead = Lead.objects.get()
    assert {(a.status_code, a.json()["id"]) for a in answers} == {(201, lead.pk)}
    replayed = Counter("Idempotency-Replayed" in a for a in answers)
    assert replayed == {True: CALLERS - 1, False: 1}


def test_one_key_for_two_bodies_does_one_of_them(api, cast):
    clients = [api(cast.admin) for _ in range(CALLERS)]
    headers = {"Idempotency-Key": "order-10"}

    def post(number):
        body = {"last_name": ("Wong", "Bakker")[number % 2]}
        return clients[number].post("/api/v1/leads/", body, headers=headers)

    codes = Counter(a.status_code for a in together(post))
    assert codes == {201: CALLERS // 2, 422: CALLERS // 2}
    assert Lead.objects.count() == 1


def test_one_version_has_one_winner(api, cast):
    contact = ContactFactory()
    clients = [api(cast.admin) for _ in range(CALLERS)]

    def patch(number):
        url = f"/api/v1/contacts/{contact.pk}/"
        body = {"city": f"City {number}"}
        return clients[number].patch(url, body, headers={"If-Match": '"1"'})

    answers = together(patch)
    assert Counter(a.status_code for a in answers) == {200: 1, 412: CALLERS - 1}
    [won] = [a.json() for a in answers if a.status_code == 200]
    row = Contact.objects.get()
    assert (row.city, row.version) == (won["city"], 2)


def test_without_a_version_every_change_is_kept(api, cast):
    """Fields that different people change at once do not undo each other."""
    contact = ContactFactory()
    clients = [api(cast.admin) for _ in range(CALLERS)]
    fields = ["city", "job_title", "postal_code", "company_name"]

    def patch(number):
        url = f"/api/v1/contacts/{contact.pk}/"
        return clients[number].patch(url, {fields[number % 4]: f"No {number}"})

    assert {a.status_code for a in together(patch)} == {200}
    row = Contact.objects.get()
    assert row.version == CALLERS + 1
    assert all(getattr(row, name).startswith("No ") for name in fields)
