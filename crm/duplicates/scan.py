"""Searches of everything, or of what is new: jobs that fill the review queue.

A search writes down the keys of every record, reads them in order, and compares the
records that share one. Each chunk is a second of work in a transaction of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta
from io import StringIO
from itertools import combinations, groupby
from typing import Any

from django.db import connection, transaction
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from core.base.errors import Refused
from core.jobs.models import Job
from core.jobs.registry import JobKind, JobRun, register_job_kind
from core.jobs.services import job_start
from crm.duplicates.find import (
    LIVE,
    MODELS,
    detecting,
    folded_records,
    likenesses,
    read_values,
    rules_of,
)
from crm.duplicates.folding import FOLDED
from crm.duplicates.keys import keys_of
from crm.duplicates.rules import Likeness, Rule, compare
from crm.duplicates.services import pairs_store
from crm.models import DuplicateKey, ImportRow

SCAN, RECENT = "duplicates.scan", "duplicates.recent"
PLURALS = {"contact": "contacts", "account": "accounts", "lead": "leads"}
RECORDS, KEYS, PROBES, SWEPT = 10_000, 30_000, 500, 300_000
# A key that more records share tells nobody apart: they are left to other keys.
SHARED_BY = 60
REPORTED = 50
_LOWEST = -(2**63)
_SPREAD = 2**64


def register_kinds() -> None:
    """Make both searches known as jobs."""
    register_job_kind(JobKind(SCAN, "Search for duplicates", scan_chunk, _ended))
    register_job_kind(JobKind(RECENT, "Check new records", recent_chunk))


@transaction.atomic
def scan_start(*, entity: str, user: Any) -> Job:
    """Search all contacts, accounts or leads; journals job.started.

    Raises Refused while such a search is running, and where duplicates are switched
    off.
    """
    if not detecting():
        raise Refused("switched_off", "The search for duplicates is switched off.")
    running = Job.objects.unfinished().filter(kind=SCAN, params__entity=entity)
    if running.exists():
        raise Refused("scan_running", "This search is running already.")
    total = MODELS[entity]._default_manager.filter(state=LIVE[entity]).count()
    label = f"Search for duplicates: {PLURALS[entity]}"
    params = {"entity": entity}
    return job_start(SCAN, user=user, params=params, label=label, total=2 * total)


def scan_chunk(run: JobRun) -> bool:
    """Note keys, then compare who shares one, then clear the notes away."""
    step = {"keys": _note_keys, "pairs": _compare_keys, "sweep": _sweep}
    return step[run.cursor.setdefault("phase", "keys")](run)


def _note_keys(run: JobRun) -> bool:
    entity = run.params["entity"]
    rows = MODELS[entity]._default_manager.filter(
        state=LIVE[entity], pk__gt=run.cursor.get("after", 0)
    )
    chunk = list(read_values(entity, rows.order_by("pk")[:RECORDS]))
    fold = FOLDED[entity]
    _copy_keys(
        run.id,
        [(key, row["id"]) for row in chunk for key in keys_of(entity, fold(row))],
    )
    run.advance(len(chunk))
    run.count("records", len(chunk))
    if len(chunk) < RECORDS:
        run.cursor = {"phase": "pairs", "key": None}
        run.total = 2 * run.done
    else:
        run.cursor["after"] = chunk[-1]["id"]
    return False


def _copy_keys(job_id: int, keys: list[tuple[int, int]]) -> None:
    keys.sort()
    text = StringIO("".join(f"{job_id}\t{key}\t{pk}\n" for key, pk in keys))
    with connection.cursor() as cursor:
        cursor.copy_expert(
            "COPY crm_duplicatekey (job_id, key, record_id) FROM STDIN", text
        )


def _compare_keys(run: JobRun) -> bool:
    rows = DuplicateKey.objects.filter(job_id=run.id).order_by("key", "record_id")
    if run.cursor["key"] is not None:
        rows = rows.filter(key__gt=run.cursor["key"])
    chunk = list(rows.values_list("key", "record_id")[:KEYS])
    last = len(chunk) < KEYS
    groups = [
        (key, [pk for _, pk in group])
        for key, group in groupby(chunk, key=lambda row: row[0])
    ]
    if not last and len(groups) > 1:
        # The end of the last group may lie beyond this chunk.
        groups.pop()
    if groups:
        _compare_groups(run, groups)
        run.cursor["key"] = groups[-1][0]
        half = (run.total or 0) // 2
        run.done = half + half * (groups[-1][0] - _LOWEST) // _SPREAD
    if last:
        run.cursor = {"phase": "sweep"}
        run.done = run.total or run.done
    return False


def _compare_groups(run: JobRun, groups: Sequence[tuple[int, list[int]]]) -> None:
    small = [ids for _, ids in groups if 1 < len(ids) <= SHARED_BY]
    for _, ids in groups:
        if len(ids) > SHARED_BY:
            _too_many(run, ids)
    pairs = {pair for ids in small for pair in combinations(ids, 2)}
    found = compared(run.params["entity"], pairs)
    run.count("compared", len(pairs))
    run.count("found", pairs_store(entity=run.params["entity"], found=found))


def _too_many(run: JobRun, ids: list[int]) -> None:
    run.count("groups_too_large")
    if run.result["groups_too_large"] <= REPORTED:
        text = f"{len(ids):,} records or more share one value: compared by others only."
        run.add_problem({"id": ids[0], "detail": text})


def compared(
    entity: str, pairs: Iterable[tuple[int, int]]
) -> dict[tuple[int, int], Likeness]:
    """Those of the pairs that are duplicates by the active rules (two queries)."""
    wanted = list(pairs)
    known = folded_records(entity, {pk for pair in wanted for pk in pair})
    rules = rules_of(entity)
    return dict(_alike(entity, rules, known, wanted))


def _alike(
    entity: str, rules: Sequence[Rule], known: Any, pairs: Iterable[tuple[int, int]]
) -> Iterator[tuple[tuple[int, int], Likeness]]:
    for one, other in pairs:
        if one in known and other in known:
            alike = compare(entity, rules, known[one], known[other])
            if alike is not None:
                yield (one, other), alike


def _sweep(run: JobRun) -> bool:
    return _forget(run.id) < SWEPT


def _forget(job_id: int) -> int:
    """Delete a part of a job's notes; give how many went."""
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM crm_duplicatekey WHERE id IN (SELECT id FROM "
            "crm_duplicatekey WHERE job_id = %s LIMIT %s)",
            [job_id, SWEPT],
        )
        gone: int = cursor.rowcount
    return gone


def _ended(job: Job) -> None:
    """A search that was canceled or given up leaves no notes."""
    if job.state != Job.State.COMPLETED:
        DuplicateKey.objects.filter(job_id=job.pk).delete()


# New and changed records ------------------------------------------------------------


@transaction.atomic
def import_check(*, import_id: int, entity: str, user: Any) -> Job | None:
    """Compare what an import made with what was there; nothing while switched off."""
    if entity not in MODELS or not detecting():
        return None
    made = ImportRow.objects.filter(batch=import_id, result=ImportRow.Result.CREATED)
    total = made.count()
    if not total:
        return None
    params = {"entity": entity, "import": import_id}
    label = "Duplicates of imported records"
    return job_start(RECENT, user=user, params=params, label=label, total=total)


@transaction.atomic
def changed_check() -> list[Job]:
    """Compare what was made or changed since the last time, for each entity.

    The first time looks back a day: what is older is for a search of everything.
    """
    if not detecting():
        return []
    return [job for entity in MODELS if (job := _changed_check(entity))]


def _changed_check(entity: str) -> Job | None:
    mine = Job.objects.filter(
        kind=RECENT, params__entity=entity, params__has_key="since"
    )
    if mine.unfinished().exists():
        return None
    now = timezone.now()
    last = mine.order_by("-id").values_list("params__until", flat=True).first()
    since = parse_datetime(last) if last else now - timedelta(days=1)
    rows = MODELS[entity]._default_manager.filter(updated_at__gt=since)
    total = rows.filter(state=LIVE[entity], updated_at__lte=now).count()
    if not total:
        return None
    params = {
        "entity": entity,
        "since": (since or now).isoformat(),
        "until": now.isoformat(),
    }
    label = f"Duplicates among changed {PLURALS[entity]}"
    return job_start(RECENT, user=None, params=params, label=label, total=total)


def recent_chunk(run: JobRun) -> bool:
    """Compare the next new records with everybody, by the indexes."""
    entity = run.params["entity"]
    ids, last = _recent_ids(run)
    rows = MODELS[entity]._default_manager.filter(pk__in=ids, state=LIVE[entity])
    chunk = list(read_values(entity, rows))
    found = likenesses(entity, chunk, rules_of(entity))
    pairs = {
        (min(row["id"], pk), max(row["id"], pk)): alike
        for row, several in zip(chunk, found, strict=True)
        for pk, alike in several.items()
        if pk != row["id"]
    }
    run.count("records", len(chunk))
    run.count("found", pairs_store(entity=entity, found=pairs))
    run.advance(len(ids))
    return last


def _recent_ids(run: JobRun) -> tuple[list[int], bool]:
    after = run.cursor.get("after", 0)
    if "import" in run.params:
        rows: Any = ImportRow.objects.filter(
            batch=run.params["import"], result=ImportRow.Result.CREATED
        )
        column = "record_id"
    else:
        rows = MODELS[run.params["entity"]]._default_manager.filter(
            updated_at__gt=parse_datetime(run.params["since"]),
            updated_at__lte=parse_datetime(run.params["until"]),
        )
        column = "id"
    rows = rows.filter(**{f"{column}__gt": after}).order_by(column)
    ids = list(rows.values_list(column, flat=True)[:PROBES])
    if ids:
        run.cursor["after"] = ids[-1]
    return ids, len(ids) < PROBES
