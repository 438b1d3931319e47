"""Many contacts into or out of a static segment: by a query run once, or a file."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from typing import IO, Any

from django.db import connection, transaction

from core.jobs.models import Job
from core.jobs.registry import JobRun
from core.jobs.services import job_start
from core.query.language import compile_ids, evaluating, validate
from crm.models import Contact
from segments import rules
from segments.member_files import people_in
from segments.models import MemberBatch, Segment
from segments.services.membership import members_change
from segments.services.preview import context_for

KIND = "segment_members"
CHUNK = 2_000
QUERY_MS = 15_000


@transaction.atomic
def members_by_query(
    *,
    segment_id: int,
    definition: Any,
    user: Any,
    mode: str = "add",
    time_zone: str = "UTC",
) -> Job:
    """Run a query once and add, or remove, the contacts it finds now.

    Only contacts that the user may see, found by rows that the user may see. Gives
    the job that does it in chunks. Raises Refused for a segment that follows
    conditions, QueryError, or QueryTimeout.
    """
    segment = _hand_picked(segment_id)
    query = validate(definition, ends_on="contact")
    # Whom it finds must not tell what stands in rows that the user may not see.
    found = compile_ids(query, replace(context_for(time_zone), user=user))
    with evaluating(QUERY_MS):
        rows = Contact.objects.visible_to(user).filter(pk__in=found)
        ids = list(rows.order_by("pk").values_list("pk", flat=True))
    batch = MemberBatch.objects.create(segment=segment, mode=mode, ids=ids)
    return _start(batch, user, len(ids))


@transaction.atomic
def members_by_file(
    *, segment_id: int, file: IO[bytes], user: Any, mode: str = "add"
) -> Job:
    """Add, or remove, the contacts that a CSV file names by email or id.

    Gives the job; its report names every row that was left out, and why. Raises
    Refused for a segment that follows conditions, Invalid for a file without a column
    that names people.
    """
    segment = _hand_picked(segment_id)
    people = people_in(file)
    batch = MemberBatch.objects.create(
        segment=segment,
        mode=mode,
        column=people.column,
        values=people.values,
        numbers=people.numbers,
        problems=people.problems,
    )
    return _start(batch, user, len(people.values) + len(people.problems))


def _hand_picked(segment_id: int) -> Segment:
    segment = Segment.objects.get(pk=segment_id)
    rules.check_hand_picked(segment.kind)
    return segment


def _start(batch: MemberBatch, user: Any, total: int) -> Job:
    verb = "Add to" if batch.mode == "add" else "Remove from"
    return job_start(
        KIND,
        user=user,
        params={"batch": batch.pk, "segment": batch.segment_id},
        label=f"{verb} {batch.segment}",
        total=total,
    )


def run_chunk(run: JobRun) -> bool:
    """Move the next contacts; a segment or batch that is gone ends the job."""
    batch = (
        MemberBatch.objects.filter(pk=run.params["batch"])
        .defer("ids", "values", "numbers", "problems")
        .first()
    )
    if batch is None:
        run.add_problem({"detail": "The segment is gone."})
        return True
    start = run.cursor.get("after", 0)
    if start == 0:
        _report(run, batch)
    ids, size = _next(run, batch, start)
    which = {batch.mode: ids}
    user_id = run.user.pk if run.user else None
    change = members_change(segment_id=batch.segment_id, user_id=user_id, **which)
    run.count("entered", change.entered)
    run.count("left", change.left)
    run.count("unchanged", len(set(ids)) - change.entered - change.left)
    run.advance(size)
    run.cursor["after"] = start + size
    return size < CHUNK


def _report(run: JobRun, batch: MemberBatch) -> None:
    """The rows that could not be read."""
    problems = MemberBatch.objects.values_list("problems", flat=True).get(pk=batch.pk)
    for problem in problems:
        run.add_problem(problem)
    run.advance(len(problems))


def _next(run: JobRun, batch: MemberBatch, start: int) -> tuple[list[int], int]:
    """The contacts of the next chunk, and how many rows that were."""
    window = f"{start}_{start + CHUNK}"
    row = MemberBatch.objects.filter(pk=batch.pk).values_list(
        f"ids__{window}", f"values__{window}", f"numbers__{window}"
    )
    ids, values, numbers = row[0]
    if ids:
        # Whoever was deleted meanwhile is passed over.
        return ids, len(ids)
    if not values:
        return [], 0
    found = _contacts(batch.column, values, run.user)
    chosen = []
    for number, value, contacts in zip(numbers, values, found, strict=True):
        if contacts:
            # Of several with one address the most recently changed is meant to be
            # added; removed are all of them.
            chosen += contacts if batch.mode == "remove" else contacts[:1]
        _tell(run, number, value, contacts, batch.mode)
    return chosen, len(values)


def _tell(
    run: JobRun, number: int, value: str, contacts: Sequence[int], mode: str
) -> None:
    detail = ""
    if not contacts:
        detail = "There is no such contact."
    elif len(contacts) > 1 and mode == "add":
        detail = (
            f"{len(contacts)} contacts have this; "
            "the most recently changed one was taken."
        )
    if detail:
        run.add_problem({"row": number, "value": value, "detail": detail})


def _contacts(column: str, values: list[str], user: Any) -> list[list[int]]:
    """For each value its contacts that the user sees, the last changed first."""
    keys = _folded(values) if column == "email" else values
    name = {"email": "email_norm", "external_id": "external_id"}.get(column, "pk")
    wanted: list[Any] = [key for key in keys if key]
    if name == "pk":
        wanted = [int(key) for key in wanted if len(key) < 19]
    rows = Contact.objects.visible_to(user).filter(**{f"{name}__in": wanted})
    found: dict[str, list[int]] = defaultdict(list)
    ordered = rows.order_by("-updated_at", "-pk")
    for key, pk in ordered.values_list(name, "pk"):
        found[str(key)].append(pk)
    plain = [str(int(key)) if name == "pk" else key for key in keys]
    return [found.get(key, []) for key in plain]


def _folded(values: list[str]) -> list[str]:
    """Addresses as the database keeps them."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT lower(btrim(value)) FROM unnest(%s::text[]) WITH ORDINALITY"
            " AS v (value, place) ORDER BY place",
            [values],
        )
        return [row[0] for row in cursor.fetchall()]


def ended(job: Job) -> None:
    """What was to be moved is not needed any more once the job has run through."""
    if job.state == Job.State.COMPLETED:
        MemberBatch.objects.filter(pk=job.params["batch"]).delete()
