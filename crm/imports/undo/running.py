"""An undo under way: the rows from the last to the first, then what came beside."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator
from typing import Any

from django.db.models import F, QuerySet
from django.utils import timezone

from core.base.statistics import statistics_renew
from core.jobs.registry import JobRun
from core.journal.services import acting
from crm.imports.registry import import_entity
from crm.imports.undo.giving import give_back
from crm.imports.undo.traces import undo_via_of
from crm.imports.undo.verdicts import Court, Verdict, Why
from crm.models import Import, ImportRow
from crm.services.bin_many import records_discard

CHUNK = 1_000
OVER = (Import.Undo.COMPLETED,)
WRITTEN = ("created", "updated")
COUNT_OF = {
    "undone": "undone",
    "partly": "undone_partly",
    "kept": "undo_kept",
    "gone": "undo_gone",
}
# What an import makes beside its rows: the kind, by the fields that then name it.
BESIDE: dict[str, dict[str, tuple[str, ...]]] = {
    "lead": {"contact": ("parent_contact",), "account": ("parent_account",)},
    "contact": {"account": ("account",)},
}
Verdicts = dict[int, Verdict]
Rows = list[tuple[int, int, int, str]]


def undo_run_chunk(run: JobRun) -> bool:
    """Take the next rows back, in the transaction of the job's chunk.

    The rows' outcome, the totals and the place are recorded in the same transaction
    as the effect: a worker killed at any moment repeats and loses nothing. Locks the
    import's row, then the records of the chunk by their ids.
    """
    batch = Import.objects.select_for_update().get(pk=run.params["import"])
    if batch.undo_state in OVER:
        return True
    if batch.undo_state != Import.Undo.RUNNING:
        Import.objects.filter(pk=batch.pk).update(undo_state=Import.Undo.RUNNING)
    with acting(run.user, via=undo_via_of(batch.pk)):
        return _next_part(batch, run)


def parts_of(key: str) -> list[str]:
    """The parts of an undo: the rows' own kind, then what came beside."""
    return ["rows", *BESIDE.get(key, {})]


def _next_part(batch: Import, run: JobRun) -> bool:
    parts = parts_of(batch.entity)
    part = run.cursor.setdefault("part", parts[0])
    rows = _next_rows(batch, part, run.cursor.get("before"))
    if rows:
        court = Court(batch.pk, run.user)
        if part == "rows":
            _take_rows(batch, run, court, rows)
        else:
            _take_beside(batch, run, court, part, rows)
        run.cursor["before"] = rows[-1][1]
        return False
    left = parts[parts.index(part) + 1 :]
    if left:
        run.cursor.update(part=left[0], before=None)
        return False
    _finish(batch)
    return True


def undo_rows(batch: Import) -> QuerySet[ImportRow]:
    """The rows that have a record, from the last to the first.

    So what names a record of an earlier row goes before it.
    """
    rows = batch.rows.filter(record_id__isnull=False)
    return rows.exclude(result__in=["", "rejected"]).order_by("-row_no")


def _next_rows(batch: Import, part: str, before: int | None) -> Rows:
    rows = undo_rows(batch)
    if part == "rows":
        rows = rows.filter(undo="")
    if before is not None:
        rows = rows.filter(row_no__lt=before)
    found = rows.values_list("pk", "row_no", "record_id", "result")[:CHUNK]
    return [(pk, number, record or 0, result) for pk, number, record, result in found]


def _take_rows(batch: Import, run: JobRun, court: Court, rows: Rows) -> None:
    verdicts = court.judge(batch.entity, {row[2] for row in rows}, lock=True)
    court.untraced(verdicts, {row[2] for row in rows if row[3] in WRITTEN})
    _carry_out(batch.entity, verdicts, run.user)
    changed = [
        ImportRow(pk=pk, undo=verdicts[record].outcome, undo_why=verdicts[record].held)
        for pk, _, record, _ in rows
        if verdicts[record].outcome
    ]
    ImportRow.objects.bulk_update(changed, ["undo", "undo_why"])
    counts = Counter(COUNT_OF[row.undo] for row in changed)
    _count(batch, counts)
    for name, number in counts.items():
        run.count(name, number)
    run.advance(len(rows))
    statistics_renew(import_entity(batch.entity).model._meta.db_table)


def _carry_out(key: str, verdicts: Verdicts, user: Any) -> None:
    """Bin what goes, give values back; the records are locked."""
    model = import_entity(key).model
    going = [verdict.pk for verdict in verdicts.values() if verdict.goes]
    if going:
        records_discard(key=key, model=model, ids=going, user=user)
    give_back(model, list(verdicts.values()))


def _take_beside(
    batch: Import, run: JobRun, court: Court, key: str, rows: Rows
) -> None:
    """Take back the contacts or accounts that came with these rows."""
    row_of = beside(court, batch.entity, key, {row[2] for row in rows})
    if not row_of:
        return
    verdicts = court.judge(key, row_of, lock=True)
    _carry_out(key, verdicts, run.user)
    gone = sum(verdict.goes for verdict in verdicts.values())
    _count(batch, {f"{key}s_undone": gone})
    run.count(f"{key}s_undone", gone)
    _tell_rows(rows, row_of, key, verdicts)


def beside(
    court: Court, entity: str, key: str, ids: Collection[int]
) -> dict[int, list[int]]:
    """What the import linked these records to: its ids, with the records' ids."""
    found: dict[int, list[int]] = defaultdict(list)
    names = BESIDE[entity][key]
    for pk, trace in court.traces(entity, ids).items():
        for name in names:
            linked = trace.changes.get(name, (None, None))[1]
            if isinstance(linked, int):
                found[linked].append(pk)
    return found


def _tell_rows(
    rows: Rows, row_of: dict[int, list[int]], key: str, verdicts: Verdicts
) -> None:
    """Say at the rows why what came with them stays. Safe to repeat."""
    lines: dict[int, list[Why]] = defaultdict(list)
    for pk, verdict in verdicts.items():
        if verdict.trace.created and verdict.held and verdict.exists:
            for record in row_of[pk]:
                lines[record] += [_of(key, line) for line in verdict.held]
    ids = [pk for pk, _, record, _ in rows if record in lines]
    changed = []
    for row in ImportRow.objects.filter(pk__in=ids):
        more = [each for each in lines[row.record_id or 0] if each not in row.undo_why]
        if more:
            row.undo_why = [*row.undo_why, *more]
            changed.append(row)
    ImportRow.objects.bulk_update(changed, ["undo_why"])


def _of(key: str, line: Why) -> Why:
    return {"attr": key, "code": line["code"], "detail": f"It stays: {line['detail']}"}


def _count(batch: Import, more: dict[str, int]) -> None:
    changes = {name: F(name) + number for name, number in more.items() if number}
    if changes:
        Import.objects.filter(pk=batch.pk).update(**changes)


def _finish(batch: Import) -> None:
    Import.objects.filter(pk=batch.pk).update(
        undo_state=Import.Undo.COMPLETED, undone_at=timezone.now()
    )


def chunked(ids: list[int], size: int) -> Iterator[list[int]]:
    """The ids in pieces of this size."""
    for start in range(0, len(ids), size):
        yield ids[start : start + size]
