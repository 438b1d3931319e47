"""Imports: made, staged, merged chunk by chunk, reported."""

from __future__ import annotations

from pathlib import Path
from typing import IO, Any

from django.core.files.base import File
from django.db import transaction
from django.utils import timezone

from core.access.rights import rights_of
from core.base.errors import Denied, Invalid, Refused
from crm.imports.files import Layout, count_rows, read_layout, read_rows
from crm.imports.guess import guess_mapping
from crm.imports.mapping import Plan
from crm.imports.registry import ImportEntity, fields_of, import_entity
from crm.imports.running import (
    COUNTS,
    OPEN_STATES,
    PROGRESS,
    import_plan,
    layout_json,
    layout_of,
    storable,
)
from crm.models import Import, ImportRow

MAX_FILE_BYTES = 200 * 1024 * 1024
SAMPLES = 3


def import_draft(*, user: Any, entity: str, file: File, file_name: str) -> Import:
    """Keep a file and look at its layout, with a guessed mapping, to be corrected.

    Raises Denied without the right to create such records or imports, Invalid for a
    file that cannot be read or is empty or too large.
    """
    spec = import_entity(entity)
    _check_rights(user, spec)
    if file.size > MAX_FILE_BYTES:
        limit = MAX_FILE_BYTES // (1024 * 1024)
        raise Invalid("too_large", f"At most {limit} MB.", attr="file")
    stream = _stream(file)
    layout = read_layout(stream)
    total = count_rows(stream, layout)
    stream.seek(0)
    with transaction.atomic():
        made = Import(
            entity=spec.key,
            file_name=Path(file_name).name[:255],
            state=Import.State.DRAFT,
            total=total,
            layout=layout_json(layout),
            notes=layout.notes,
            mapping=guess_mapping(layout.header, fields_of(spec)),
            created_by=user,
        )
        made.file.save("import.csv", File(stream), save=False)
        made.save()
    return made


def _stream(file: File) -> IO[bytes]:
    opened = file.open("rb") if file.closed else file
    assert opened.file is not None
    return opened.file


def import_start(*, batch: Import, user: Any, mapping: Any, dry_run: bool) -> Import:
    """Check the mapping and let the import begin; a draft can be tried dry before.

    Raises Invalid with the path in the mapping, Refused where it began already,
    Denied without the rights.
    """
    spec = import_entity(batch.entity)
    plan = import_plan(batch, spec, mapping)
    _check_rights(user, spec, plan)
    with transaction.atomic():
        locked = Import.objects.select_for_update().get(pk=batch.pk)
        tried = locked.dry_run and locked.state == Import.State.COMPLETED
        if locked.state != Import.State.DRAFT and not tried:
            raise Refused("started", "This import has begun already.")
        _reset(locked, layout_of(locked))
        locked.mapping, locked.dry_run = mapping, dry_run
        locked.state = Import.State.PENDING
        locked.save()
    return locked


def _reset(batch: Import, layout: Layout) -> None:
    """Forget a dry run, so that the same file can be tried again or imported."""
    ImportRow.objects.filter(batch=batch).delete()
    with batch.file.open("rb") as file:
        batch.total = count_rows(file.file, layout)
    for name in (*COUNTS, *PROGRESS):
        setattr(batch, name, 0)
    batch.finished_at, batch.problem = None, ""


def import_create(
    *,
    user: Any,
    entity: str,
    file: File,
    file_name: str,
    mapping: Any,
    dry_run: bool = False,
) -> Import:
    """Keep a file with its mapping, ready to run: `import_draft`, `import_start`."""
    with transaction.atomic():
        draft = import_draft(user=user, entity=entity, file=file, file_name=file_name)
        return import_start(batch=draft, user=user, mapping=mapping, dry_run=dry_run)


def import_cancel(*, batch: Import) -> Import:
    """Stop after the running chunk; what is done stays, and is in the report."""
    changed = Import.objects.filter(
        pk=batch.pk, state__in=[Import.State.DRAFT, *OPEN_STATES]
    ).update(state=Import.State.CANCELED, finished_at=timezone.now())
    if not changed:
        raise Refused("finished", "This import is over already.")
    batch.refresh_from_db()
    return batch


def import_samples(batch: Import) -> dict[str, list[str]]:
    """A few values of each column, for the mapping page."""
    layout = layout_of(batch)
    found: dict[str, list[str]] = {name: [] for name in layout.header}
    with batch.file.open("rb") as file:
        for row in read_rows(file.file, layout):
            for name, cell in zip(layout.header, row.cells, strict=False):
                words = storable(cell).strip()[:60]
                if words and words not in found[name] and len(found[name]) < SAMPLES:
                    found[name].append(words)
            if row.number >= 100:
                break
    return found


def _check_rights(user: Any, spec: ImportEntity, plan: Plan | None = None) -> None:
    if user is None:
        return
    needed = {spec.key, "import"}
    if plan is not None and plan.create_contacts:
        needed.add("contact")
    if plan is not None and plan.create_accounts:
        needed.add("account")
    for entity in sorted(needed):
        if not rights_of(user).has(entity, "create"):
            raise Denied(f"Your role may not create records of kind {entity}.")
