"""Days, periods and windows in a time zone, as spans of moments or of days.

Days, weeks, months and years are counted on the wall clock of the time zone, minutes
and hours on the running clock. A month that has no such day ends on its last one.
Somebody born on 29 February has the anniversary on the 28th in other years.
"""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from core.query.context import Context

UNITS = ("minutes", "hours", "days", "weeks", "months", "years")
PERIODS = (
    "today",
    "yesterday",
    "tomorrow",
    *(
        f"{which}_{what}"
        for which in ("this", "last", "next")
        for what in ("week", "month", "quarter", "year")
    ),
)
FIRST_YEAR, LAST_YEAR = 2, 9998


@dataclass(frozen=True)
class Window:
    """A length of time as it was given: so many of a unit."""

    unit: str
    number: int


@dataclass(frozen=True)
class Span:
    """From `low` to `high`; an end that is None is open, `*_in` says it belongs."""

    low: date | datetime | None = None
    high: date | datetime | None = None
    low_in: bool = True
    high_in: bool = True


def span(op: str, value: object, kind: str, context: Context) -> Span:
    """The span that a clause of this operator means, for days or for moments."""
    if op in ("within_last", "within_next", "older_than"):
        assert isinstance(value, Window)
        return _window_span(op, value, kind, context)
    if op == "period":
        assert isinstance(value, str)
        return _days(*period_days(value, context.today), kind, context)
    if op == "between":
        assert isinstance(value, tuple)
        return _between(value[0], value[1], kind, context)
    if isinstance(value, datetime):
        return _of_moment(op, value)
    assert isinstance(value, date)
    first = value + timedelta(days=1) if op == "after" else value
    last = value - timedelta(days=1) if op == "before" else value
    return _days(
        None if op == "before" else first,
        None if op == "after" else last,
        kind,
        context,
    )


def _of_moment(op: str, value: datetime) -> Span:
    if op == "before":
        return Span(high=value, high_in=False)
    if op == "after":
        return Span(low=value, low_in=False)
    return Span(low=value, high=value)


def _between(low: date, high: date, kind: str, context: Context) -> Span:
    """Both ends belong; a day as an end belongs whole."""
    from_ = low if isinstance(low, datetime) else None
    to = high if isinstance(high, datetime) else None
    days = _days(None if from_ else low, None if to else high, kind, context)
    return Span(
        low=from_ or days.low,
        high=to or days.high,
        high_in=True if to else days.high_in,
    )


def _days(first: date | None, last: date | None, kind: str, context: Context) -> Span:
    if kind == "date":
        return Span(low=first, high=last)
    return Span(
        low=first and day_start(first, context),
        high=last and day_start(last + timedelta(days=1), context),
        high_in=False,
    )


def _window_span(op: str, window: Window, kind: str, context: Context) -> Span:
    now = context.now.astimezone(UTC)
    edge = shift(window, 1 if op == "within_next" else -1, context)
    if kind == "date":
        day = edge.astimezone(context.zone).date()
        if op == "older_than":
            return Span(high=day, high_in=False)
        return Span(low=min(day, context.today), high=max(day, context.today))
    if op == "older_than":
        return Span(high=edge, high_in=False)
    return Span(low=min(edge, now), high=max(edge, now))


def day_start(day: date, context: Context) -> datetime:
    """The moment at which a day begins in the time zone."""
    midnight = datetime.combine(day, time(), tzinfo=context.zone)
    return midnight.astimezone(UTC)


def shift(window: Window, sign: int, context: Context) -> datetime:
    """Now, moved by the window; kept within the years that can be computed."""
    number = window.number * sign
    try:
        if window.unit in ("minutes", "hours"):
            moved = context.now + timedelta(**{window.unit: number})
        elif window.unit in ("days", "weeks"):
            moved = context.local_now + timedelta(**{window.unit: number})
        else:
            months = number * (12 if window.unit == "years" else 1)
            moved = _add_months(context.local_now, months)
        if FIRST_YEAR <= moved.year <= LAST_YEAR:
            return moved.astimezone(UTC)
    except (OverflowError, ValueError):
        pass
    return datetime(FIRST_YEAR if sign < 0 else LAST_YEAR, 1, 1, tzinfo=UTC)


def _add_months(moment: datetime, months: int) -> datetime:
    year, month = divmod(moment.year * 12 + moment.month - 1 + months, 12)
    last = calendar.monthrange(year, month + 1)[1]
    return moment.replace(year=year, month=month + 1, day=min(moment.day, last))


def period_days(name: str, today: date) -> tuple[date, date]:
    """First and last day of a named period; weeks begin on Monday."""
    near = {"yesterday": -1, "today": 0, "tomorrow": 1}
    if name in near:
        day = today + timedelta(days=near[name])
        return day, day
    which, what = name.split("_")
    number = {"last": -1, "this": 0, "next": 1}[which]
    if what == "week":
        monday = today - timedelta(days=today.weekday()) + timedelta(weeks=number)
        return monday, monday + timedelta(days=6)
    length = {"month": 1, "quarter": 3, "year": 12}[what]
    index = (today.year * 12 + today.month - 1) // length + number
    return _month_start(index * length), _month_start((index + 1) * length) - timedelta(
        days=1
    )


def _month_start(index: int) -> date:
    return date(index // 12, index % 12 + 1, 1)


def anniversary_days(days: int, context: Context) -> list[int]:
    """Month and day (as month * 100 + day) whose anniversary falls then."""
    day = context.today + timedelta(days=days)
    found = [day.month * 100 + day.day]
    if found == [228] and not calendar.isleap(day.year):
        found.append(229)
    return found
