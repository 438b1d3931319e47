"""Pages by keyset: the same speed on every page, and no row twice."""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.db import connection, models
from django.db.models import Q, QuerySet
from django.db.models.fields.tuple_lookups import TupleGreaterThan, TupleLessThan
from rest_framework import exceptions, pagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import remove_query_param, replace_query_param

PAGE_SIZE, MAX_PAGE_SIZE = 50, 200


@dataclass(frozen=True)
class Order:
    """What a list is sorted by: one column, then the id, both one way.

    Rows without a value come last when ascending and first when descending, which
    is the order (column IS NULL, column, id) and its reverse.
    """

    column: str
    descending: bool
    nullable: bool

    def terms(self, backwards: bool) -> list[Any]:
        """The ORDER BY, reversed to read the page before."""
        down = self.descending != backwards
        sign = "-" if down else ""
        if self.column == "pk":
            return [f"{sign}pk"]
        column = models.F(self.column)
        if not self.nullable:
            return [f"{sign}{self.column}", f"{sign}pk"]
        if down:
            return [column.desc(nulls_first=True), "-pk"]
        return [column.asc(nulls_last=True), "pk"]

    def beyond(self, value: Any, pk: int, backwards: bool) -> Q | Any:
        """The rows after this position (before it, backwards)."""
        down = self.descending != backwards
        after = "lt" if down else "gt"
        if self.column == "pk":
            return Q(**{f"pk__{after}": pk})
        if not self.nullable:
            lookup = TupleLessThan if down else TupleGreaterThan
            return lookup((models.F(self.column), models.F("pk")), (value, pk))
        null = Q(**{f"{self.column}__isnull": True})
        if value is None:
            same = null & Q(**{f"pk__{after}": pk})
            return same | ~null if down else same
        same = Q(**{self.column: value, f"pk__{after}": pk})
        further = same | Q(**{f"{self.column}__{after}": value})
        return further if down else further | null


def _exact(value: Any) -> str:
    """Dates with their microseconds (Django's encoder drops them), numbers as text."""
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


@dataclass(frozen=True)
class Cursor:
    """A position in a list: the sort value and id of the row, and the direction."""

    value: Any
    pk: int
    backwards: bool

    def encode(self) -> str:
        """As it stands in the address."""
        raw = json.dumps([self.value, self.pk, self.backwards], default=_exact)
        return base64.urlsafe_b64encode(raw.encode()).decode().rstrip("=")

    @classmethod
    def decode(cls, text: str, field: models.Field) -> Cursor:
        """Read it back; a ValidationError at `cursor` for what we never wrote."""
        try:
            raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
            value, pk, backwards = json.loads(raw)
            if value is not None:
                value = field.to_python(value)
            return cls(value, int(pk), bool(backwards))
        except (
            binascii.Error,
            ValueError,
            TypeError,
            OverflowError,
            RecursionError,
            ValidationError,
        ) as error:
            raise exceptions.ValidationError(
                {"cursor": ["This is not a cursor of this list."]}
            ) from error


class KeysetPagination(pagination.BasePagination):
    """`?cursor=&page_size=&ordering=&count=`: {"results", "next", "previous"}.

    The view names in `orderings` what may be sorted by: {"name": "column"}.
    """

    def paginate_queryset(
        self, queryset: Any, request: Request, view: Any = None
    ) -> list[Any]:
        """The rows of the page: one query, one more where a count is asked for."""
        self.request = request
        self.order = order_of(request, view, queryset.model)
        self.size = page_size_of(request)
        self.count = count_of(request, queryset)
        self.field = column_of(queryset.model, self.order.column)
        text = request.query_params.get("cursor")
        cursor = Cursor.decode(text, self.field) if text else None
        backwards = cursor is not None and cursor.backwards
        rows = queryset.order_by(*self.order.terms(backwards))
        if cursor is not None:
            rows = rows.filter(self.order.beyond(cursor.value, cursor.pk, backwards))
        found = list(rows[: self.size + 1])
        more = len(found) > self.size
        self.page = found[: self.size]
        if backwards:
            self.page.reverse()
        self.has_next = more if not backwards else True
        self.has_previous = more if backwards else cursor is not None
        return self.page

    def get_paginated_response(self, data: Any) -> Response:
        """The rows with the addresses of the pages around them."""
        body: dict[str, Any] = {
            "results": data,
            "next": self._link(-1, False) if self.has_next else None,
            "previous": self._link(0, True) if self.has_previous else None,
        }
        if self.count is not None:
            body["count"] = self.count
        return Response(body)

    def _link(self, position: int, backwards: bool) -> str | None:
        url = self.request.build_absolute_uri()
        if not self.page:
            return remove_query_param(url, "cursor") if backwards else None
        row = self.page[position]
        value = None if self.order.column == "pk" else _value(row, self.order.column)
        text = Cursor(value, row.pk, backwards).encode()
        return replace_query_param(url, "cursor", text)

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        """The page in the schema."""
        link = {"type": "string", "format": "uri", "nullable": True}
        return {
            "type": "object",
            "required": ["results", "next", "previous"],
            "properties": {
                "results": schema,
                "next": link,
                "previous": link,
                "count": {"type": "integer", "description": "With ?count= only."},
            },
        }

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        """The parameters of every list."""
        names = sorted(getattr(view, "orderings", {}))
        both = [sign + name for name in names for sign in ("", "-")]
        return [
            _parameter("cursor", "string", "Where the page starts; take it from next."),
            {
                **_parameter("page_size", "integer", "Rows a page, up to 200."),
                "schema": {"type": "integer", "minimum": 1, "maximum": MAX_PAGE_SIZE},
            },
            {
                **_parameter("count", "string", "Add the number of rows."),
                "schema": {"type": "string", "enum": ["exact", "estimated"]},
            },
            {
                **_parameter("ordering", "string", "Sort; - for descending."),
                "schema": {"type": "string", "enum": both},
            },
        ]


def _parameter(name: str, kind: str, text: str) -> dict[str, Any]:
    return {
        "name": name,
        "in": "query",
        "required": False,
        "description": text,
        "schema": {"type": kind},
    }


def _value(row: Any, column: str) -> Any:
    for part in column.split("__"):
        row = getattr(row, part)
    return row


def column_of(model: type[models.Model], column: str) -> models.Field:
    """The field behind a column of an ordering."""
    if column == "pk":
        return model._meta.pk
    try:
        field = model._meta.get_field(column)
    except FieldDoesNotExist as error:
        raise AssertionError(f"{model.__name__} has no {column}") from error
    inner = getattr(field, "output_field", None)
    return inner or field  # type: ignore[return-value] # columns, not relations


def order_of(request: Request, view: Any, model: type[models.Model]) -> Order:
    """The ordering asked for, or the view's own; ValidationError for an unknown."""
    known: dict[str, str] = view.orderings
    asked = request.query_params.get("ordering") or view.ordering
    name = asked.removeprefix("-")
    if name not in known:
        words = ", ".join(sorted(known))
        raise exceptions.ValidationError({"ordering": [f"Choose one of: {words}."]})
    column = known[name]
    nullable = column != "pk" and bool(model._meta.get_field(column).null)
    return Order(column, asked.startswith("-"), nullable)


def page_size_of(request: Request) -> int:
    """Between 1 and 200; ValidationError at `page_size` else."""
    text = request.query_params.get("page_size")
    if text is None:
        return PAGE_SIZE
    if (
        not text.isascii()
        or not text.isdigit()
        or not 1 <= int(text[:9]) <= MAX_PAGE_SIZE
    ):
        raise exceptions.ValidationError(
            {"page_size": [f"Give a number from 1 to {MAX_PAGE_SIZE}."]}
        )
    return int(text)


def count_of(request: Request, rows: QuerySet) -> int | None:
    """The number of rows where `?count=` asks: counted, or the planner's guess."""
    asked = request.query_params.get("count")
    if asked is None:
        return None
    if asked == "exact":
        return rows.order_by().count()
    if asked == "estimated":
        return estimate(rows)
    raise exceptions.ValidationError({"count": ["Choose exact or estimated."]})


def estimate(rows: QuerySet) -> int:
    """How many rows the planner expects; costs no scan."""
    sql, params = rows.order_by().values("pk").query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (FORMAT JSON) {sql}", params)
        plan = cursor.fetchone()[0]
    found = json.loads(plan) if isinstance(plan, str) else plan
    return int(found[0]["Plan"]["Plan Rows"])
