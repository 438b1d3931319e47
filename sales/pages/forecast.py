"""The forecast: who will sell how much in which month, each number with its rows."""

from __future__ import annotations

import calendar
from datetime import date
from typing import Any

from django import forms
from django.contrib.auth.mixins import LoginRequiredMixin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.http import urlencode
from django.views.generic import View

from core.access.models import Team, User
from core.access.rights import rights_of
from core.base.models import Organisation
from core.ui import cells
from core.ui.charts import Series, stacked
from core.ui.columns import Column
from core.ui.export import csv_response
from sales.forecast import (
    CATEGORIES,
    LABELS,
    RANGES,
    WITHIN,
    Cell,
    Forecast,
    Line,
    forecast,
)
from sales.models import Pipeline

_SELECT = {"class": "form-select h"}
SPANS = [(3, "3 months"), (6, "6 months"), (12, "12 months")]


class ForecastForm(forms.Form):
    first = forms.DateField(
        required=False,
        label="From",
        validators=WITHIN,
        input_formats=["%Y-%m", "%Y-%m-%d"],
        widget=forms.DateInput(
            attrs={"class": "form-control h", "type": "month"}, format="%Y-%m"
        ),
    )
    months = forms.TypedChoiceField(
        required=False,
        coerce=int,
        choices=SPANS,
        widget=forms.Select(attrs=_SELECT),
    )
    by = forms.ChoiceField(
        required=False,
        choices=[("owner", "Owner"), ("team", "Team")],
        widget=forms.Select(attrs=_SELECT),
    )
    pipeline = forms.ModelChoiceField(
        required=False,
        queryset=Pipeline.objects.all(),
        empty_label="All pipelines",
        widget=forms.Select(attrs=_SELECT),
    )
    team = forms.ModelChoiceField(
        required=False,
        queryset=Team.objects.all(),
        empty_label="All teams",
        widget=forms.Select(attrs=_SELECT),
    )
    owner = forms.ModelChoiceField(
        required=False,
        queryset=User.objects.filter(is_active=True),
        empty_label="Everybody",
        widget=forms.Select(attrs=_SELECT),
    )

    def options(self) -> dict[str, Any]:
        """The parameters of the report; what cannot be read counts as not said."""
        self.is_valid()
        said = getattr(self, "cleaned_data", {})
        return {
            "first": said.get("first"),
            "months": said.get("months") or 3,
            "by": said.get("by") or "owner",
            "pipeline_id": getattr(said.get("pipeline"), "pk", None),
            "team_id": getattr(said.get("team"), "pk", None),
            "owner_id": getattr(said.get("owner"), "pk", None),
        }


class ForecastPage(LoginRequiredMixin, View):
    """Months across, owners or teams down; as CSV by `?part=export`."""

    def get(self, request: HttpRequest) -> HttpResponseBase:
        user: Any = request.user
        if not rights_of(user).has("opportunity", "read"):
            raise PermissionDenied
        today = timezone.localdate().replace(day=1)
        form = ForecastForm({"first": f"{today:%Y-%m}", **request.GET.dict()})
        options = form.options()
        found = forecast(user=user, **options)
        if request.GET.get("part") == "export":
            return csv_response("forecast", _CSV, _csv_rows(found))
        links = Links(options)
        context = {
            "form": form,
            "months": [date_format(month, "F Y") for month in found.months],
            "lines": [links.line(line, found.months) for line in found.lines],
            "total": links.line(found.total, found.months, whole=True),
            "beside": links.beside(found),
            "chart": _chart(found, links) if found.lines else None,
            "base": Organisation.current().currency,
        }
        return render(request, "sales/forecast.html", context)


class Links:
    """Where each number of the forecast leads: to the list, narrowed to its rows."""

    def __init__(self, options: dict[str, Any]) -> None:
        self.by = options["by"]
        self.shared = {
            "view": "all",
            "pipeline": options["pipeline_id"],
            "team_below": options["team_id"],
            "owner": options["owner_id"],
        }

    def url(self, **more: Any) -> str:
        kept = {k: v for k, v in {**self.shared, **more}.items() if v is not None}
        return f"{reverse('opportunity_list')}?{urlencode(kept)}"

    def whose(self, line: Line, *, whole: bool) -> dict[str, Any]:
        if whole:
            return {}
        if line.pk is None:
            return {"unowned" if self.by == "owner" else "teamless": "true"}
        return {self.by: line.pk}

    def line(
        self, line: Line, months: list[date], *, whole: bool = False
    ) -> dict[str, Any]:
        whose = self.whose(line, whole=whole)
        spans = [(month, _last_day(month)) for month in months]
        shown = [
            self.cell(cell, whose, *span)
            for cell, span in zip(line.cells, spans, strict=True)
        ]
        total = self.cell(line.total, whose, months[0], _last_day(months[-1]))
        return {"name": line.name, "cells": shown, "total": total}

    def cell(
        self, cell: Cell, whose: dict[str, Any], first: date, last: date
    ) -> dict[str, Any]:
        parts = []
        for name in CATEGORIES:
            if cell.number[name]:
                url = self.category(name, whose, first, last)
                label = LABELS[name]
                value, number = cell.value[name], cell.number[name]
                parts.append({"label": label, "value": value, "n": number, "url": url})
        return {"expected": cell.expected, "parts": parts}

    def category(
        self, name: str, whose: dict[str, Any], first: date, last: date
    ) -> str:
        if name == "won":
            return self.url(**whose, state="won", closed_from=first, closed_to=last)
        return self.url(**whose, **_sure(name), closing_from=first, closing_to=last)

    def beside(self, found: Forecast) -> list[dict[str, Any]]:
        """Open ones whose date has passed, and those without one."""
        before = date.fromordinal(found.months[0].toordinal() - 1)
        lines = []
        for label, cell, where in (
            ("Should be closed by now", found.overdue, {"closing_to": before}),
            ("Without a close date", found.undated, {"closing_none": "true"}),
        ):
            number = sum(cell.number.values())
            if number:
                url = self.url(state="open", **where)
                worth = sum(cell.value.values())
                shown = {"label": label, "n": number, "value": worth, "url": url}
                lines.append(shown)
        return lines


def _sure(name: str) -> dict[str, Any]:
    low, high = RANGES[name]
    return {"state": "open", "probability__gte": low, "probability__lte": high}


def _last_day(month: date) -> date:
    return month.replace(day=calendar.monthrange(month.year, month.month)[1])


def _chart(found: Forecast, links: Links) -> Any:
    keys = {LABELS[name]: name for name in CATEGORIES}

    def url(bar: int, label: str) -> str:
        month = found.months[bar]
        return links.category(keys[label], {}, month, _last_day(month))

    series = [
        Series(
            LABELS[name], [round(cell.value[name] / 1000) for cell in found.total.cells]
        )
        for name in CATEGORIES
    ]
    return stacked([date_format(m, "M y") for m in found.months], series, url)


def _csv_rows(found: Forecast) -> Any:
    for line in [*found.lines, found.total]:
        for month, cell in zip(found.months, line.cells, strict=True):
            yield {"name": line.name, "month": f"{month:%Y-%m}", **cell.as_data()}


def _plain(key: str, label: str) -> Column:
    return Column(
        key, label, lambda row: cells.plain(row[key]), text=lambda row: row[key]
    )


_CSV = [
    _plain("name", "Owner or team"),
    _plain("month", "Month"),
    *(
        _plain(key, label)
        for name in CATEGORIES
        for key, label in (
            (name, LABELS[name]),
            (f"{name}_number", f"{LABELS[name]}, number"),
        )
    ),
    _plain("weighted", "Open, weighted"),
    _plain("expected", "Expected"),
]
