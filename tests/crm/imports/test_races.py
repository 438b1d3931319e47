"""Imports beside other writers with the same addresses."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.core.files.base import ContentFile
from django.db import connection, transaction

from crm.imports.running import import_run
from crm.imports.services import import_create
from crm.matching.find import hold, match_contact
from crm.models import Contact, Lead
from crm.services.lead_contacts import lead_contacts_create
from tests.factories import LeadFactory

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.serial]
PEOPLE = 40


def in_thread(work):
    try:
        return work()
    finally:
        connection.close()


def bring():
    text = "Mail,Name\n" + "".join(f"p{n}@x.example,P\n" for n in range(PEOPLE))
    batch = import_create(
        user=None,
        entity="contact",
        file=ContentFile(text.encode()),
        file_name="p.csv",
        mapping={"columns": {"Mail": "email", "Name": "last_name"}},
    )
    return import_run(import_id=batch.pk)


def capture():
    """As a form does: hold, look, then make."""
    for number in reversed(range(PEOPLE)):
        values = {"email": f" P{number}@X.example "}
        with transaction.atomic():
            hold(values)
            if match_contact(["email"], values) is None:
                Contact.objects.create(last_name="F", email=values["email"].strip())


def test_nobody_is_made_twice():
    leads = [LeadFactory(email=f"p{n}@X.EXAMPLE").pk for n in range(PEOPLE)]
    works = [
        bring,
        capture,
        lambda: lead_contacts_create(lead_ids=leads, strategy=["email"]),
        bring,
        capture,
        lambda: lead_contacts_create(lead_ids=leads, strategy=["email"]),
    ]

    with ThreadPoolExecutor(len(works)) as pool:
        list(pool.map(in_thread, works))
    lead_contacts_create(lead_ids=leads, strategy=["email"])

    assert Contact.objects.count() == PEOPLE
    assert not Lead.objects.filter(parent_contact=None).exists()
