"""What this app puts on the home of marketing."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db.models import Count, Q
from django.http import HttpRequest
from django.utils import timezone

from core.journal.models import Entry
from core.ui.home import HomeCard, address, register_home_card
from segments.models import Segment

SHOWN = 5


def live_segments(request: HttpRequest) -> dict[str, Any] | None:
    """Live segments by size, with who came and went in a week; three queries."""
    rows = Segment.objects.visible_to(request.user).live()
    found = list(rows.order_by("-member_count", "name")[:SHOWN])
    if not found:
        return None
    moved = _moved([segment.pk for segment in found])
    return {
        "number": rows.count(),
        "more": address("segment_list"),
        "lines": [
            (segment, address("segment", segment.pk), _signed(moved.get(segment.pk, 0)))
            for segment in found
        ],
    }


def _moved(ids: list[int]) -> dict[int, int]:
    """How many contacts more or fewer than seven days ago, by segment."""
    rows = (
        Entry.objects.filter(
            subject_type="segment",
            subject_id__in=ids,
            name__in=["segment.entered", "segment.left"],
            occurred_at__gte=timezone.now() - timedelta(days=7),
        )
        .order_by()
        .values_list("subject_id")
        .annotate(
            entered=Count("pk", filter=Q(name="segment.entered")),
            left=Count("pk", filter=Q(name="segment.left")),
        )
    )
    return {pk: entered - left for pk, entered, left in rows}


def _signed(number: int) -> str:
    return f"{number:+d}".replace("-", "\N{MINUS SIGN}") if number else ""


def register_homes() -> None:
    """Put the card on the home; called once when the apps are loaded."""
    register_home_card(
        HomeCard(
            "segments",
            ("marketing",),
            "segments/_home.html",
            live_segments,
            4,
            31,
            "segment",
        )
    )
