"""The report on lead sources."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.mixins import LoginRequiredMixin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.generic import View

from core.access.rights import rights_of
from core.base.models import Organisation
from core.ui import cells
from sales.reports import SourceLine, lead_source_report, total_line


class PeriodForm(forms.Form):
    first = forms.DateField(required=False)
    last = forms.DateField(required=False)


class LeadSources(LoginRequiredMixin, View):
    """Leads, qualified leads and value by source, each number a link to its rows."""

    def get(self, request: HttpRequest) -> HttpResponse:
        user: Any = request.user
        if not rights_of(user).has("lead", "read"):
            raise PermissionDenied
        form = PeriodForm(request.GET)
        period = form.cleaned_data if form.is_valid() else {}
        lines = lead_source_report(user=user, **period)
        currency = Organisation.current().currency
        context = {
            "form": form,
            "lines": [_row(line, currency) for line in lines],
            "total": _row(total_line(lines), currency),
        }
        return render(request, "sales/lead_sources.html", context)


def _row(line: SourceLine, currency: str) -> dict[str, Any]:
    return line.as_data() | {
        "won_value": cells.amount(line.won_value, currency),
        "open_value": cells.amount(line.open_value, currency),
    }
