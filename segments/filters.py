"""What lists of segments can be narrowed by, in the browser and the API."""

from __future__ import annotations

from typing import ClassVar

import django_filters

from segments.models import Segment, SegmentTemplate


class SegmentFilter(django_filters.FilterSet):
    """Segments by kind, state and owner."""

    class Meta:
        model = Segment
        fields: ClassVar = ["kind", "state", "scope", "owner", "team", "campaign"]


class SegmentTemplateFilter(django_filters.FilterSet):
    """Templates by owner and key; those that come with the product have a key."""

    class Meta:
        model = SegmentTemplate
        fields: ClassVar = ["key", "owner", "team"]
