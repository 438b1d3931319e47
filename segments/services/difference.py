"""What publishing would change: who would enter, who would leave."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models import Exists, OuterRef, Q, QuerySet

from core.query.language import Query, compile_ids, evaluating
from crm.models import Contact
from segments.conditions import scoped_query
from segments.models import Membership, Segment, SegmentException
from segments.services.preview import context_for

# A comparison that takes longer is given up; publishing works all the same.
DIFFERENCE_MS = 15_000

# A full join cannot be planned as a nested loop, whatever the statistics say.
_COUNTS = """
WITH wanted AS MATERIALIZED (SELECT found.* FROM ({wanted}) AS found (id)),
target AS (
    SELECT id FROM wanted
    WHERE id NOT IN (SELECT contact_id FROM segments_segmentexception
                     WHERE segment_id = %s AND mode = 'never')
    UNION
    SELECT contact_id FROM segments_segmentexception
    WHERE segment_id = %s AND mode = 'always'
)
SELECT count(*) FILTER (WHERE present.contact_id IS NULL),
       count(*) FILTER (WHERE target.id IS NULL),
       count(*) FILTER (WHERE target.id = present.contact_id)
FROM target
FULL JOIN (SELECT contact_id FROM segments_membership WHERE segment_id = %s) present
  ON present.contact_id = target.id
"""


@dataclass(frozen=True)
class Difference:
    """How many contacts would enter, leave and stay."""

    entering: int
    leaving: int
    staying: int

    @property
    def before(self) -> int:
        """How many are in now."""
        return self.leaving + self.staying

    @property
    def after(self) -> int:
        """How many would be in."""
        return self.entering + self.staying


def drafted_query(segment: Segment) -> Query:
    """What the segment will ask for once its draft is published.

    Raises QueryError where that is broken.
    """
    return scoped_query(
        segment, segment.drafted("definition"), segment.drafted("scope")
    )


def segment_difference(segment: Segment) -> Difference:
    """Count who would enter and leave if the draft were published now; one query.

    It counts everybody, since a segment belongs to the organisation. Raises
    QueryError for a broken draft, or QueryTimeout.
    """
    sql, params = _ids(segment).query.sql_with_params()
    with evaluating(DIFFERENCE_MS), connection.cursor() as cursor:
        cursor.execute(_COUNTS.format(wanted=sql), [*params, *[segment.pk] * 3])
        return Difference(*cursor.fetchone())


def _ids(segment: Segment) -> QuerySet[Any, Any]:
    context = context_for(segment.drafted("time_zone"))
    return compile_ids(drafted_query(segment), context)


def entering_contacts(segment: Segment, user: Any) -> QuerySet[Contact]:
    """Those the user may see who would enter."""
    inside = _always(segment) | (Q(pk__in=_ids(segment)) & ~_never(segment))
    rows = Contact.objects.visible_to(user)
    found: QuerySet[Contact] = rows.filter(inside & ~_present(segment))
    return found


def leaving_contacts(segment: Segment, user: Any) -> QuerySet[Contact]:
    """Those the user may see who would leave."""
    inside = _always(segment) | (Q(pk__in=_ids(segment)) & ~_never(segment))
    rows = Contact.objects.visible_to(user)
    found: QuerySet[Contact] = rows.filter(_present(segment) & ~inside)
    return found


def _present(segment: Segment) -> Q:
    return Q(Exists(Membership.objects.filter(segment=segment, contact=OuterRef("pk"))))


def _always(segment: Segment) -> Q:
    return _excepted(segment, "always")


def _never(segment: Segment) -> Q:
    return _excepted(segment, "never")


def _excepted(segment: Segment, mode: str) -> Q:
    rows = SegmentException.objects.filter(segment=segment, mode=mode)
    return Q(Exists(rows.filter(contact=OuterRef("pk"))))
