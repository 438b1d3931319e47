"""An undo beside people who edit the same records: nothing they wrote is lost."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.core.exceptions import ObjectDoesNotExist
from django.core.files.base import ContentFile
from django.db import connection

from core.access.models import User
from core.base.errors import DomainError
from core.jobs.running import run_to_end
from core.journal.services import acting
from crm.imports.running import import_run
from crm.imports.services import import_create
from crm.imports.undo import running
from crm.imports.undo.services import import_undo
from crm.models import Contact, DeletedRecord
from crm.services.records import record_update
from tests.factories import ContactFactory

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.serial]
PEOPLE = 60


def in_thread(work):
    try:
        return work()
    finally:
        connection.close()


def bring():
    text = "Mail,City\n" + "".join(f"p{n}@x.example,Oslo\n" for n in range(PEOPLE))
    batch = import_create(
        user=None,
        entity="contact",
        file=ContentFile(text.encode()),
        file_name="p.csv",
        mapping={"columns": {"Mail": "email", "City": "city"}},
    )
    return import_run(import_id=batch.pk)


def edit(user, ids):
    """As the browser does; answers whose edit was taken."""
    taken = set()
    for pk in ids:
        try:
            with acting(user, "browser"):
                person = Contact.objects.get(pk=pk)
                record_update(record=person, values={"city": "Paris"}, user=user)
            taken.add(pk)
        except (ObjectDoesNotExist, DomainError):
            continue
    return taken


def test_an_edit_beside_the_undo_is_refused_or_stays(monkeypatch):
    monkeypatch.setattr(running, "CHUNK", 7)
    user = User.objects.create_superuser("root", "root@x.example", "x")
    known = [ContactFactory(email=f"p{n}@x.example", city="Rome") for n in range(20)]
    batch = bring()
    ids = list(batch.rows.values_list("record_id", flat=True).order_by("row_no"))
    job = import_undo(batch=batch, user=user)

    with ThreadPoolExecutor(3) as pool:
        undoing = pool.submit(in_thread, lambda: run_to_end(job))
        edits = [
            pool.submit(in_thread, lambda part=ids[n::2]: edit(user, part))
            for n in range(2)
        ]
        taken = set().union(*(each.result() for each in edits))
        undoing.result()

    batch.refresh_from_db()
    assert batch.undo_state == "completed"
    before = {person.pk for person in known}
    cities = dict(Contact.objects.values_list("pk", "city"))
    for row in batch.rows.all():
        here = cities.get(row.record_id)
        if row.record_id in taken:
            assert here == "Paris", (row.undo, row.undo_why)
            assert row.undo == ("kept" if row.result == "created" else row.undo)
        elif row.record_id in before:
            assert here == "Rome"
        else:
            assert (here, row.undo) == (None, "undone")
    binned = set(DeletedRecord.objects.values_list("record_id", flat=True))
    assert binned == set(ids) - set(cities)
