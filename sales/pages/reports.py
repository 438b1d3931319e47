"""The reports: lead sources, the funnel, and what the team did."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.utils.http import urlencode

from core.access.rights import rights_of
from core.ui.charts import Series, stacked
from crm.models import Activity
from sales.cohorts import Line, Scope, cohort_lines, percent, whole_line
from sales.funnel import Reached, stages_reached
from sales.pages.report_table import (
    Figure,
    LeadsForm,
    PeriodForm,
    ReportPage,
    link,
    table_of,
)
from sales.reports import lead_source_report
from sales.team_activity import KINDS, Doing, everybody, team_activity

MOST_BARS = 7


def leads(**params: Any) -> Callable[[Line], str]:
    """The list of the leads of a line, narrowed further."""
    return lambda line: link("lead_list", **line.where, **params)


def opportunities(**params: Any) -> Callable[[Line], str]:
    """The list of the opportunities that came from the leads of a line."""

    def url(line: Line) -> str:
        asked = urlencode(line.where or {"state__in": "open,qualified,disqualified"})
        return link("opportunity_list", leads=asked, **params)

    return url


LEADS = Figure("leads", "Leads", url=leads())
QUALIFIED = Figure("qualified", "Qualified", url=leads(state="qualified"))
SOLD = Figure("opportunities", "Opportunities", url=opportunities())
WON = Figure("won", "Won", url=opportunities(state="won"))
WON_VALUE = Figure("won_value", "Won value", "money", opportunities(state="won"))


class LeadSources(ReportPage):
    """Leads, qualified leads and value by source, each number a link to its rows."""

    title, name, head, icon = "Lead sources", "lead-sources", "Source", "chart-bar"
    empty = "No leads in this period."
    figures = (
        LEADS,
        Figure("open", "Open", url=leads(state="open")),
        QUALIFIED,
        Figure("disqualified", "Disqualified", url=leads(state="disqualified")),
        Figure("rate", "Qualified of closed", "percent"),
        SOLD,
        WON,
        Figure("win_rate", "Won of closed", "percent"),
        WON_VALUE,
        Figure("open_value", "Open value", "money", opportunities(state="open")),
        Figure("expected_value", "Expected", "money"),
        Figure("days_to_qualify", "To qualify", "days"),
        Figure("days_to_win", "To win", "days"),
    )

    def lines(self) -> list[Line]:
        return lead_source_report(user=self.user, scope=Scope(**self.said))

    @property
    def user(self) -> Any:
        return self.request.user

    def line_name(self, line: Line) -> str:
        return line.label or "No source"

    def total(self, lines: list[Line]) -> Line:
        return whole_line(user=self.user, scope=Scope(**self.said), label="All sources")

    def more(self, lines: list[Line], total: Line) -> dict[str, Any]:
        note = "Expected is what was won, and what is open by its probability."
        about = "Leads of the largest sources, by what became of them"
        names = [self.line_name(line) for line in lines[:MOST_BARS]]
        return {"chart": _chart(lines, names), "about": about, "note": note}


def _chart(lines: list[Line], names: list[str]) -> Any:
    states = {"Qualified": "qualified", "Open": "open", "Disqualified": "disqualified"}
    shown = lines[:MOST_BARS]

    def url(bar: int, label: str) -> str:
        return leads(state=states[label])(shown[bar])

    series = [
        Series(label, [getattr(line, state) for line in shown])
        for label, state in states.items()
    ]
    return stacked([name[:14] for name in names], series, url)


class FunnelForm(LeadsForm):
    by = forms.ChoiceField(
        required=False,
        choices=[("month", "Month"), ("team", "Team"), ("owner", "Owner")],
        widget=forms.Select(attrs={"class": "form-select h"}),
    )


def _part(part: str, whole: str) -> Callable[[Line], Any]:
    """One number in percent of another."""

    def of(line: Line) -> Any:
        some, every = getattr(line, part), getattr(line, whole)
        return percent(some, every - some)

    return of


class Funnel(ReportPage):
    """From lead to won: numbers, rates from step to step, and the days between."""

    title, name, head, icon = "Funnel", "funnel", "Month", "filter"
    template_name, form_class = "sales/funnel.html", FunnelForm
    empty = "No leads in this period."
    figures = (
        LEADS,
        QUALIFIED,
        Figure(
            "qualified_rate", "Of leads", "percent", value=_part("qualified", "leads")
        ),
        SOLD,
        WON,
        Figure(
            "won_rate",
            "Of opportunities",
            "percent",
            value=_part("won", "opportunities"),
        ),
        WON_VALUE,
        Figure("days_to_qualify", "To qualified", "days"),
        Figure("days_to_opportunity", "To opportunity", "days"),
        Figure("days_to_win", "To won", "days"),
    )
    reached = (
        Figure("reached", "Reached", url=leads()),
        Figure("here", "Here now", url=lambda row: _standing(row)),
        Figure("days", "Days there", "days"),
    )

    def first_head(self) -> str:
        return str(self.said.get("by", "month")).capitalize()

    def scope(self) -> Scope:
        return Scope(**{k: v for k, v in self.said.items() if k != "by"})

    def lines(self) -> list[Line]:
        user: Any = self.request.user
        by = self.said.get("by", "month")
        return cohort_lines(user=user, by=by, scope=self.scope())

    def total(self, lines: list[Line]) -> Line:
        user: Any = self.request.user
        return whole_line(user=user, scope=self.scope(), label="All")

    def more(self, lines: list[Line], total: Line) -> dict[str, Any]:
        user: Any = self.request.user
        stages = stages_reached(user=user, scope=self.scope())
        return {
            "steps": _steps(total),
            "stages": table_of(self.reached, stages, "", lambda row: row.stage_name),
            "stage_figures": self.reached,
        }


def _standing(row: Reached) -> str:
    where = {k: v for k, v in row.where.items() if k != "reached"}
    return link("lead_list", **where, process=row.process, stage=row.stage)


def _steps(line: Line) -> list[dict[str, Any]]:
    """Lead, qualified, opportunity, won: how wide each is, and what is lost between."""
    steps = []
    before: int | None = None
    for figure, between in (
        (LEADS, None),
        (QUALIFIED, line.days_to_qualify),
        (SOLD, line.days_to_opportunity),
        (WON, line.days_to_win),
    ):
        number = figure.of(line)
        steps.append(
            {
                "label": figure.label,
                "number": number,
                "url": figure.url(line) if number else "",
                "width": min(100, round(100 * number / line.leads))
                if line.leads
                else 0,
                "rate": percent(number, before - number) if before else None,
                "days": between,
            }
        )
        before = number
    return steps


class TeamActivity(ReportPage):
    """What each salesperson did: activities done, notes, leads and wins."""

    title, name, head = "Team activity", "team-activity", "Person"
    entity, form_class = "activity", PeriodForm
    empty = "Nobody did anything that is kept here in this period."

    def columns(self) -> list[Figure]:
        rights = rights_of(self.request.user)
        kinds = [
            self.figure(kind, f"{Activity.Kind(kind).label}s", self.activities(kind))
            for kind in KINDS
        ]
        notes = [self.figure("notes", "Notes", self.noted)]
        taken = [
            self.figure("taken", "Leads taken over", self.taken),
            self.figure("qualified", "Leads qualified", self.qualified),
        ]
        won = [self.figure("won", "Won", self.won)]
        return [
            *kinds,
            *(notes if rights.has("note", "read") else []),
            *(taken if rights.has("lead", "read") else []),
            *(won if rights.has("opportunity", "read") else []),
        ]

    def figure(self, key: str, label: str, url: Callable[[Doing], str]) -> Figure:
        def where(line: Doing) -> str:
            return "" if line.pk is None else url(line)

        return Figure(key, label, url=where, value=lambda line: line.number[key])

    def days(self, start: str, end: str) -> dict[str, Any]:
        return {start: self.said.get("first"), end: self.said.get("last")}

    def activities(self, kind: str) -> Callable[[Doing], str]:
        days = self.days("completed_from", "completed_to")
        return lambda line: link(
            "activity_list", view="done", kind=kind, owner=line.pk, **days
        )

    def noted(self, line: Doing) -> str:
        return link(
            "note_list", created_by=line.pk, **self.days("created_from", "created_to")
        )

    def taken(self, line: Doing) -> str:
        return link(
            "lead_list", taken_by=line.pk, **self.days("taken_from", "taken_to")
        )

    def qualified(self, line: Doing) -> str:
        days = self.days("closed_from", "closed_to")
        return link("lead_list", state="qualified", closed_by=line.pk, **days)

    def won(self, line: Doing) -> str:
        days = self.days("closed_from", "closed_to")
        return link("opportunity_list", state="won", owner=line.pk, **days)

    def line_name(self, line: Doing) -> str:
        return line.name

    def lines(self) -> list[Doing]:
        user: Any = self.request.user
        return team_activity(user=user, **self.said)

    def total(self, lines: list[Doing]) -> Doing:
        return everybody(lines)
