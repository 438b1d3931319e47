"""Keyset pages: page 10,000 costs what page 1 costs.

Rows are ordered by (column is empty, column, id): empty values come last in both
directions, so every row shows exactly once whichever way one pages.
"""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.db.models import F, Field, Q, QuerySet
from django.db.models.fields.tuple_lookups import TupleGreaterThan, TupleLessThan

from core.base.text import text_problem


@dataclass(frozen=True)
class Order:
    """By which column, and which way; `nullable` columns page a little differently."""

    field: str
    descending: bool
    nullable: bool

    def apply(self, rows: QuerySet, *, backward: bool = False) -> QuerySet:
        """Order the rows; backward is the exact reverse, for the page before."""
        down = self.descending != backward
        column = F(self.field)
        if not self.nullable:
            first: Any = column.desc() if down else column.asc()
        else:
            empty = {"nulls_first": True} if backward else {"nulls_last": True}
            first = column.desc(**empty) if down else column.asc(**empty)
        return rows.order_by(first, F("pk").desc() if down else F("pk").asc())

    def beyond(self, value: Any, pk: int, *, backward: bool = False) -> Q:
        """What comes after the row with this value and id, in this order."""
        way = "lt" if self.descending != backward else "gt"
        if not self.nullable:
            return Q(self._tuple(way, value, pk))
        same = Q(**{self.field: value, f"pk__{way}": pk})
        farther = Q(**{f"{self.field}__{way}": value})
        empty = Q(**{f"{self.field}__isnull": True})
        if value is None:
            inside = empty & Q(**{f"pk__{way}": pk})
            return (
                inside | Q(**{f"{self.field}__isnull": False}) if backward else inside
            )
        return farther | same if backward else farther | same | empty

    def _tuple(self, way: str, value: Any, pk: int) -> Any:
        # A row comparison reads one index range; OR would read and filter.
        lookup = TupleLessThan if way == "lt" else TupleGreaterThan
        return lookup((F(self.field), F("pk")), (value, pk))


def sort_field(rows: QuerySet, name: str) -> Field | None:
    """The field behind a sort name: an annotation, or a column along look-ups."""
    if name in rows.query.annotations:
        field: Field = rows.query.annotations[name].output_field
        return field
    meta, found = rows.model._meta, None
    for part in name.split("__"):
        try:
            found = meta.get_field(part)
        except FieldDoesNotExist:
            return None
        if found.related_model:
            meta = found.related_model._meta
    return found


def order_of(rows: QuerySet, name: str, descending: bool) -> Order:
    """An order over these rows; what crosses a look-up or is computed may be empty."""
    field = sort_field(rows, name)
    computed = name in rows.query.annotations or "__" in name
    return Order(name, descending, computed or bool(field and field.null))


def value_of(row: Any, name: str) -> Any:
    """What a row holds under a sort name; None where a look-up is empty."""
    for part in name.split("__"):
        row = getattr(row, part, None)
    return row


@dataclass
class Page:
    """Some rows, with the cursors of the pages around them."""

    rows: list[Any]
    after: str | None
    before: str | None


def _exact(value: Any) -> str:
    # DjangoJSONEncoder cuts microseconds off, and with them rows of one import.
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


def cursor_of(row: Any, order: Order) -> str:
    """The place of a row in an order, as text for an address."""
    text = json.dumps([value_of(row, order.field), row.pk], default=_exact)
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def read_cursor(rows: QuerySet, order: Order, text: str) -> tuple[Any, int] | None:
    """The value and id of a cursor; None where somebody tampered with it."""
    try:
        padded = text + "=" * (-len(text) % 4)
        value, pk = json.loads(base64.urlsafe_b64decode(padded))
        field = sort_field(rows, order.field)
        if isinstance(value, str) and text_problem(value):
            return None
        if value is not None and field is not None:
            value = field.to_python(value)
    except (ValueError, TypeError, binascii.Error, ValidationError):
        return None
    well = isinstance(pk, int) and abs(pk) < 2**63
    return (value, pk) if well and (value is not None or order.nullable) else None


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
    plan = json.loads(bare.values("pk").explain(format="json"))
    estimate = max(int(plan[0]["Plan"]["Plan Rows"]), EXACT_UP_TO)
    digits = len(str(estimate)) - 3
    return Count(round(estimate, -digits) if digits > 0 else estimate, exact=False)
