"""Who is at work, who has room, whose turn it is."""

from __future__ import annotations

import datetime as dt
from collections import Counter

import pytest

from sales.assignment.rules import (
    ByLoad,
    InTurn,
    Seat,
    Week,
    can_take,
    hours_read,
    places,
)

NINE_TO_FIVE = [["09:00", "17:00"]] * 5 + [None, None]
NIGHTS = [["22:00", "06:00"]] * 7


def at(text):
    return dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC)


def day(text):
    return dt.date.fromisoformat(text)


# 2026-03-02 is a Monday. Amsterdam is one hour ahead of UTC until 29 March.
@pytest.mark.parametrize(
    ("hours", "zone", "now", "within", "works"),
    [
        (NINE_TO_FIVE, "UTC", "2026-03-02 09:00", 0, True),
        (NINE_TO_FIVE, "UTC", "2026-03-02 08:59", 0, False),
        (NINE_TO_FIVE, "UTC", "2026-03-02 16:59", 0, True),
        (NINE_TO_FIVE, "UTC", "2026-03-02 17:00", 0, False),
        (NINE_TO_FIVE, "Europe/Amsterdam", "2026-03-02 08:00", 0, True),
        (NINE_TO_FIVE, "Europe/Amsterdam", "2026-03-02 16:00", 0, False),
        # The clock went forward on Sunday 29 March: nine is seven o'clock UTC.
        (NINE_TO_FIVE, "Europe/Amsterdam", "2026-03-30 07:00", 0, True),
        (NINE_TO_FIVE, "Europe/Amsterdam", "2026-03-30 06:59", 0, False),
        # Friday evening: Monday is 64 hours away.
        (NINE_TO_FIVE, "UTC", "2026-03-06 17:00", 48, False),
        (NINE_TO_FIVE, "UTC", "2026-03-06 17:00", 72, True),
        (NINE_TO_FIVE, "UTC", "2026-03-06 17:00", 64, True),
        (NIGHTS, "UTC", "2026-03-02 23:00", 0, True),
        (NIGHTS, "UTC", "2026-03-02 05:59", 0, True),
        (NIGHTS, "UTC", "2026-03-02 06:00", 0, False),
        ([], "UTC", "2026-03-01 03:00", 0, True),
        ([None] * 7, "UTC", "2026-03-02 10:00", 120, False),
    ],
)
def test_at_work_within(hours, zone, now, within, works):
    week = Week(zone, hours_read(hours))
    assert week.works_within(at(now), within) is works


@pytest.mark.parametrize(
    ("first", "last", "now", "within", "works"),
    [
        ("2026-03-02", "2026-03-02", "2026-03-02 10:00", 0, False),
        ("2026-03-02", "2026-03-02", "2026-03-02 10:00", 24, True),
        ("2026-03-02", "2026-03-06", "2026-03-02 10:00", 120, False),
        ("2026-03-03", "2026-03-06", "2026-03-02 10:00", 0, True),
    ],
)
def test_days_off(first, last, now, within, works):
    hours = hours_read(NINE_TO_FIVE)
    week = Week("UTC", hours, [(day(first), day(last))])
    assert week.works_within(at(now), within) is works
    # Without hours of work a day off is off all the same.
    if within == 0:
        always = Week("UTC", (), [(day(first), day(last))])
        assert always.works_within(at(now), within) is works


@pytest.mark.parametrize(
    "stored",
    ["x", [1], [["09:00"]] * 7, [["9", "25:00"]] * 7, [["09:00+01:00", "10:00"]] * 7],
)
def test_hours_that_are_none_are_refused(stored):
    with pytest.raises(ValueError, match=r"seven days|09:00"):
        hours_read(stored)


def deal(taker, number):
    given = []
    for _ in range(number):
        seat = taker.next()
        if seat is None:
            break
        seat.load += 1
        given.append(seat.user_id)
    return given


def seats(*loads, capacity=None):
    return [Seat(n, load=load, capacity=capacity) for n, load in enumerate(loads, 1)]


def test_in_turn_goes_on_after_the_last():
    assert deal(InTurn(seats(0, 0, 0), last=2, uses_capacity=True), 4) == [3, 1, 2, 3]
    # Whoever was last is not among them any more: from the beginning.
    assert deal(InTurn(seats(0, 0, 0), last=9, uses_capacity=True), 2) == [1, 2]


def test_in_turn_passes_over_the_full_and_ends_when_all_are():
    people = seats(0, 1, 0, capacity=2)
    assert deal(InTurn(people, last=None, uses_capacity=True), 9) == [1, 2, 3, 1, 3]
    people = seats(5, 5, capacity=2)
    assert deal(InTurn(people, last=None, uses_capacity=False), 3) == [1, 2, 1]


def test_by_load_fills_up_the_emptiest_and_then_takes_turns():
    people = seats(3, 0, 1)
    given = deal(ByLoad(people, last=None, uses_capacity=True), 8)
    assert given[:3] == [2, 3, 2]
    assert [seat.load for seat in people] == [4, 4, 4]


def test_by_load_sees_what_another_rule_gave():
    people = seats(0, 0)
    taker = ByLoad(people, last=None, uses_capacity=True)
    people[0].load = 3
    assert deal(taker, 3) == [2, 2, 2]


@pytest.mark.parametrize("kind", [InTurn, ByLoad])
@pytest.mark.parametrize("runs", [[100], [1] * 100, [7, 13, 41, 39]])
def test_fair_to_within_one_lead_over_any_number_of_runs(kind, runs):
    people, last, given = seats(0, 0, 0, 0, 0, 0, 0), None, Counter()
    for number in runs:
        got = deal(kind(people, last=last, uses_capacity=True), number)
        given.update(got)
        last = got[-1]
    assert max(given.values()) - min(given.values()) <= 1
    assert sum(given.values()) == 100


def test_who_takes_no_leads_is_left_out_whatever_the_hours():
    seat = Seat(1, takes_leads=False)
    assert not can_take(seat, within=None, now=at("2026-03-02 10:00"))
    asleep = Seat(1, week=Week("UTC", hours_read([None] * 7)))
    assert can_take(asleep, within=None, now=at("2026-03-02 10:00"))
    assert not can_take(asleep, within=24, now=at("2026-03-02 10:00"))


def test_an_order_names_each_once():
    assert places([1, 2, 3], [3, 1, 2]) == [3, 1, 2]
    for wrong in ([1, 2], [1, 2, 2], [1, 2, 3, 4]):
        with pytest.raises(ValueError, match="once"):
            places([1, 2, 3], wrong)
