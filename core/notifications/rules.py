"""When digests are due: pure, no database."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo, available_timezones

MORNING = dt.time(7)
MONDAY = 0


def digest_due(frequency: str, after: dt.datetime, time_zone: str) -> dt.datetime:
    """The next morning, or Monday morning, of a person after a moment.

    A time zone that nobody knows counts as UTC.
    """
    zone = ZoneInfo(time_zone if time_zone in available_timezones() else "UTC")
    day = after.astimezone(zone).date()
    while True:
        due = dt.datetime.combine(day, MORNING, zone).astimezone(dt.UTC)
        fits = frequency != "weekly" or day.weekday() == MONDAY
        if fits and due > after:
            return due
        day += dt.timedelta(days=1)
