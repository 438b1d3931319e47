"""Segments that the query language can refer to, without the segments app."""

import pytest
from django.db.models import F
from django.db.models.functions import Mod

from core.query import registry
from core.query.registry import SegmentSource
from crm.models import Contact


def members(number):
    """Segment 1 has everybody, 2 every second contact, 3 every third."""
    every = Contact.objects.annotate(rest=Mod(F("pk"), number))
    return every.filter(rest=0).values("pk")


@pytest.fixture
def segments(monkeypatch):
    source = SegmentSource(
        "contact", members, lambda n: f"Segment {n}" if n in (1, 2, 3) else None
    )
    monkeypatch.setattr(registry._known, "segments", source)
    return source
