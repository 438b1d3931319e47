"""9,240 leads of a file come in, get their contacts, and come in again."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from django.core.files.base import File

from crm.imports.running import import_run
from crm.imports.services import import_create
from crm.models import Contact, Lead
from tests.flows import x_education_shape as shape

pytestmark = pytest.mark.django_db


def leads_file(tmp_path):
    """The real file where HANDOFF_LEADS_CSV names it, else one of its shape."""
    real = os.environ.get("HANDOFF_LEADS_CSV")
    return Path(real) if real else shape.write(tmp_path / "Leads.csv")


def bring(path, mapping):
    with path.open("rb") as stream:
        batch = import_create(
            user=None,
            entity="lead",
            file=File(stream),
            file_name=path.name,
            mapping=mapping,
        )
    return import_run(import_id=batch.pk)


def test_leads_come_in_once_with_their_contacts(tmp_path):
    path = leads_file(tmp_path)
    mapping = {**shape.MAPPING, "create_contacts": True}

    first = bring(path, mapping)
    again = bring(path, mapping)

    assert (first.total, first.created, first.rejected) == (shape.ROWS, shape.ROWS, 0)
    assert (again.unchanged, again.contacts_created) == (shape.ROWS, 0)
    assert Contact.objects.filter(marketing_only=True).count() == shape.ROWS
    refused = Contact.objects.filter(do_not_email=True)
    assert refused.count() == shape.DO_NOT_EMAIL
    sources = Lead.objects.values_list("lead_source", flat=True)
    assert len(set(sources)) == 21
    assert sources.filter(lead_source="Google").count() == 2_868 + 5
    assert sources.filter(lead_source="Olark Chat").count() == 1_755
    assert sources.filter(lead_source="").count() == 36
    assert not Lead.objects.filter(city="Select").exists()
