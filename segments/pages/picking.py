"""How a segment is shown to somebody who is about to fill it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from segments.models import Segment
from segments.usage import uses_of


def felt_by(segments: Sequence[Segment], user: Any) -> dict[int, str]:
    """What starts at once when somebody enters or leaves, in words, by segment.

    What the user may not see is counted, and not named: they are warned all the
    same. A fixed number of queries.
    """
    ids = [segment.pk for segment in segments]
    every = uses_of(ids, None)
    seen = uses_of(ids, user) if user is not None else {}
    return {
        pk: _told(uses, {use.url for use in seen.get(pk, [])})
        for pk, uses in every.items()
        if any(use.live for use in uses)
    }


def _told(uses: Sequence[Any], seen: set[str]) -> str:
    live = [use for use in uses if use.live]
    named = [f"{use.name} ({use.kind.lower()})" for use in live if use.url in seen]
    others = Counter(use.kind.lower() for use in live if use.url not in seen)
    counted = [f"{n} {kind}{'s' if n > 1 else ''}" for kind, n in others.items()]
    return ", ".join([*named, *counted])


def pick_line(segment: Segment, felt: str) -> SafeString:
    """Name, purpose, campaign, state and size; and a warning where it is at work."""
    notes = [segment.description] if segment.description else []
    if segment.campaign:
        notes.append(f"Campaign: {segment.campaign}")
    count = segment.member_count
    size = f"{count:,} member{'' if count == 1 else 's'}"
    return format_html(
        '<b class="m">{}</b>{}<small class="mut">{}, {}</small>{}',
        segment.name,
        format_html_join("", '<small class="sub">{}</small>', ((n,) for n in notes)),
        segment.get_state_display(),
        size,
        format_html('<small class="h-felt">At work now: {}</small>', felt)
        if felt
        else "",
    )
