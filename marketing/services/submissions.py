"""Taking submissions in, and giving failed ones another go."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from typing import Any

from django.db import transaction

from core.base.errors import Invalid, Refused
from core.journal.bell import ring
from core.journal.services import acting
from marketing.models import Submission, Visitor
from marketing.rules.fields import clean_values, load_fields
from marketing.services.matching import submissions_match

MATCH = "marketing.match_submissions"
# A turn of the worker ends after this, so that the pump beside it gets its own.
TURN_SECONDS = 5.0
BATCH = 200


def submission_store(
    *,
    form_id: int,
    values: Mapping[str, Any],
    page_id: int | None = None,
    visitor_id: int | None = None,
    remember: bool | None = None,
    referrer: str = "",
    utm: Mapping[str, str] | None = None,
    spam: str = "",
) -> Submission:
    """Write one submission and ring the worker; one INSERT and nothing else.

    `values` are checked already (clean_values). `spam`, a reason, holds it back for
    a person to look at instead of matching it.
    """
    state = Submission.State.SPAM if spam else Submission.State.PENDING
    submission = Submission.objects.create(
        form_id=form_id,
        page_id=page_id,
        values=dict(values),
        visitor_id=visitor_id,
        remember=remember,
        referrer=referrer,
        utm=dict(utm or {}),
        state=state,
        reason=spam,
    )
    if not spam:
        ring(MATCH)
    return submission


def visitor_create() -> Visitor:
    """A number for a browser that asked to be remembered."""
    return Visitor.objects.create()


def submissions_match_pending(
    *, seconds: float = TURN_SECONDS, batch: int = BATCH
) -> int:
    """Match what waits, oldest first, `batch` in a transaction; give how many.

    Workers share the work: each takes rows that no other holds. Rings again where
    the time is over and something is left.
    """
    done, after = 0, 0
    until = time.monotonic() + seconds
    while ids := _free(after, batch):
        matched = submissions_match(submission_ids=ids)
        done += matched
        # What a batch left is taken again, unless it got nowhere.
        after = after if matched else ids[-1]
        if time.monotonic() > until:
            ring(MATCH)
            break
    return done


def _free(after: int, most: int) -> list[int]:
    """Pending submissions that no other worker holds at this moment."""
    rows = Submission.objects.pending().filter(pk__gt=after).order_by("pk")
    with transaction.atomic():
        free = rows.select_for_update(skip_locked=True)
        return list(free.values_list("pk", flat=True)[:most])


def submission_retry(
    *,
    user: Any,
    submission: Submission,
    values: Mapping[str, Any] | None = None,
    as_new: bool = False,
    via: str = "browser",
) -> Submission:
    """Try a submission again, with edited values if given.

    As the original it keeps its time; as a new one it is a submission of now that
    remembers the first. `values` replaces all answers. Raises Invalid at the field,
    and Refused where a successful one would be run a second time as itself.
    """
    with acting(user, via=via):
        row = Submission.objects.select_for_update().get(pk=submission.pk)
        if row.state == Submission.State.SUCCESS and not as_new:
            raise Refused(
                "already_matched",
                "This submission was matched. Retry it as a new one.",
            )
        answers = row.values if values is None else checked_values(row, values)
        if as_new:
            row = _copy(row, answers)
        else:
            row.values = answers
            row.state = Submission.State.PENDING
            row.reason = row.technical = ""
            row.save(update_fields=["values", "state", "reason", "technical"])
        ring(MATCH)
    return row


def submissions_retry(
    *, user: Any, submissions: Iterable[Submission], via: str = "browser"
) -> int:
    """Try all of these again as they are; those that succeeded are left out."""
    ids = [s.pk for s in submissions]
    with acting(user, via=via):
        rows = Submission.objects.filter(pk__in=ids).exclude(
            state__in=[Submission.State.SUCCESS, Submission.State.PENDING]
        )
        count = rows.update(state=Submission.State.PENDING, reason="", technical="")
        ring(MATCH)
    return count


def checked_values(submission: Submission, values: Mapping[str, Any]) -> dict[str, Any]:
    """Edited answers, checked like a visitor's. Raises Invalid at the first field."""
    specs = load_fields(submission.form.fields)
    known = {spec.name for spec in specs}
    for name in values:
        if name not in known:
            raise Invalid("unknown_field", f"The form has no field {name}.", attr=name)
    clean, errors = clean_values(specs, values)
    for name, problem in errors.items():
        raise Invalid("invalid", problem, attr=name)
    return clean


def _copy(row: Submission, values: Mapping[str, Any]) -> Submission:
    return Submission.objects.create(
        form_id=row.form_id,
        page_id=row.page_id,
        values=dict(values),
        visitor_id=row.visitor_id,
        referrer=row.referrer,
        utm=row.utm,
        retry_of=row,
    )
