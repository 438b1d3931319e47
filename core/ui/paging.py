"""Pages of a list: the rows of one, the places of those around it, and the count."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from core.base.keyset import Order, place_in, place_read, place_text, value_of
from core.base.statistics import rows_expected


@dataclass
class Page:
    """Some rows, with the cursors of the pages around them."""

    rows: list[Any]
    after: str | None
    before: str | None


def cursor_of(row: Any, order: Order) -> str:
    """The place of a row in an order, as text for an address."""
    return place_text(value_of(row, order.field), row.pk)


def read_cursor(rows: QuerySet, order: Order, text: str) -> tuple[Any, int] | None:
    """The value and id of a cursor; None where somebody tampered with it."""
    try:
        value, pk = place_read(text)
        return place_in(rows, order, value, pk)
    except ValueError:
        return None


def page_of(
    rows: QuerySet, order: Order, size: int, *, after: str = "", before: str = ""
) -> Page:
    """One page of rows: the first, the one after a cursor, or the one before one.

    One query; a cursor that cannot be read gives the first page.
    """
    backward = bool(before) and not after
    place = read_cursor(rows, order, after or before) if after or before else None
    backward = backward and place is not None
    rows = order.apply(rows, backward=backward)
    if place:
        rows = rows.filter(order.beyond(*place, backward=backward))
    found = list(rows[: size + 1])
    more, found = len(found) > size, found[:size]
    if backward:
        found.reverse()
    if not found:
        return Page([], None, None)
    has_after = True if backward else more
    has_before = more if backward else place is not None
    return Page(
        found,
        cursor_of(found[-1], order) if has_after else None,
        cursor_of(found[0], order) if has_before else None,
    )


EXACT_UP_TO = 10_000


@dataclass(frozen=True)
class Count:
    """How many rows, and whether that is exact."""

    number: int
    exact: bool

    def __str__(self) -> str:
        return f"{self.number:,}" if self.exact else f"about {self.number:,}"


def count_of(rows: QuerySet, *, exact: bool = False) -> Count:
    """How many rows: exact up to 10,000, beyond that the planner's estimate.

    At most two queries; `exact=True` counts to the end, however long it takes.
    """
    bare = rows.order_by()
    if exact:
        return Count(bare.count(), exact=True)
    counted = bare.values("pk")[: EXACT_UP_TO + 1].count()
    if counted <= EXACT_UP_TO:
        return Count(counted, exact=True)
    estimate = max(rows_expected(bare), EXACT_UP_TO)
    digits = len(str(estimate)) - 3
    return Count(round(estimate, -digits) if digits > 0 else estimate, exact=False)
