"""Files on the fly, and imports to their end."""

from __future__ import annotations

import pytest
from django.core.files.base import ContentFile

from crm.imports.running import import_run
from crm.imports.services import import_create


@pytest.fixture
def bring(db, settings, tmp_path):
    """Import text or bytes and give the finished import."""

    def run(entity, content, mapping, *, user=None, dry_run=False):
        data = content.encode() if isinstance(content, str) else content
        batch = import_create(
            user=user,
            entity=entity,
            file=ContentFile(data),
            file_name="people.csv",
            mapping=mapping,
            dry_run=dry_run,
        )
        return import_run(import_id=batch.pk)

    return run


@pytest.fixture
def totals():
    """The four results of an import; asserts that they add up."""

    def read(batch):
        counts = (batch.created, batch.updated, batch.unchanged, batch.rejected)
        assert sum(counts) == batch.total == batch.done == batch.rows.count()
        assert batch.state == "completed"
        return counts

    return read
