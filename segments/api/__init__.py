"""Segments over the API."""

from __future__ import annotations

from segments.api.views import SegmentViewSet

__all__ = ["SegmentViewSet"]
