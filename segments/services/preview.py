"""What a definition would give, before it is live."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db.models import Aggregate, BigIntegerField, Count, Q
from django.utils import timezone

from core.query.language import (
    Context,
    compile_ids,
    evaluating,
    explain,
    validate,
)
from core.query.language import counts as count_nodes
from crm.models import Contact

SAMPLE = 10
# So many ids are tried for a sample of those that somebody may see.
CANDIDATES = 200
# A preview that takes longer is given up: the query is too wide to try out.
PREVIEW_MS = 4_500


@dataclass
class Mailability:
    """How many contacts can be emailed, and why the rest cannot."""

    count: int
    mailable: int
    reasons: dict[str, int] = field(default_factory=dict)


@dataclass
class Preview:
    """The size of a definition, a sample of its contacts and its sentence."""

    count: int
    mailable: int
    reasons: dict[str, int]
    sample: list[dict[str, Any]]
    sentence: str
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
) -> Preview:
    """Count what the definition gives now: two queries beside the sentence.

    With `counts` every condition is counted too (`segment_counts`), which takes one
    query for all conditions on the rows themselves and one for each relation.

    The count is of everybody in it, since a segment belongs to the organisation; the
    sample shows only contacts that `user` may see. Raises QueryError or, after
    a few seconds, QueryTimeout.
    """
    query = validate(definition, ends_on="contact")
    context = context_for(time_zone)
    tree = None
    with evaluating(PREVIEW_MS):
        ids = compile_ids(query, context)
        numbers, some = mailability_and_some(Contact.objects.filter(pk__in=ids))
        sample = _sample(user, some, ids, numbers.count)
        if counts:
            tree = count_nodes(query, context, whole=numbers.count)
    return Preview(
        count=numbers.count,
        mailable=numbers.mailable,
        reasons=numbers.reasons,
        sample=sample,
        sentence=explain(query),
        tree=tree,
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


def segment_counts(*, definition: dict[str, Any], time_zone: str = "UTC") -> Any:
    """The definition with `rows` on every condition: how many rows satisfy it.

    A negative condition also has `empty`: how many of those only because the field is
    empty. Raises QueryError, or QueryTimeout where that takes too long.
    """
    query = validate(definition, ends_on="contact")
    with evaluating(PREVIEW_MS):
        return count_nodes(query, context_for(time_zone))


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


def _mailability(found: dict[str, int]) -> Mailability:
    reasons = {
        "Inactive": found["inactive"],
        "No email address": found["no_address"],
        "Email not allowed": found["refused"],
        "Bulk email not allowed": found["no_bulk"],
    }
    reasons = {label: number for label, number in reasons.items() if number}
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
