"""The rows of a list: its views, filters, search, conditions, columns and order."""

from __future__ import annotations

import json
from functools import cached_property
from typing import Any, ClassVar
from urllib.parse import urlencode

import django_filters
from django.contrib.auth.mixins import LoginRequiredMixin
from django.db.models import Model, QuerySet
from django.http import QueryDict
from django.urls import NoReverseMatch, reverse
from django.views.generic import View

from core.access.rights import rights_of
from core.base.keyset import Order, order_of
from core.base.search import search_words
from core.base.text import text_problem
from core.query.registry import query_entity
from core.ui.columns import BulkAction, Column, ListView, RowAction, registry
from core.ui.models import SavedView
from core.ui.navigation import opening_view
from core.ui.querying import Conditions, conditions_of
from core.ui.saved import differs

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
# What a saved view does not keep.
PASSING = tuple(n for n in (*NOT_PASSED_ON, "in", "where") if n != "cols")


class ListRows(LoginRequiredMixin, View):
    """What a list shows to whoever asks, before any page is made of it.

    A subclass names `entity` (the rights key), `model`, `title`, `noun`, `url_name`,
    `record_url_name`, `columns`, `views` (the first opens by default, unless
    `config/navigation.py` names another for the area) and `filterset_class`. Rows
    are always read through `visible_to`.
    """

    entity: ClassVar[str]
    model: ClassVar[type[Model]]
    title: ClassVar[str]
    noun: ClassVar[str]
    nouns: ClassVar[str] = ""
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
    has_columns: ClassVar[bool] = True
    empty: ClassVar[str] = "Nothing here yet."
    PASSING: ClassVar[tuple[str, ...]] = PASSING

    @cached_property
    def params(self) -> QueryDict:
        return self.request.GET

    @property
    def system_views(self) -> list[ListView]:
        return [*self.views, *registry.views[self.entity]]

    @cached_property
    def saved_views(self) -> list[SavedView]:
        """The views that this user saved here, and those that others share."""
        user: Any = self.request.user
        rows = SavedView.objects.offered_to(user, self.url_name)
        return list(rows.select_related("owner"))

    @cached_property
    def saved_view(self) -> SavedView | None:
        """The saved view that is open."""
        return next((v for v in self.saved_views if v.key == self.view.key), None)

    def saved_elsewhere(self) -> SavedView | None:
        """The saved view that was asked for by its name alone: it opens as saved.

        Its parameters then stand in the address, to be changed one by one.
        """
        named = self.params.get("view")
        if any(v for k, v in self.params.items() if k != "view"):
            return None
        if named:
            found = (v for v in self.saved_views if v.key == named)
        else:
            mine = [v for v in self.saved_views if v.owner_id == self.request.user.pk]
            found = (v for v in mine if v.opens_first)
        view = next(found, None)
        return view if view and (view.params or not named) else None

    def saved_changed(self) -> bool:
        """Whether the list was changed since the open view was saved."""
        view = self.saved_view
        return view is not None and differs(view, self.params, self.PASSING)

    def worth_saving(self) -> bool:
        """Whether the list is more than one of its views."""
        asked = any(
            v for k, v in self.params.items() if k not in (*self.PASSING, "view")
        )
        return asked and (self.saved_view is None or self.saved_changed())

    def replacing(self) -> str:
        """What the button that saves over the open view sends."""
        return json.dumps({"do": "replace", "params": self.saving()})

    def saving(self) -> str:
        """What of this list a saved view keeps, as an address would carry it."""
        kept = [
            (name, value)
            for name in self.params
            for value in self.params.getlist(name)
            if value and name not in (*self.PASSING, "view", "cols")
        ]
        if chosen := self.chosen_columns():
            kept.append(("cols", chosen))
        return urlencode([("view", self.view.key), *kept])

    def chosen_columns(self) -> str:
        """The keys of the columns somebody chose: the address's, else the own ones."""
        own = self.request.COOKIES.get(COLUMNS_COOKIE + self.entity, "")
        return str(self.params.get("cols") or own)

    def may_save_over(self) -> bool:
        """Whether the open view is the user's own."""
        view = self.saved_view
        return view is not None and view.owner_id == self.request.user.pk

    @cached_property
    def all_views(self) -> list[ListView]:
        """The system views, then the saved ones as they narrow on top of theirs."""
        system = {view.key: view for view in self.system_views}
        saved = []
        for view in self.saved_views:
            base = system.get(view.base, self.views[0])
            saved.append(
                ListView(view.key, view.name, base.narrow, base.sort, base.note)
            )
        return [*self.system_views, *saved]

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
        keys = [key for key in self.chosen_columns().split(".") if key]
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

    @property
    def asks(self) -> bool:
        """Whether conditions can be asked of these rows."""
        return query_entity(self.entity) is not None

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
        return [(view, view is self.view) for view in self.system_views]

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
