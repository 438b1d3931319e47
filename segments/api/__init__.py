"""Segments over the API."""

from __future__ import annotations

from segments.api.templates import SegmentTemplateViewSet
from segments.api.views import SegmentViewSet

__all__ = ["SegmentTemplateViewSet", "SegmentViewSet"]
