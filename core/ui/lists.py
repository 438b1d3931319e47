"""The list page: views as tabs, filters as chips, search, sort, selection, export."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar
from urllib.parse import urlencode

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django_htmx.http import trigger_client_event

from core.access.rights import rights_of
from core.query.errors import QueryError, QueryTimeout
from core.query.guard import evaluating
from core.ui.export import csv_response
from core.ui.filters import chips_of, filter_fields
from core.ui.list_bulk import ListBulk
from core.ui.list_rows import NOT_PASSED_ON
from core.ui.news import MOST, Seen, changed_rows, newer_rows
from core.ui.paging import Page, count_of, page_of
from core.ui.querying import Conditions, ConditionsForm, as_query
from core.ui.saved import address_of

PAGE_SIZE = 50
# What one statement of a list narrowed by a query tree may take.
QUERY_MS = 5_000


class ListPage(ListBulk):
    """A list of records of one entity, as a page; see ListRows for what names it."""

    template_name: ClassVar[str] = "ui/list.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not rights_of(request.user).has(self.entity, "read"):
            raise PermissionDenied
        part = request.GET.get("part", "")
        if not part and (found := self.saved_elsewhere()) is not None:
            return redirect(address_of(found))
        doors = {
            "counts": self.counts,
            "export": self.export,
            "bulk": self.bulk_panel,
            "news": self.news,
            "conditions": self.conditions_panel,
        }
        if "where" in request.GET:
            return self.with_conditions()
        door = doors.get(part, self.page)
        return door() if self.conditions.query is None else self.limited(door)

    def limited(self, door: Callable[[], HttpResponseBase]) -> HttpResponseBase:
        """Answer within the time a query tree may take, or say that it took longer."""
        try:
            with evaluating(QUERY_MS):
                return door()
        except (QueryTimeout, QueryError) as error:
            self.conditions = Conditions(problem=error.detail)
            return door()

    def with_conditions(self) -> HttpResponseBase:
        """The list narrowed by what the side panel was sent."""
        params = self.params.copy()
        where = (params.pop("where") or [""])[-1].strip()
        params.pop("query", None)
        if where:
            params["query"] = as_query(self.entity, where)
        return redirect(f"{self.request.path}?{params.urlencode()}")

    def conditions_panel(self) -> HttpResponse:
        """The side panel in which conditions are put together."""
        form = ConditionsForm(initial={"where": self.conditions.where})
        form.about(self.entity)
        left_out = (*NOT_PASSED_ON, "query")
        kept = [(n, v) for n in self.params for v in self.params.getlist(n) if v]
        context = {
            "list": self,
            "form": form,
            "kept": [(name, value) for name, value in kept if name not in left_out],
        }
        return render(self.request, "ui/_list_conditions.html", context)

    def page(self) -> HttpResponse:
        """The whole page, or only its rows for htmx."""
        rows, order = self.ordered(self.dressed(self.rows(), self.shown_columns))
        after, before = self.params.get("after", ""), self.params.get("before", "")
        page = page_of(rows, order, PAGE_SIZE, after=after, before=before)
        context = self.context(page)
        fragment = self.request.headers.get("HX-Target") == "list-body"
        return render(
            self.request,
            "ui/_list_body.html" if fragment else self.template_name,
            context,
        )

    def context(self, page: Page) -> dict[str, Any]:
        here = self.passed_on()
        for row in page.rows:
            row.href = self.href(row) + (f"?{urlencode({'in': here})}" if here else "")
        column, down = self.sort
        return {
            "list": self,
            "page": page,
            "table": [
                (row, [(c, c.cell(row)) for c in self.shown_columns])
                for row in page.rows
            ],
            "sort_key": column.key,
            "sort_down": down,
            "chips": chips_of(self.filterset, self.params),
            "filter_fields": filter_fields(self.filterset),
            "bulk": self.allowed_bulk(),
            "hover": self.allowed_row_actions(),
            "create_url": self.create_url(),
            "seen": Seen.of(page.rows),
            "narrowed": any(self.params.get(n) for n in ("q", "query")),
        }

    @property
    def plural(self) -> str:
        """What several of the rows are called."""
        return self.nouns or self.title.lower()

    # Counts, export -------------------------------------------------------------

    def counts(self) -> HttpResponse:
        """How many rows each tab has, and what is listed; asked for after the page."""
        counts = []
        for view in self.system_views:
            rows = view.narrow(self.base(), self.request.user)
            counts.append((view, count_of(rows)))
        total = count_of(self.rows(), exact=self.params.get("exact") == "1")
        return render(
            self.request,
            "ui/_list_counts.html",
            {"counts": counts, "total": total, "list": self},
        )

    def export(self) -> HttpResponseBase:
        """The listed rows as a CSV file, in the order they are listed in."""
        rows, order = self.ordered(self.dressed(self.rows(), self.shown_columns))
        read = order.apply(rows).iterator(chunk_size=2000)
        return csv_response(self.title.lower(), self.shown_columns, read)

    def news(self) -> HttpResponse:
        """Whether this view has newer rows than the page; 204, and an event if so."""
        seen = Seen(self.params.get("since", ""), self.params.get("seen", ""))
        new = newer_rows(self.rows(), seen)
        changed = 0 if new else changed_rows(self.rows(), seen)
        answer = HttpResponse(status=204)
        if new or changed:
            noun = self.noun if new == 1 else self.plural
            many = "+" if new == MOST else ""
            said = f"{new}{many} new {noun}" if new else "Something changed here"
            trigger_client_event(answer, "list:news", {"text": said})
        return answer
