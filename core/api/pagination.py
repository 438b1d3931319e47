"""Pages by keyset: the same speed on every page, and no row twice."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from rest_framework import exceptions, pagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import remove_query_param, replace_query_param

from core.base.keyset import (
    Order,
    order_of,
    place_in,
    place_read,
    place_text,
    value_of,
)
from core.base.statistics import rows_expected

PAGE_SIZE, MAX_PAGE_SIZE = 50, 200


@dataclass(frozen=True)
class Cursor:
    """A position in a list: the sort value and id of the row, and the direction."""

    value: Any
    pk: int
    backwards: bool

    def encode(self) -> str:
        """As it stands in the address."""
        return place_text(self.value, self.pk, self.backwards)

    @classmethod
    def decode(cls, text: str, rows: QuerySet, order: Order) -> Cursor:
        """Read it back; a ValidationError at `cursor` for what we never wrote."""
        try:
            value, pk, backwards = place_read(text)
            return cls(*place_in(rows, order, value, pk), bool(backwards))
        except ValueError as error:
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
        self.order = order_asked(request, view, queryset)
        self.size = page_size_of(request)
        self.count = count_of(request, queryset)
        text = request.query_params.get("cursor")
        cursor = Cursor.decode(text, queryset, self.order) if text else None
        backwards = cursor is not None and cursor.backwards
        rows = self.order.apply(queryset, backward=backwards)
        if cursor is not None:
            place = cursor.value, cursor.pk
            rows = rows.filter(self.order.beyond(*place, backward=backwards))
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
        value = value_of(row, self.order.field)
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


def order_asked(request: Request, view: Any, rows: QuerySet) -> Order:
    """The ordering asked for, or the view's own; ValidationError for an unknown."""
    known: dict[str, str] = view.orderings
    asked = request.query_params.get("ordering") or view.ordering
    name = asked.removeprefix("-")
    if name not in known:
        words = ", ".join(sorted(known))
        raise exceptions.ValidationError({"ordering": [f"Choose one of: {words}."]})
    return order_of(rows, known[name], asked.startswith("-"))


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
        return rows_expected(rows)
    raise exceptions.ValidationError({"count": ["Choose exact or estimated."]})
