"""Places in a sorted list: page 10,000 costs what page 1 costs, and no row shows twice.

Rows are ordered by (column is empty, column, id): empty values come last in both
directions, so every row shows exactly once whichever way one pages. The lists of the
browser and of the API turn their pages by this.
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
    """By which column, and which way; `nullable` columns page a little differently.

    The column `pk` stands for the id alone.
    """

    field: str
    descending: bool
    nullable: bool

    def apply(self, rows: QuerySet, *, backward: bool = False) -> QuerySet:
        """Order the rows; backward is the exact reverse, for the page before."""
        down = self.descending != backward
        last = F("pk").desc() if down else F("pk").asc()
        if self.field == "pk":
            return rows.order_by(last)
        column = F(self.field)
        if not self.nullable:
            first: Any = column.desc() if down else column.asc()
        else:
            empty = {"nulls_first": True} if backward else {"nulls_last": True}
            first = column.desc(**empty) if down else column.asc(**empty)
        return rows.order_by(first, last)

    def beyond(self, value: Any, pk: int, *, backward: bool = False) -> Q:
        """What comes after the row with this value and id, in this order."""
        way = "lt" if self.descending != backward else "gt"
        if self.field == "pk":
            return Q(**{f"pk__{way}": pk})
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
            found = meta.pk if part == "pk" else meta.get_field(part)
        except FieldDoesNotExist:
            return None
        if found.related_model:
            meta = found.related_model._meta
    return getattr(found, "output_field", None) or found


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


def _exact(value: Any) -> str:
    # DjangoJSONEncoder cuts microseconds off, and with them rows of one import.
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


def place_text(*values: Any) -> str:
    """A place as text for an address."""
    text = json.dumps(values, default=_exact)
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def place_read(text: str) -> list[Any]:
    """What `place_text` was given, as JSON has it; ValueError for other text."""
    try:
        values = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except (binascii.Error, RecursionError) as error:
        raise ValueError("not a place in a list") from error
    if not isinstance(values, list):
        raise ValueError("not a place in a list")
    return values


def place_in(rows: QuerySet, order: Order, value: Any, pk: Any) -> tuple[Any, int]:
    """The value and id of a place as the database takes them.

    ValueError for what no row of this order can have: somebody tampered with it.
    """
    if not isinstance(pk, int) or abs(pk) >= 2**63:
        raise ValueError("not an id")
    if order.field == "pk":
        return pk, pk
    if value is None and not order.nullable:
        raise ValueError("no row is empty here")
    if isinstance(value, str) and text_problem(value):
        raise ValueError("not text of a row")
    field = sort_field(rows, order.field)
    try:
        known = value if value is None or field is None else field.to_python(value)
    except (ValidationError, TypeError, OverflowError) as error:
        raise ValueError("not a value of this column") from error
    return known, pk
