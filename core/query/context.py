"""Where and when a query is read: its time zone and its now."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.utils import timezone

from core.query.errors import QueryError


@dataclass(frozen=True)
class Context:
    """The time zone in which days begin, the moment that is now, and who asks.

    With a `user` only rows that this user may see are looked at, also behind
    relations: a question must not tell what a list would hide. Without one the
    question is the organisation's (segments, scoring, workflows).
    """

    time_zone: str = "UTC"
    now: datetime = field(default_factory=timezone.now)
    user: Any = None

    def __post_init__(self) -> None:
        if self.now.tzinfo is None:
            raise ValueError("now needs a time zone")
        try:
            ZoneInfo(self.time_zone)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise QueryError(
                "", "unknown_time_zone", f"There is no time zone {self.time_zone!r}."
            ) from None

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)

    @property
    def local_now(self) -> datetime:
        return self.now.astimezone(self.zone)

    @property
    def today(self) -> date:
        """The day it is in the time zone."""
        return self.local_now.date()
