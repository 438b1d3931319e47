"""A submission becomes a contact and a lead: once, under lock, with its reason."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Sequence

from django.db import OperationalError, connection
from django.utils import timezone

from core.base.models import Organisation
from core.journal.services import acting
from crm.matching.find import hold
from marketing.models import Form, Submission
from marketing.rules.fields import load_fields
from marketing.services.answers import Lists, MatchFailed
from marketing.services.forms import strategies_of
from marketing.services.waves import match_wave, waves
from marketing.services.work import Plan, Work

log = logging.getLogger(__name__)

# A transaction matches at most so many waves; what is left waits for the next, so
# that hundreds of answers from one address hold nobody up for seconds.
_WAVES = 20


def submission_match(*, submission_id: int, wait: bool = False) -> Submission | None:
    """Match one pending submission, in one transaction.

    Holds the submission's row and every identifying value it brings, so that two
    submissions never make the same person twice. Journals form.submitted, and
    lead.found for the owner of a lead that was there. One that is not pending any
    more is left as it is; without `wait` one that another worker holds gives None.
    A failure is stored with its reason; only a lost lock or connection is raised
    (OperationalError), and leaves the submission pending.
    """
    try:
        found = _match([submission_id], wait=wait)
    except OperationalError:
        raise
    except Exception:  # noqa: BLE001 - kept with its traceback, shown and retried
        return _fail_unexpectedly(submission_id, traceback.format_exc(limit=8))
    return found[0] if found else None


def submissions_match(*, submission_ids: Sequence[int]) -> int:
    """Match many pending submissions in one transaction; give how many are done.

    The outcome is that of `submission_match` for each in this order, by a few
    statements for all. Ones that another worker holds are left out, and where one
    address sent more than 20 the last of them stay pending. Should one of them
    break the transaction, the halves are tried by themselves, so that it fails alone.
    """
    if len(submission_ids) == 1:
        return _match_alone(submission_ids[0])
    try:
        found = _match(submission_ids, wait=False)
    except Exception:
        if not connection.is_usable():
            raise
        log.warning("%s submissions are halved", len(submission_ids), exc_info=True)
    else:
        return sum(row.state != Submission.State.PENDING for row in found)
    middle = len(submission_ids) // 2
    halves = submission_ids[:middle], submission_ids[middle:]
    return sum(submissions_match(submission_ids=half) for half in halves)


def _match_alone(submission_id: int) -> int:
    """Match one; a lost lock or connection leaves it to the next turn."""
    try:
        return int(submission_match(submission_id=submission_id) is not None)
    except OperationalError as error:
        log.warning("Submission %s stays pending: %s", submission_id, error)
        return 0


def _match(ids: Sequence[int], *, wait: bool) -> list[Submission]:
    with acting(None, via="form"):
        claimed = _claim(ids, wait)
        works = _read([s for s in claimed if s.state == Submission.State.PENDING])
        hold(*(c.columns for w in works for c in (w.to_contact, w.to_lead)))
        for _, wave in zip(range(_WAVES), waves(works), strict=False):
            match_wave(wave)
        return claimed


def _claim(ids: Sequence[int], wait: bool) -> list[Submission]:
    rows = Submission.objects.select_for_update(of=("self",), skip_locked=not wait)
    related = "form__contact_strategy", "form__lead_strategy", "page"
    page = "page__campaign", "page__product"
    found = rows.select_related(*related, *page).filter(pk__in=ids)
    return list(found.order_by("pk"))


def _read(submissions: Sequence[Submission]) -> list[Work]:
    """The works whose answers can be used; the others fail with their reason."""
    organisation, lists = Organisation.current(), Lists()
    plans: dict[int, Plan] = {}
    works = []
    for submission in submissions:
        form = submission.form
        if form.pk not in plans:
            plans[form.pk] = _plan(form)
        work = Work(submission, plans[form.pk], organisation)
        try:
            work.read(lists)
            works.append(work)
        except MatchFailed as failure:
            _fail(submission, failure.reason, failure.technical)
    return works


def _plan(form: Form) -> Plan:
    return Plan(form, tuple(load_fields(form.fields)), *strategies_of(form))


def _fail(submission: Submission, reason: str, technical: str) -> None:
    submission.state = Submission.State.FAILED
    submission.reason = reason
    submission.technical = technical
    submission.attempts += 1
    submission.processed_at = timezone.now()
    submission.save()


def _fail_unexpectedly(submission_id: int, technical: str) -> Submission | None:
    with acting(None, via="form"):
        found = _claim([submission_id], True)
        if not found:
            return None
        if found[0].state == Submission.State.PENDING:
            _fail(
                found[0],
                "Something unexpected went wrong. Retry; if it fails again, show "
                "the technical detail to an administrator.",
                technical,
            )
        return found[0]
