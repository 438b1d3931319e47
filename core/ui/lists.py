"""The list page: views as tabs, filters as chips, search, sort, selection, export."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Any, ClassVar
from urllib.parse import urlencode

import django_filters
from django.contrib.auth.mixins import LoginRequiredMixin
from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import render
from django.urls import NoReverseMatch, reverse
from django.views.generic import View
from django_htmx.http import trigger_client_event

from core.access.rights import rights_of
from core.base.errors import DomainError
from core.base.keyset import Order, order_of
from core.base.search import search_words
from core.base.text import text_problem, whole_number
from core.query.errors import QueryError, QueryTimeout
from core.query.guard import evaluating
from core.ui.bulk import AT_ONCE, bulk_start
from core.ui.columns import (
    BulkAction,
    BulkReport,
    Column,
    ListView,
    RowAction,
    registry,
)
from core.ui.doors import browser_door
from core.ui.export import csv_response
from core.ui.filters import chips_of, filter_fields
from core.ui.navigation import opening_view
from core.ui.news import MOST, Seen, changed_rows, newer_rows
from core.ui.paging import Page, count_of, page_of
from core.ui.querying import Conditions, conditions_of
from core.ui.toasts import toast

PAGE_SIZE = 50
BULK_LIMIT = 10_000
# What one statement of a list narrowed by a query tree may take.
QUERY_MS = 5_000
REPORTED = 200
# The filter form of the page has the plain ids.
BULK_ID = "bulk_%s"
COLUMNS_COOKIE = "handoff_cols_"
# What an address may carry besides the names of filters.
OWN = ("view", "q", "sort", "query", "cols")
# What belongs to one request, not to the list.
NOT_PASSED_ON = (
    "after",
    "before",
    "part",
    "cols",
    "action",
    "ids",
    "all",
    "number",
    "since",
    "seen",
)


class ListPage(LoginRequiredMixin, View):
    """A list of records of one entity.

    A subclass names `entity` (the rights key), `model`, `title`, `noun`, `url_name`,
    `record_url_name`, `columns`, `views` (the first opens by default, unless
    `config/navigation.py` names another for the area) and `filterset_class`. Rows
    are always read through `visible_to`.
    """

    entity: ClassVar[str]
    model: ClassVar[type[Model]]
    title: ClassVar[str]
    noun: ClassVar[str]
    icon: ClassVar[str] = "list"
    url_name: ClassVar[str]
    record_url_name: ClassVar[str] = ""
    create_url_name: ClassVar[str] = ""
    columns: ClassVar[tuple[Column, ...]]
    views: ClassVar[tuple[ListView, ...]]
    filterset_class: ClassVar[type[django_filters.FilterSet]]
    bulk_actions: ClassVar[tuple[BulkAction, ...]] = ()
    row_actions: ClassVar[tuple[RowAction, ...]] = ()
    default_sort: ClassVar[str] = "-created"
    searchable: ClassVar[bool] = True
    empty: ClassVar[str] = "Nothing here yet."
    template_name: ClassVar[str] = "ui/list.html"

    # Reading ------------------------------------------------------------------

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not rights_of(request.user).has(self.entity, "read"):
            raise PermissionDenied
        part = request.GET.get("part", "")
        doors = {
            "counts": self.counts,
            "export": self.export,
            "bulk": self.bulk_panel,
            "news": self.news,
        }
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

    @cached_property
    def params(self) -> QueryDict:
        return self.request.GET

    @cached_property
    def all_views(self) -> list[ListView]:
        return [*self.views, *registry.views[self.entity]]

    @cached_property
    def view(self) -> ListView:
        """The tab that is open: the address's, else the area's, else the first."""
        wanted = self.params.get("view") or opening_view(self.request, self.url_name)
        fitting = (view for view in self.all_views if view.key == wanted)
        return next(fitting, self.all_views[0])

    @cached_property
    def all_columns(self) -> list[Column]:
        columns = [*self.columns, *registry.columns[self.entity]]
        return sorted(columns, key=lambda column: column.position)

    @cached_property
    def shown_columns(self) -> list[Column]:
        """The columns somebody chose, else the default ones; the first always."""
        chosen = self.params.get("cols") or self.request.COOKIES.get(
            COLUMNS_COOKIE + self.entity, ""
        )
        keys = [key for key in chosen.split(".") if key]
        columns = self.all_columns
        if not keys:
            return [column for column in columns if column.default]
        return [c for n, c in enumerate(columns) if n == 0 or c.key in keys]

    def base(self, action: str = "read") -> QuerySet:
        """The rows this user may reach."""
        rows: QuerySet = self.model._default_manager.visible_to(  # type: ignore[attr-defined]  # every entity's manager has it
            self.request.user, action
        )
        return rows

    @cached_property
    def filterset(self) -> django_filters.FilterSet:
        return self.filterset_class(
            self.params, queryset=self.base(), request=self.request
        )

    def rows(self, action: str = "read") -> QuerySet:
        """What view, filters, search and conditions leave of the visible rows."""
        rows = self.base(action)
        if self.filterset.form.is_valid():
            rows = self.filterset.filter_queryset(rows)
        rows = self.view.narrow(rows, self.request.user)
        text = self.params.get("q", "").strip()
        if text and text_problem(text) is None and self.searchable:
            rows = self.search(rows, text)
        return self.conditions.narrow(rows, self.request.user)

    @cached_property
    def conditions(self) -> Conditions:
        """The query tree of the address, if any."""
        return conditions_of(self.params.get("query", ""), self.entity)

    def search(self, rows: QuerySet, text: str) -> QuerySet:
        """How the search field narrows the rows; by default as the API's search."""
        return search_words(rows, text)

    def dressed(self, rows: QuerySet, columns: list[Column]) -> QuerySet:
        """Join and add what the columns show, and nothing else."""
        joins = {name for column in columns for name in column.select}
        if joins:
            rows = rows.select_related(*sorted(joins))
        for column in columns:
            if column.annotate:
                rows = column.annotate(rows, self.request.user)
        return rows

    @cached_property
    def sort(self) -> tuple[Column, bool]:
        """By which column, and whether downwards."""
        for wanted in (self.params.get("sort"), self.view.sort, self.default_sort):
            for column in self.all_columns:
                if wanted and wanted.lstrip("-") == column.key and column.sort:
                    return column, wanted.startswith("-")
        return next(column for column in self.all_columns if column.sort), False

    def ordered(self, rows: QuerySet) -> tuple[QuerySet, Order]:
        column, down = self.sort
        if column.annotate and column not in self.shown_columns:
            rows = column.annotate(rows, self.request.user)
        assert column.sort
        return rows, order_of(rows, column.sort, down)

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

    def passed_on(self) -> str:
        """The list's own parameters, so that a record knows its neighbours."""
        kept = [(k, v) for k, v in self.params.items() if v and k not in NOT_PASSED_ON]
        if "view" not in dict(kept):
            kept.insert(0, ("view", self.view.key))
        return urlencode(kept)

    def href(self, row: Any) -> str:
        return (
            reverse(self.record_url_name, args=[row.pk])
            if self.record_url_name
            else "#"
        )

    def create_url(self) -> str:
        may = rights_of(self.request.user).has(self.entity, "create")
        try:
            return reverse(self.create_url_name) if may and self.create_url_name else ""
        except NoReverseMatch:
            return ""

    @property
    def own_params(self) -> tuple[str, ...]:
        return OWN

    def column_choices(self) -> list[tuple[Column, bool]]:
        return [(each, each in self.shown_columns) for each in self.all_columns]

    def tabs(self) -> list[tuple[ListView, bool]]:
        return [(view, view is self.view) for view in self.all_views]

    def allowed_bulk(self) -> list[BulkAction]:
        rights = rights_of(self.request.user)
        every = [*self.bulk_actions, *registry.bulk[self.entity]]
        user = self.request.user
        return [
            each
            for each in every
            if rights.has(self.entity, each.action) and each.may(user)
        ]

    def allowed_row_actions(self) -> list[RowAction]:
        rights = rights_of(self.request.user)
        every = [*self.row_actions, *registry.row[self.entity]]
        return [each for each in every if rights.has(self.entity, each.action)]

    # Counts, export -------------------------------------------------------------

    def counts(self) -> HttpResponse:
        """How many rows each tab has, and what is listed; asked for after the page."""
        counts = []
        for view in self.all_views:
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
            noun = self.noun if new == 1 else self.title.lower()
            many = "+" if new == MOST else ""
            said = f"{new}{many} new {noun}" if new else "Something changed here"
            trigger_client_event(answer, "list:news", {"text": said})
        return answer

    # Bulk actions ---------------------------------------------------------------

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Do something to a selection."""
        action = self.bulk_action(request.POST.get("action", ""))
        form = action.form(request.POST, auto_id=BULK_ID) if action.form else None
        if form is not None and not form.is_valid():
            return self.render_panel(action, form, status=422)
        if self.is_many(action):
            return self.in_background(action)
        values = form.cleaned_data if form is not None else {}
        try:
            with browser_door(request.user):
                barred = self.barred(action)
                found = action.run(request.user, self.selected(action), values)
        except DomainError as error:
            return toast(HttpResponse(status=204), error.detail, tone="bad")
        report = found if isinstance(found, BulkReport) else BulkReport(found)
        left = [*report.left, *barred]
        if left:
            return self.render_report(action, report.said, left)
        answer = HttpResponse(status=204)
        answer["HX-Trigger"] = '{"list:changed": true, "drawer:close": true}'
        return toast(answer, report.said)

    def barred(self, action: BulkAction) -> list[tuple[str, str, str]]:
        """The selected rows that the user sees and may not do this to."""
        if self.request.POST.get("all") == "1":
            return []
        ids = self.chosen_ids()
        reach = set(self.base(action.action).filter(pk__in=ids).values_list("pk"))
        return [
            (str(row), self.href(row), "Your role does not allow this here.")
            for row in self.base().filter(pk__in=ids).order_by("pk")
            if (row.pk,) not in reach
        ]

    def render_report(
        self, action: BulkAction, said: str, left: list[tuple[str, str, str]]
    ) -> HttpResponse:
        """What was done, and each row that was left as it is, with why."""
        shown = left[:REPORTED]
        context = {
            "action": action,
            "said": said,
            "left": shown,
            "number": len(left),
            "more": len(left) - len(shown),
        }
        answer = render(self.request, "ui/_bulk_report.html", context)
        answer["HX-Retarget"], answer["HX-Reswap"] = "#drawer", "innerHTML"
        answer["HX-Trigger"] = '{"list:changed": true}'
        return answer

    def bulk_action(self, key: str) -> BulkAction:
        found = (each for each in self.allowed_bulk() if each.key == key)
        action = next(found, None)
        if action is None:
            raise PermissionDenied
        return action

    @property
    def _sent(self) -> QueryDict:
        return self.request.POST if self.request.method == "POST" else self.request.GET

    def chosen_ids(self) -> list[int]:
        ids = map(whole_number, self._sent.getlist("ids"))
        return [pk for pk in ids if pk is not None][:BULK_LIMIT]

    def rows_of(self, action: BulkAction, ids: list[int]) -> QuerySet:
        """Chosen rows, as far as the user may do this to them."""
        return self.base(action.action).filter(pk__in=ids)

    def selected(self, action: BulkAction) -> QuerySet:
        """The selected rows, as far as the user may do this to them."""
        if self._sent.get("all") != "1":
            return self.rows_of(action, self.chosen_ids())
        rows = self.rows(action.action).order_by("pk")
        return self.rows_of(action, list(rows.values_list("pk", flat=True)[:AT_ONCE]))

    def is_many(self, action: BulkAction) -> bool:
        """Whether the selection is too large to wait for."""
        if self._sent.get("all") != "1":
            return len(self.chosen_ids()) > AT_ONCE
        rows = self.rows(action.action).order_by()
        return len(rows.values_list("pk")[: AT_ONCE + 1]) > AT_ONCE

    def in_background(self, action: BulkAction) -> HttpResponse:
        """Make a job of it; the tray shows how far it is."""
        with browser_door(self.request.user):
            job = bulk_start(self, action, self.request.POST)
        answer = HttpResponse(status=204)
        for event in ("jobs:changed", "drawer:close"):
            trigger_client_event(answer, event, {})
        said = f"{job.label}: this goes on in the background."
        return toast(answer, said, href=reverse("job", args=[job.pk]), link="Progress")

    def bulk_panel(self) -> HttpResponse:
        """Ask for what an action needs, in a side panel."""
        action = self.bulk_action(self.params.get("action", ""))
        return self.render_panel(
            action, action.form(auto_id=BULK_ID) if action.form else None
        )

    def render_panel(
        self, action: BulkAction, form: Any, status: int = 200
    ) -> HttpResponse:
        data = self.request.POST if self.request.method == "POST" else self.request.GET
        context = {
            "list": self,
            "action": action,
            "form": form,
            "ids": data.getlist("ids")[:BULK_LIMIT],
            "all": data.get("all", ""),
            "number": data.get("number", ""),
        }
        return render(self.request, "ui/_bulk_panel.html", context, status=status)
