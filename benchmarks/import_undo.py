"""Taking an import of 9,240 leads back, beside importing them.

Run: python -m benchmarks.import_undo [FILE] (the X Education file, else one of its
shape) on a migrated database of its own. Prints seconds and the undo as a multiple of
the import.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from django.core.files.base import File

from core.jobs.running import run_to_end
from crm.imports.running import import_run
from crm.imports.services import import_create
from crm.imports.undo.services import import_undo, undo_preview
from crm.models import Contact, Import, Lead
from tests.flows import x_education_shape as shape


def main() -> None:
    """Import with contacts, look at what an undo would do, undo."""
    parser = argparse.ArgumentParser()
    parser.add_argument("file", nargs="?", type=Path)
    path = parser.parse_args().file
    leads, contacts = Lead.objects.count(), Contact.objects.count()
    with tempfile.TemporaryDirectory() as folder:
        path = path or shape.write(Path(folder) / "Leads.csv")
        batch, bringing = timed("import", lambda: bring(path))
    timed("preview", lambda: undo_preview(batch=batch, user=None))
    _, undoing = timed("undo", lambda: run_to_end(import_undo(batch=batch, user=None)))
    batch.refresh_from_db()
    assert (Lead.objects.count(), Contact.objects.count()) == (leads, contacts)
    print(
        f"{batch.undone:,} leads and {batch.contacts_undone:,} contacts taken back, "
        f"{undoing / bringing:.1f} times the import"
    )


def timed(name: str, work: Callable[[], Any]) -> tuple[Any, float]:
    started = time.perf_counter()
    done = work()
    spent = time.perf_counter() - started
    print(f"{name:10}  {spent:6.1f} s")
    return done, spent


def bring(path: Path) -> Import:
    with path.open("rb") as stream:
        batch = import_create(
            user=None,
            entity="lead",
            file=File(stream),
            file_name=path.name,
            mapping={**shape.MAPPING, "create_contacts": True},
        )
    return import_run(import_id=batch.pk)


if __name__ == "__main__":
    main()
