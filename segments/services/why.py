"""Why somebody is in or out."""

from __future__ import annotations

from typing import Any

from core.query.language import validate, why
from crm.models import Contact
from segments.models import Membership, Segment, SegmentException
from segments.services.preview import context_for


def segment_why(*, segment: Segment, contact: Contact) -> dict[str, Any]:
    """The conditions with true or false on each, and what overrules them.

    `member` is what the table holds; `result` what the conditions say now. For a
    static segment only the table speaks. Raises QueryError for a broken draft.
    """
    membership = Membership.objects.filter(segment=segment, contact=contact).first()
    exception = SegmentException.objects.filter(
        segment=segment, contact=contact
    ).first()
    answer: dict[str, Any] = {
        "contact": contact.pk,
        "member": membership is not None,
        "since": membership.since if membership else None,
        "exception": exception.mode if exception else None,
        "result": membership is not None,
        "tree": None,
    }
    if segment.is_computed:
        query = validate(segment.definition, ends_on="contact")
        tree = why(query, contact.pk, context_for(segment.time_zone))
        answer |= {"result": tree["result"], "tree": tree}
    return answer
