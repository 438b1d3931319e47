"""What the tests of segments share."""

from __future__ import annotations

import pytest

from core.journal.pump import pump_to_rest
from core.journal.services import acting
from segments.models import Membership
from segments.services.lifecycle import segment_create, segment_go_live
from segments.services.sweep import recount_next_due, refresh_next_due


def settle():
    """Let the journal and everything due come to rest."""
    pump_to_rest()
    while refresh_next_due():
        pump_to_rest()
    while recount_next_due():
        pass


def members(segment):
    """The ids of a segment's contacts."""
    rows = Membership.objects.filter(segment=segment)
    return set(rows.values_list("contact_id", flat=True))


@pytest.fixture
def live(cast):
    """`live(definition)` makes a live dynamic segment of the marketer."""
    count = iter(range(1000))

    def make(definition, **data):
        with acting(cast.ann, via="test"):
            segment = segment_create(
                user=cast.ann,
                name=data.pop("name", f"Segment {next(count)}"),
                definition=definition,
                **data,
            )
            segment = segment_go_live(segment_id=segment.pk)
        pump_to_rest()
        return segment

    return make
