"""Undoing an import: what it would do, and starting it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from core.access.rights import rights_of
from core.base.errors import Denied, Refused
from core.jobs.models import Job
from core.jobs.registry import JobKind, register_job_kind
from core.jobs.services import job_start
from crm.imports.registry import import_entity
from crm.imports.running import OPEN_STATES
from crm.imports.undo.running import (
    BESIDE,
    WRITTEN,
    beside,
    chunked,
    undo_rows,
    undo_run_chunk,
)
from crm.imports.undo.verdicts import Court, Verdict
from crm.models import Import

KIND = "import_undo"
UNDER_WAY = (Import.Undo.PENDING, Import.Undo.RUNNING)
PREVIEW_ROWS = 20_000
PART = 2_000


@dataclass
class Preview:
    """What an undo would do: how many go, get values back or stay, and why.

    `of` tells it by the kind of record; `reasons` counts records by the reason for
    which something of them stays. `partial` says that only the last rows were read.
    """

    created: int
    updated: int
    of: dict[str, dict[str, int]] = field(default_factory=dict)
    reasons: dict[str, int] = field(default_factory=dict)
    partial: bool = False


def register_kind() -> None:
    """Make undoing an import known as a job."""
    register_job_kind(JobKind(KIND, "Undo of an import", undo_run_chunk, _ended))


def undo_problem(batch: Import) -> Refused | None:
    """Why this import cannot be undone now, if it cannot."""
    if batch.dry_run:
        return Refused("dry_run", "A dry run changed nothing.")
    if batch.state == Import.State.DRAFT or batch.state in OPEN_STATES:
        return Refused("not_finished", "The import is still under way.")
    if batch.undo_state in UNDER_WAY:
        return Refused("undo_running", "This import is being undone already.")
    if batch.undo_state == Import.Undo.COMPLETED:
        return Refused("undone", "This import was undone already.")
    return None


def may_undo(user: Any, batch: Import) -> bool:
    """Whether the user has every right that an undo of this import needs."""
    rights = rights_of(user)
    needed = {("import", "create")}
    if batch.created:
        needed.add((batch.entity, "delete"))
    if batch.updated:
        needed.add((batch.entity, "update"))
    if batch.contacts_created:
        needed.add(("contact", "delete"))
    if batch.accounts_created:
        needed.add(("account", "delete"))
    return all(rights.has(entity, action) for entity, action in needed)


@transaction.atomic
def import_undo(*, batch: Import, user: Any) -> Job:
    """Let a finished import be taken back in the background.

    What it made and nobody built on goes to the bin, what it changed gets the values
    of before where they still are the import's; the rest stays, and each row says
    why. An undo that was canceled or failed goes on.

    Locks the import. Raises Denied without the rights, and Refused: dry_run,
    not_finished, undo_running, undone. Journals `job.started`.
    """
    _check_rights(user, batch)
    locked = Import.objects.select_for_update().get(pk=batch.pk)
    problem = undo_problem(locked)
    if problem is not None:
        raise problem
    job = job_start(
        KIND,
        user=user,
        params={"import": locked.pk},
        label=f"Undo of the import of {locked.file_name}",
        total=undo_rows(locked).filter(undo="").count(),
    )
    locked.undo_state, locked.undo_job_id = Import.Undo.PENDING, job.pk
    locked.save(update_fields=["undo_state", "undo_job_id"])
    return job


def undo_asked(*, batch: Import, user: Any) -> Preview:
    """`undo_preview` with the checks of `import_undo`, and what they raise."""
    _check_rights(user, batch)
    problem = undo_problem(batch)
    if problem is not None:
        raise problem
    return undo_preview(batch=batch, user=user)


def _check_rights(user: Any, batch: Import) -> None:
    if user is not None and not may_undo(user, batch):
        raise Denied("Your role may not delete and change what this import brought.")


def _ended(job: Job) -> None:
    """A job that was stopped or failed stops its undo."""
    if job.state == "completed":
        return
    canceled = job.state == "canceled"
    Import.objects.filter(pk=job.params["import"], undo_state__in=UNDER_WAY).update(
        undo_state=Import.Undo.CANCELED if canceled else Import.Undo.FAILED
    )


def undo_preview(*, batch: Import, user: Any) -> Preview:
    """Count without writing what an undo would do, as things are now.

    Reads at most 20,000 rows, the last of the file; a few queries for 2,000.
    """
    rows: QuerySet[Any] = undo_rows(batch).filter(undo="")
    found = list(rows.values_list("record_id", "result")[: PREVIEW_ROWS + 1])
    preview = Preview(batch.created, batch.updated, partial=len(found) > PREVIEW_ROWS)
    found = found[:PREVIEW_ROWS]
    ids = list(dict.fromkeys(pk for pk, _ in found))
    written = {pk for pk, result in found if result in WRITTEN}
    court = Court(batch.pk, user)
    _preview_part(preview, court, batch.entity, ids, written)
    for key in BESIDE.get(batch.entity, {}):
        linked: list[int] = []
        for some in chunked(ids, PART):
            linked += beside(court, batch.entity, key, some)
        _preview_part(preview, court, key, list(dict.fromkeys(linked)))
    return preview


def _preview_part(
    preview: Preview,
    court: Court,
    key: str,
    ids: list[int],
    written: Collection[int] = (),
) -> None:
    for some in chunked(ids, PART):
        verdicts = court.judge(key, some, lock=False)
        court.untraced(verdicts, [pk for pk in some if pk in written])
        court.release(key, verdicts)
        for verdict in verdicts.values():
            _preview_one(preview, key, verdict)


def _preview_one(preview: Preview, key: str, verdict: Verdict) -> None:
    word = _word(verdict)
    if not word:
        return
    label = str(import_entity(key).plural)
    of = preview.of.setdefault(
        label, dict.fromkeys(("goes", "changed_back", "partly", "kept", "gone"), 0)
    )
    of[word] += 1
    for reason in {line["detail"] for line in verdict.held}:
        preview.reasons[reason] = preview.reasons.get(reason, 0) + 1


def _word(verdict: Verdict) -> str:
    if verdict.goes:
        return "goes"
    if verdict.outcome == "undone":
        return "changed_back"
    return verdict.outcome
