"""An import under way: staged by COPY, merged chunk by chunk, recorded."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

from django.db import OperationalError, connection, transaction
from django.db.models import F
from django.utils import timezone

from core.access.levels import Level
from core.access.rights import rights_of
from core.base.copying import JsonList, copy_rows
from core.base.errors import DomainError
from core.base.models import Organisation
from core.base.statistics import statistics_renew
from core.journal.services import acting
from crm.imports.files import Layout, Row, read_rows
from crm.imports.mapping import Plan, check_mapping
from crm.imports.merge import ChunkResult, Setup, merge_chunk, record_defaults
from crm.imports.registry import ImportEntity, fields_of, import_entity
from crm.imports.rows import Converted, RowReader
from crm.models import Import, ImportRow

CHUNK = 4_000
TRIES = 5
# Deadlock and serialization failure.
_PASSING = ("40P01", "40001")
STAGE_CHUNK = 20_000
DRY_RUN_ROWS = 20_000
COUNTS = ("created", "updated", "unchanged", "rejected")
PROGRESS = ("done", "staged", "position", "contacts_created", "accounts_created")
OPEN_STATES = (Import.State.PENDING, Import.State.RUNNING)


def import_run(*, import_id: int) -> Import:
    """Run an import to its end in this process, chunk by chunk."""
    while not import_run_chunk(import_id=import_id):
        pass
    return Import.objects.get(pk=import_id)


def import_run_chunk(*, import_id: int) -> bool:
    """Do the next piece of an import in one transaction; True when all is done.

    A piece stages rows by COPY or merges up to 4,000 of them. What is done is
    recorded in the same transaction as its effect, so that a kill at any moment
    repeats and loses nothing. Takes the import's row lock: of two workers one
    waits. A deadlock with somebody else's writing is tried again.
    """
    for _ in range(TRIES - 1):
        try:
            return _piece(import_id)
        except OperationalError as error:
            code = getattr(error.__cause__, "pgcode", None)
            if connection.in_atomic_block or code not in _PASSING:
                raise
    return _piece(import_id)


def _piece(import_id: int) -> bool:
    try:
        with transaction.atomic():
            batch = Import.objects.select_for_update().get(pk=import_id)
            if batch.state not in OPEN_STATES:
                return True
            with acting(batch.created_by, via=f"import:{batch.pk}"):
                return _advance(batch)
    except DomainError as error:
        Import.objects.filter(pk=import_id).update(
            state=Import.State.FAILED,
            problem=error.detail,
            finished_at=timezone.now(),
        )
        return True


def import_plan(batch: Import, spec: ImportEntity, mapping: Any) -> Plan:
    return check_mapping(
        mapping,
        entity=spec,
        fields=fields_of(spec),
        header=batch.layout["header"],
    )


def layout_json(layout: Layout) -> dict[str, Any]:
    return {
        "encoding": layout.encoding,
        "errors": layout.errors,
        "delimiter": layout.delimiter,
        "header": layout.header,
        "skipped": layout.skipped,
    }


def layout_of(batch: Import) -> Layout:
    return Layout(**batch.layout)


def _limit(batch: Import) -> int:
    return min(batch.total, DRY_RUN_ROWS) if batch.dry_run else batch.total


def _advance(batch: Import) -> bool:
    """The next piece: staging until all rows are in, then merging."""
    if batch.staged < _limit(batch):
        return _stage(batch)
    if batch.dry_run:
        return _rehearse(batch)
    rows = _waiting(batch, CHUNK)
    if not rows:
        return _finish(batch)
    setup, reader = _setup(batch)
    _note(batch, rows, _merge(setup, reader, rows))
    statistics_renew(setup.entity.table)
    return False


def _stage(batch: Import) -> bool:
    """COPY the next rows of the file into the staging table."""
    last = min(batch.staged + STAGE_CHUNK, _limit(batch))
    with batch.file.open("rb") as file:
        rows = read_rows(file.file, layout_of(batch), after=batch.staged)
        copy_rows(
            ImportRow._meta.db_table,
            ["batch_id", "row_no", "raw", "errors", "result"],
            (_staged(batch.pk, row) for row in _until(rows, last)),
        )
    rejected = batch.rows.filter(
        row_no__gt=batch.staged, row_no__lte=last, result="rejected"
    ).count()
    _count(batch, {"rejected": rejected}, staged=last - batch.staged)
    statistics_renew(ImportRow._meta.db_table)
    return False


def _until(rows: Any, last: int) -> Any:
    for row in rows:
        yield row
        if row.number >= last:
            return


def _staged(batch_id: int, row: Row) -> list[Any]:
    """A row as it is kept: what cannot be stored is replaced, and reported."""
    errors = []
    cells = row.cells
    whole = "".join(cells)
    if not whole.isascii() or "\x00" in whole:
        kept = [storable(cell) for cell in cells]
        for place, (cell, safe) in enumerate(zip(cells, kept, strict=True)):
            if cell != safe:
                errors.append(_broken(place))
        cells = kept
    if row.problem:
        errors.append(_problem("", *row.problem))
    elif not whole.strip():
        errors.append(_problem("", "empty", "The row is empty."))
    result = "rejected" if errors else ""
    return [batch_id, row.number, JsonList(cells), JsonList(errors), result]


def _broken(place: int) -> dict[str, str]:
    detail = f"Column {place + 1} holds a character that cannot be stored."
    return _problem(f"column {place + 1}", "unstorable", detail)


def _problem(attr: str, code: str, detail: str) -> dict[str, str]:
    return {"attr": attr, "code": code, "detail": detail}


def storable(text: str) -> str:
    """The text with U+FFFD where PostgreSQL could not store it."""
    if text.isascii() and "\x00" not in text:
        return text
    safe = text.replace("\x00", "\ufffd")
    return safe.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


Waiting = list[tuple[int, int, list[str]]]


def _waiting(batch: Import, limit: int) -> Waiting:
    """The next rows to merge: staging id, row number, cells."""
    rows = batch.rows.filter(result="", row_no__gt=batch.position).order_by("row_no")
    return list(rows.values_list("pk", "row_no", "raw")[:limit])


def _setup(batch: Import) -> tuple[Setup, RowReader]:
    spec = import_entity(batch.entity)
    fields = fields_of(spec)
    plan = import_plan(batch, spec, batch.mapping)
    user = batch.created_by
    organisation = Organisation.current()
    reader = RowReader(plan, fields, zone=ZoneInfo(organisation.time_zone), user=user)
    setup = Setup(
        entity=spec,
        plan=plan,
        fields=reader.fields,
        user=user,
        defaults=record_defaults(spec, _fixed(user, spec) | _dated(reader.fields)),
        marketing_only=organisation.marketing_only_for_automation,
    )
    return setup, reader


def _dated(fields: Mapping[str, Any]) -> dict[str, Any]:
    """When a record was made, where the file says it of some."""
    return {"created_at": timezone.now()} if "created_at" in fields else {}


def _fixed(user: Any, spec: ImportEntity) -> dict[str, Any]:
    """Who made the records, and whose they are.

    Somebody who may change only some records owns those that the file brings, or
    could not reach them again.
    """
    if user is None:
        return {}
    if Level.ALL in rights_of(user).levels(spec.key, "update"):
        return {"created_by": user.pk}
    return {"created_by": user.pk, "owner": user.pk, "team": user.team_id}


Done = tuple[list[Converted], ChunkResult]


def _merge(setup: Setup, reader: RowReader, rows: Waiting) -> Done:
    converted = reader.read((pk, cells) for pk, _, cells in rows)
    return converted, merge_chunk(setup, converted)


def _rehearse(batch: Import) -> bool:
    """Do everything, keep the report, take everything back."""
    setup, reader = _setup(batch)
    reports: list[tuple[Waiting, Done]] = []
    waiting = _waiting(batch, DRY_RUN_ROWS)
    mark = transaction.savepoint()
    for start in range(0, len(waiting), CHUNK):
        rows = waiting[start : start + CHUNK]
        reports.append((rows, _merge(setup, reader, rows)))
    transaction.savepoint_rollback(mark)
    for rows, (converted, result) in reports:
        for outcome in result.outcomes.values():
            if outcome.result == "created":
                outcome.record_id = None
        _note(batch, rows, (converted, result))
    return _finish(batch)


def _note(batch: Import, rows: Waiting, done: Done) -> None:
    """Write the outcome of each row and add it to the totals."""
    converted, result = done
    _write_outcomes(converted, result)
    counts = dict.fromkeys(COUNTS, 0)
    for outcome in result.outcomes.values():
        counts[outcome.result] += 1
    _count(batch, {**counts, **result.extra}, position=rows[-1][1])


def _write_outcomes(converted: list[Converted], result: ChunkResult) -> None:
    stage = "handoff_import_outcomes"
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE IF EXISTS {stage}")
        cursor.execute(
            f"CREATE TEMP TABLE {stage} (id bigint, result text, record_id bigint, "
            "errors jsonb) ON COMMIT DROP"
        )
        outcomes = ((row, result.outcomes[row.pk]) for row in converted)
        copy_rows(
            stage,
            ["id", "result", "record_id", "errors"],
            (
                [row.pk, outcome.result, outcome.record_id, JsonList(row.errors)]
                for row, outcome in outcomes
            ),
        )
        cursor.execute(
            "UPDATE crm_importrow r SET result = o.result, record_id = o.record_id, "  # noqa: S608 - own names
            f"errors = o.errors FROM {stage} o WHERE r.id = o.id"
        )


def _count(
    batch: Import,
    more: Mapping[str, int],
    *,
    staged: int = 0,
    position: int | None = None,
) -> None:
    """Add to the totals of the import, in the transaction of the rows."""
    changes: dict[str, Any] = {name: F(name) + n for name, n in more.items() if n}
    done = sum(more.get(name, 0) for name in COUNTS)
    changes["done"] = F("done") + done
    changes["staged"] = F("staged") + staged
    changes["state"] = Import.State.RUNNING
    if position is not None:
        changes["position"] = position
    Import.objects.filter(pk=batch.pk).update(**changes)


def _finish(batch: Import) -> bool:
    notes = list(batch.notes)
    if batch.dry_run and batch.total > DRY_RUN_ROWS:
        notes.append(f"The dry run read the first {DRY_RUN_ROWS:,} rows.")
    Import.objects.filter(pk=batch.pk).update(
        state=Import.State.COMPLETED,
        finished_at=timezone.now(),
        notes=notes,
        total=_limit(batch),
    )
    return True
