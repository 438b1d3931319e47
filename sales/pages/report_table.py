"""A report as a table: every number opens its rows, and the same as a CSV file."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from django import forms
from django.contrib.auth.mixins import LoginRequiredMixin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.formats import number_format
from django.utils.html import format_html
from django.utils.http import urlencode
from django.views.generic import View

from core.access.models import Team, User
from core.access.rights import rights_of
from core.base.models import Organisation
from core.ui import cells
from core.ui.columns import Column
from core.ui.export import csv_response
from crm.models import Campaign, Product

_SELECT = {"class": "form-select h"}
_DATE = {"class": "form-control h", "type": "date"}


def _day(label: str) -> forms.DateField:
    return forms.DateField(
        required=False, label=label, widget=forms.DateInput(attrs=_DATE)
    )


def _choice(rows: Any, empty: str, label: str) -> forms.ModelChoiceField:
    return forms.ModelChoiceField(
        required=False,
        queryset=rows,
        empty_label=empty,
        label=label,
        widget=forms.Select(attrs=_SELECT),
    )


class PeriodForm(forms.Form):
    """Which days and whose."""

    first = _day("From")
    last = _day("Up to")
    team = _choice(Team.objects.all(), "All teams", "Team")
    owner = _choice(User.objects.filter(is_active=True), "Everybody", "Owner")

    def said(self) -> dict[str, Any]:
        """The parameters of the report; what cannot be read counts as not said."""
        self.is_valid()
        found: dict[str, Any] = {}
        for name, value in getattr(self, "cleaned_data", {}).items():
            if value is None or value == "":
                continue
            named = isinstance(self.fields[name], forms.ModelChoiceField)
            found[f"{name}_id" if named else name] = value.pk if named else value
        return found


class LeadsForm(PeriodForm):
    """Which leads: of these days, whose, for what."""

    product = _choice(Product.objects.all(), "All products", "Product")
    campaign = _choice(Campaign.objects.all(), "All campaigns", "Campaign")


@dataclass(frozen=True)
class Figure:
    """A column: its value of a line, and where a click on it leads ('' nowhere)."""

    key: str
    label: str
    kind: str = "number"
    url: Callable[[Any], str] = lambda line: ""
    value: Callable[[Any], Any] | None = None

    def of(self, line: Any) -> Any:
        return self.value(line) if self.value else getattr(line, self.key)

    def shown(self, line: Any, currency: str) -> Any:
        """The value as people read it."""
        value = self.of(line)
        if value is None:
            return cells.EMPTY
        if self.kind == "money":
            return cells.amount(value, currency)
        unit = {"percent": "%", "days": " d"}.get(self.kind, "")
        grouped = number_format(value, force_grouping=True)
        return format_html('<span class="num nowrap">{}{}</span>', grouped, unit)

    def column(self) -> Column:
        """The same for the CSV file."""
        return Column(self.key, self.label, self.of, text=self.of)


def link(url_name: str, **params: Any) -> str:
    """The address of a list with these filters."""
    said = {k: v for k, v in params.items() if v not in (None, "")}
    return f"{reverse(url_name)}?{urlencode({'view': 'all', **said})}"


def table_of(
    figures: Sequence[Figure],
    lines: Iterable[Any],
    currency: str,
    name: Callable[[Any], str],
) -> list[dict[str, Any]]:
    """Rows of cells as `sales/_report_table.html` shows them."""
    return [
        {
            "line": line,
            "name": name(line),
            "cells": [
                {
                    "value": each.of(line),
                    "text": each.shown(line, currency),
                    "url": each.url(line) if each.of(line) else "",
                    "kind": each.kind,
                }
                for each in figures
            ],
        }
        for line in lines
    ]


class ReportPage(LoginRequiredMixin, View):
    """A report: filters, chart, table; as CSV by `?part=export`.

    A subclass names what it shows and gives the lines, the total and more context.
    """

    title: ClassVar[str]
    name: ClassVar[str]
    entity: ClassVar[str] = "lead"
    head: ClassVar[str]
    empty: ClassVar[str]
    icon: ClassVar[str] = "report"
    template_name: ClassVar[str] = "sales/report.html"
    form_class: ClassVar[type[PeriodForm]] = LeadsForm
    figures: ClassVar[Sequence[Figure]]

    def get(self, request: HttpRequest) -> HttpResponseBase:
        if not rights_of(request.user).has(self.entity, "read"):
            raise PermissionDenied
        self.form = self.form_class(request.GET)
        self.said = self.form.said()
        lines = self.lines()
        if request.GET.get("part") == "export":
            return csv_response(self.name, self.csv(), [*lines, self.total(lines)])
        currency = Organisation.current().currency
        figures, total = self.columns(), self.total(lines)
        context = {
            "report": self,
            "form": self.form,
            "figures": figures,
            "head": self.first_head(),
            "lines": table_of(figures, lines, currency, self.line_name),
            "total": table_of(figures, [total], currency, self.line_name)[0],
            "base": currency,
            **(self.more(lines, total) if lines else {}),
        }
        return render(request, self.template_name, context)

    def columns(self) -> Sequence[Figure]:
        return self.figures

    def csv(self) -> list[Column]:
        name = Column("label", self.first_head(), self.line_name, text=self.line_name)
        return [name, *(each.column() for each in self.columns())]

    def first_head(self) -> str:
        """What the lines are."""
        return self.head

    def line_name(self, line: Any) -> str:
        return str(line.label)

    def lines(self) -> list[Any]:
        raise NotImplementedError

    def total(self, lines: list[Any]) -> Any:
        raise NotImplementedError

    def more(self, lines: list[Any], total: Any) -> dict[str, Any]:
        return {}
