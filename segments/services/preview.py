"""What a definition would give, before it is live."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db.models import Aggregate, BigIntegerField, Count, Q
from django.utils import timezone

from core.query.language import (
    Context,
    Query,
    QueryTimeout,
    compile_ids,
    estimate,
    evaluating,
    explain,
    marked,
    validate,
)
from core.query.language import counts as count_nodes
from core.query.slices import reachable
from crm.models import Contact

SAMPLE = 10
# So many ids are tried for a sample of those that somebody may see.
CANDIDATES = 200
# A preview that takes longer is given up: the query is too wide to try out.
PREVIEW_MS = 4_500
# With more contacts than this an exact answer gets only so long, then an estimate does.
EXACT_UP_TO = 20_000
EXACT_MS = 200
# Estimates of conditions on other entities that take longer are left out.
INSIDE_MS = 250
_MAIL = ("state", "email_norm", "do_not_email", "do_not_bulk_email")


@dataclass
class Mailability:
    """How many contacts can be emailed, and why the rest cannot."""

    count: int
    mailable: int
    reasons: dict[str, int] = field(default_factory=dict)


@dataclass
class Preview:
    """The size of a definition, a sample of its contacts and its sentence.

    Where it is not `exact` the numbers are estimates; in 95 of 100 cases `count` is
    off by no more than `margin`.
    """

    count: int
    mailable: int
    reasons: dict[str, int]
    sample: list[dict[str, Any]]
    sentence: str
    exact: bool = True
    margin: int = 0
    # The definition with the count of every condition, where that was asked for.
    tree: Any = None


def context_for(time_zone: str, now: dt.datetime | None = None) -> Context:
    """Relative dates are counted in the segment's time zone."""
    return Context(time_zone=time_zone, now=now or timezone.now())


def segment_preview(
    *,
    definition: dict[str, Any],
    user: Any,
    time_zone: str = "UTC",
    counts: bool = False,
    exact: bool = False,
) -> Preview:
    """Count what the definition gives now, exactly or, where that is dear, about.

    Among more than 20,000 contacts an exact answer gets a fifth of a second; then a
    slice of the contacts says about how many there are (`exact` false, `margin`).
    With `exact` the answer is exact, or there is none. With `counts` every condition
    is counted too, as in `segment_counts`.

    The count is of everybody in it, since a segment belongs to the organisation; the
    sample shows only contacts that `user` may see. Raises QueryError or, after
    a few seconds, QueryTimeout.
    """
    query = validate(definition, ends_on="contact")
    context = context_for(time_zone)
    quick = not exact and reachable(Contact, EXACT_UP_TO)
    try:
        with evaluating(EXACT_MS if quick else PREVIEW_MS):
            found = _exactly(query, context, user)
            if counts and not quick:
                found.tree = count_nodes(query, context, whole=found.count)
    except QueryTimeout:
        if not quick:
            raise
        return _about(query, context, user, counts=counts)
    if counts and quick:
        found.tree = _quick_counts(query, context)
    return found


def _exactly(query: Query, context: Context, user: Any) -> Preview:
    ids = compile_ids(query, context)
    numbers, some = mailability_and_some(Contact.objects.filter(pk__in=ids))
    return Preview(
        count=numbers.count,
        mailable=numbers.mailable,
        reasons=numbers.reasons,
        sample=_sample(user, some, ids, numbers.count),
        sentence=explain(query),
    )


def _about(query: Query, context: Context, user: Any, *, counts: bool) -> Preview:
    """The same from a slice of the contacts, in one statement."""
    with evaluating(PREVIEW_MS):
        told = estimate(query, context, *_MAIL)
        seen = Contact.objects.visible_to(user)
        some = list(seen.filter(pk__in=sorted(told.found)[:CANDIDATES])[:SAMPLE])
    if counts:
        told.look_inside(INSIDE_MS)
    whys = Counter(_why_not(*row) for row in told.found.values())
    mailable = whys.pop("", 0)
    return Preview(
        count=told.count,
        mailable=told.slice.about(mailable),
        reasons={why: told.slice.about(whys[why]) for why in _WHYS if whys[why]},
        sample=[contact_summary(contact) for contact in some],
        sentence=explain(query),
        exact=False,
        margin=told.margin,
        tree=marked(query, told.marks) if counts else None,
    )


def _sample(user: Any, some: list[int], ids: Any, total: int) -> list[dict[str, Any]]:
    """The first contacts that the user may see.

    Those among `some` of the ids; all are searched only where the user sees few.
    """
    seen = Contact.objects.visible_to(user)
    found = list(seen.filter(pk__in=some)[:SAMPLE])
    if len(found) < min(SAMPLE, total) and len(some) < total:
        found = list(seen.filter(pk__in=ids)[:SAMPLE])
    return [contact_summary(contact) for contact in found]


def segment_counts(
    *, definition: dict[str, Any], time_zone: str = "UTC", exact: bool = False
) -> Any:
    """The definition with `rows` on every condition: how many rows satisfy it.

    A negative condition also has `empty`: how many of those only because the field is
    empty. Where a fifth of a second does not suffice for more than 20,000 contacts,
    they are estimates from slices, each with its `margin` (unless `exact`); an
    estimate of another entity's rows that takes long is left out. Raises QueryError,
    or QueryTimeout where that takes too long.
    """
    query = validate(definition, ends_on="contact")
    context = context_for(time_zone)
    if not exact and reachable(Contact, EXACT_UP_TO):
        return _quick_counts(query, context)
    with evaluating(PREVIEW_MS):
        return count_nodes(query, context)


def _quick_counts(query: Query, context: Context) -> Any:
    try:
        with evaluating(EXACT_MS):
            return count_nodes(query, context)
    except QueryTimeout:
        with evaluating(PREVIEW_MS):
            told = estimate(query, context)
        told.look_inside(INSIDE_MS)
        return marked(query, told.marks)


def mailability(contacts: Any) -> Mailability:
    """Count in one query; the first reason that applies is the one that counts."""
    return _mailability(contacts.aggregate(**_mail_counts()))


def mailability_and_some(contacts: Any) -> tuple[Mailability, list[int]]:
    """The same query gives some of the ids too: it is the dear part of a preview."""
    found = contacts.aggregate(**_mail_counts(), some=_Some("pk"))
    return _mailability(found), found["some"] or []


class _Some(Aggregate):
    """A few of the values, whichever come first."""

    function = "array_agg"
    template = f"(%(function)s(%(expressions)s))[1:{CANDIDATES}]"
    output_field = ArrayField(BigIntegerField())


def _mail_counts() -> dict[str, Any]:
    no_address = Q(email_norm="")
    inactive = Q(state="inactive")
    refused = Q(do_not_email=True)
    no_bulk = Q(do_not_bulk_email=True)
    return {
        "total": Count("pk"),
        "inactive": Count("pk", filter=inactive),
        "no_address": Count("pk", filter=~inactive & no_address),
        "refused": Count("pk", filter=~inactive & ~no_address & refused),
        "no_bulk": Count("pk", filter=~inactive & ~no_address & ~refused & no_bulk),
    }


_WHYS = (
    "Inactive",
    "No email address",
    "Email not allowed",
    "Bulk email not allowed",
)


def _why_not(state: str, address: str, refused: bool, no_bulk: bool) -> str:
    """The first reason why this contact cannot be emailed; none if it can."""
    applies = (state == "inactive", not address, refused, no_bulk)
    return next((why for why, here in zip(_WHYS, applies, strict=True) if here), "")


def _mailability(found: dict[str, int]) -> Mailability:
    numbers = [found[key] for key in ("inactive", "no_address", "refused", "no_bulk")]
    reasons = {why: many for why, many in zip(_WHYS, numbers, strict=True) if many}
    return Mailability(
        count=found["total"],
        mailable=found["total"] - sum(reasons.values()),
        reasons=reasons,
    )


def contact_summary(contact: Contact) -> dict[str, Any]:
    """What a list of faces shows of a contact."""
    return {
        "id": contact.pk,
        "name": contact.name,
        "email": contact.email,
        "company_name": contact.company_name,
        "marketing_only": contact.marketing_only,
    }
