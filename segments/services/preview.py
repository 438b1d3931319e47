"""What a definition would give, before it is live."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Count, Q
from django.utils import timezone

from core.query.language import (
    Context,
    Query,
    compile_ids,
    evaluating,
    explain,
    validate,
)
from core.query.language import counts as count_nodes
from crm.models import Contact

SAMPLE = 10
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
    ids = compile_ids(query, context_for(time_zone))
    with evaluating(PREVIEW_MS):
        numbers = mailability(Contact.objects.filter(pk__in=ids))
        found = Contact.objects.visible_to(user).filter(pk__in=ids)[:SAMPLE]
        sample = [contact_summary(contact) for contact in found]
    return Preview(
        count=numbers.count,
        mailable=numbers.mailable,
        reasons=numbers.reasons,
        sample=sample,
        sentence=explain(query),
        tree=_counted(query, time_zone) if counts else None,
    )


def segment_counts(*, definition: dict[str, Any], time_zone: str = "UTC") -> Any:
    """The definition with `rows` on every condition: how many rows satisfy it.

    A negative condition also has `empty`: how many of those only because the field is
    empty. Raises QueryError, or QueryTimeout where that takes too long.
    """
    return _counted(validate(definition, ends_on="contact"), time_zone)


def _counted(query: Query, time_zone: str) -> Any:
    with evaluating(PREVIEW_MS):
        return count_nodes(query, context_for(time_zone))


def mailability(contacts: Any) -> Mailability:
    """Count in one query; the first reason that applies is the one that counts."""
    no_address = Q(email_norm="")
    inactive = Q(state="inactive")
    refused = Q(do_not_email=True)
    no_bulk = Q(do_not_bulk_email=True)
    found = contacts.aggregate(
        total=Count("pk"),
        inactive=Count("pk", filter=inactive),
        no_address=Count("pk", filter=~inactive & no_address),
        refused=Count("pk", filter=~inactive & ~no_address & refused),
        no_bulk=Count("pk", filter=~inactive & ~no_address & ~refused & no_bulk),
    )
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
