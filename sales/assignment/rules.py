"""Who is at work, who has room, and whose turn it is: pure, no database."""

from __future__ import annotations

import datetime as dt
import heapq
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol
from zoneinfo import ZoneInfo

WITHIN = (24, 48, 72, 96, 120)
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")

# One weekday: from, to (the next day where it is not later), or not at all.
Hours = Sequence[tuple[dt.time, dt.time] | None]


def hours_read(stored: Any) -> list[tuple[dt.time, dt.time] | None]:
    """The hours of seven days as they are stored; ValueError where they are not such.

    An empty list means always at work, and stays empty.
    """
    if stored in (None, []):
        return []
    if not isinstance(stored, list) or len(stored) != len(DAYS):
        raise ValueError("Give seven days, from Monday to Sunday.")
    return [_day_read(day, name) for day, name in zip(stored, DAYS, strict=True)]


def _day_read(day: Any, name: str) -> tuple[dt.time, dt.time] | None:
    if day in (None, []):
        return None
    wrong = f"{name}: give two times such as 09:00 and 17:30, or nothing."
    if not isinstance(day, list | tuple) or len(day) != 2:
        raise ValueError(wrong)
    try:
        begin, end = (dt.time.fromisoformat(str(text)) for text in day)
    except ValueError:
        raise ValueError(wrong) from None
    if begin.tzinfo or end.tzinfo:
        raise ValueError(wrong)
    return begin, end


@dataclass(frozen=True)
class Week:
    """When somebody works: hours by weekday in a time zone, without the days off."""

    time_zone: str = "UTC"
    hours: Hours = ()
    days_off: Sequence[tuple[dt.date, dt.date]] = ()

    def works_within(self, now: dt.datetime, hours: int) -> bool:
        """Whether this person is at work now or will be in so many hours."""
        until = now + dt.timedelta(hours=hours)
        zone = ZoneInfo(self.time_zone)
        # Yesterday's hours may reach over midnight.
        day = now.astimezone(zone).date() - dt.timedelta(days=1)
        while day <= until.astimezone(zone).date():
            found = self._span(day, zone)
            if found and found[0] <= until and found[1] > now:
                return True
            day += dt.timedelta(days=1)
        return False

    def is_off(self, day: dt.date) -> bool:
        return any(first <= day <= last for first, last in self.days_off)

    def _span(
        self, day: dt.date, zone: ZoneInfo
    ) -> tuple[dt.datetime, dt.datetime] | None:
        if self.is_off(day):
            return None
        if not self.hours:
            return _moment(day, dt.time.min, zone), _moment(
                _next(day), dt.time.min, zone
            )
        found = self.hours[day.weekday()]
        if found is None:
            return None
        begin, end = found
        ends_on = day if end > begin else _next(day)
        return _moment(day, begin, zone), _moment(ends_on, end, zone)


def _next(day: dt.date) -> dt.date:
    return day + dt.timedelta(days=1)


def _moment(day: dt.date, time: dt.time, zone: ZoneInfo) -> dt.datetime:
    return dt.datetime.combine(day, time, zone).astimezone(dt.UTC)


@dataclass(slots=True)
class Seat:
    """Somebody who can be given leads, as one run sees that person.

    `load` counts the open leads and grows as the run gives more.
    """

    user_id: int
    team_id: int | None = None
    load: int = 0
    capacity: int | None = None
    takes_leads: bool = True
    week: Week = field(default_factory=Week)

    @property
    def is_full(self) -> bool:
        return self.capacity is not None and self.load >= self.capacity


class Taker(Protocol):
    """Says who gets the next lead of a rule; None where nobody can take it."""

    def next(self) -> Seat | None: ...


class InTurn:
    """One after the other, going on after whoever was last; the full are passed over.

    Among people who have room all the time the numbers differ by one at most, over
    any number of runs, because the place in the order is kept.
    """

    def __init__(
        self, seats: Sequence[Seat], *, last: int | None, uses_capacity: bool
    ) -> None:
        self.seats = _after(seats, last)
        self.uses_capacity = uses_capacity
        self.at = 0

    def next(self) -> Seat | None:
        while self.seats:
            self.at %= len(self.seats)
            seat = self.seats[self.at]
            if self.uses_capacity and seat.is_full:
                del self.seats[self.at]
                continue
            self.at += 1
            return seat
        return None


class ByLoad:
    """Whoever has the fewest open leads; whose turn it is among equals."""

    def __init__(
        self, seats: Sequence[Seat], *, last: int | None, uses_capacity: bool
    ) -> None:
        self.uses_capacity = uses_capacity
        self.heap = [
            (seat.load, place, seat) for place, seat in enumerate(_after(seats, last))
        ]
        heapq.heapify(self.heap)
        self.places = len(self.heap)

    def next(self) -> Seat | None:
        while self.heap:
            load, place, seat = self.heap[0]
            if self.uses_capacity and seat.is_full:
                heapq.heappop(self.heap)
            elif load != seat.load:
                # Another rule gave this person something meanwhile.
                heapq.heapreplace(self.heap, (seat.load, place, seat))
            else:
                # Whoever gave it counts it on the seat; the turn is over.
                self.places += 1
                heapq.heapreplace(self.heap, (load + 1, self.places, seat))
                return seat
        return None


def _after(seats: Sequence[Seat], last: int | None) -> list[Seat]:
    """The same order, beginning behind whoever was last."""
    for place, seat in enumerate(seats):
        if seat.user_id == last:
            return [*seats[place + 1 :], *seats[: place + 1]]
    return list(seats)


def can_take(seat: Seat, *, within: int | None, now: dt.datetime) -> bool:
    """Whether a rule may give leads to this person now, room aside.

    Where the rule does not ask for hours, only whoever takes no leads is left out.
    """
    if not seat.takes_leads:
        return False
    return within is None or seat.week.works_within(now, within)


def places(order: Sequence[int], wanted: Sequence[int]) -> list[int]:
    """A new order of what is there; ValueError where it is not the same things."""
    if sorted(order) != sorted(wanted):
        raise ValueError("The order must name each rule once.")
    return list(wanted)
