"""Where segments are used: segments themselves, and what upper apps register."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from typing import Any

from django.urls import reverse

from segments.flow import mentions
from segments.models import Segment


@dataclass(frozen=True)
class Use:
    """One thing that stands on a segment: what it is, its name, where it is.

    `live` says that it is at work now, so that who enters or leaves the segment is
    felt at once.
    """

    kind: str
    name: str
    url: str
    note: str = ""
    live: bool = False


Find = Callable[[Collection[int], Any], Iterable[tuple[int, Use]]]
_finders: dict[str, Find] = {}


def register_segment_usage(key: str, find: Find) -> None:
    """Let an upper app say what of its own uses segments.

    `find(ids, user)` gives (segment id, use) pairs for those of these segments that
    are used, in a fixed number of queries, reading through `visible_to(user)`;
    without a user it gives all there are.
    """
    _finders[key] = find


def uses_of(ids: Collection[int], user: Any) -> dict[int, list[Use]]:
    """Everything that uses these segments, as far as the user sees it.

    One query, and those of each app that registered, however many segments.
    """
    wanted = set(ids)
    found: dict[int, list[Use]] = defaultdict(list)
    for find in (_segments, *_finders.values()):
        for pk, use in find(wanted, user):
            found[pk].append(use)
    return found


def usage_of(segment_id: int, user: Any) -> list[Use]:
    """Everything that uses this segment; without a user all there is."""
    return uses_of([segment_id], user)[segment_id]


def _segments(ids: Collection[int], user: Any) -> Iterable[tuple[int, Use]]:
    rows = Segment.objects.all() if user is None else Segment.objects.visible_to(user)
    for row in rows.computed().order_by("name"):
        named = mentions(row.definition)
        planned = mentions(row.draft) - named
        for pk in (named | planned) & set(ids) - {row.pk}:
            note = "Changes not published yet" if pk in planned else ""
            yield (
                pk,
                Use(
                    "Segment",
                    row.name,
                    reverse("segment", args=[row.pk]),
                    note or row.get_state_display(),
                    live=row.is_live and not note,
                ),
            )
