"""Where a segment is used: segments themselves, and what upper apps register."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.urls import reverse

from segments.models import Segment
from segments.references import segments_using


@dataclass(frozen=True)
class Use:
    """One thing that stands on a segment: what it is, its name, where it is."""

    kind: str
    name: str
    url: str
    note: str = ""


Find = Callable[[int, Any], list[Use]]
_finders: dict[str, Find] = {}


def register_segment_usage(key: str, find: Find) -> None:
    """Let an upper app say what of its own uses a segment.

    `find(segment_id, user)` reads through `visible_to(user)`.
    """
    _finders[key] = find


def usage_of(segment_id: int, user: Any) -> list[Use]:
    """Everything that uses this segment, as far as the user sees it."""
    ids = [segment.pk for segment in segments_using(segment_id)]
    rows = Segment.objects.visible_to(user).filter(pk__in=ids).order_by("name")
    found = [
        Use(
            "Segment",
            row.name,
            reverse("segment", args=[row.pk]),
            row.get_state_display(),
        )
        for row in rows
    ]
    for find in _finders.values():
        found += find(segment_id, user)
    return found
