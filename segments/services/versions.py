"""What a segment asked for over time, and the way back."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.models import Max

from core.base.errors import Refused
from segments.models import Segment, SegmentVersion
from segments.services.membership import Change


def version_add(
    segment: Segment, *, how: str, change: Change, user: Any
) -> SegmentVersion | None:
    """Keep what the segment asks for now; None where the last version says the same.

    Runs in the transaction of the go-live or publishing, under the segment's lock.
    Segments that are picked by hand have no versions.
    """
    if not segment.is_computed:
        return None
    last = segment.versions.order_by("-number").first()
    if last and all(
        getattr(last, name) == getattr(segment, name) for name in Segment.DRAFTED
    ):
        return None
    top = segment.versions.aggregate(top=Max("number"))["top"] or 0
    return SegmentVersion.objects.create(
        segment=segment,
        number=top + 1,
        how=how,
        **{name: getattr(segment, name) for name in Segment.DRAFTED},
        sentence=segment.sentence,
        members=segment.member_count,
        entered=change.entered,
        left=change.left,
        created_by=user,
    )


def version_of(segment: Segment, number: int) -> SegmentVersion:
    """One version; SegmentVersion.DoesNotExist where there is none of this number."""
    return segment.versions.select_related("created_by").get(number=number)


@transaction.atomic
def version_values(segment: Segment, number: int) -> dict[str, Any]:
    """What to save to return to a version.

    Raises Refused where the segment asks for just that now.
    """
    version = version_of(segment, number)
    values = {name: getattr(version, name) for name in Segment.DRAFTED}
    if all(segment.drafted(name) == value for name, value in values.items()):
        raise Refused("same_version", f"Version {number} is what it asks for now.")
    return values
