"""What became of the leads of a period: by source, month, team or owner.

A line is a set of leads, and says by which filters of the list of leads they are
found (`where`): the same FilterSet picks the rows that are counted here and those
that a click on the number shows, so that both are always the same.
"""

from __future__ import annotations

import calendar
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, fields
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import (
    Aggregate,
    Count,
    DurationField,
    ExpressionWrapper,
    F,
    Min,
    Q,
    QuerySet,
    Sum,
)
from django.db.models.functions import Lower, TruncMonth
from django.http import QueryDict
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.http import urlencode

from core.access.models import Team, User
from crm.filters import LeadFilter
from crm.models import Lead
from sales.models import Opportunity

ZERO = Decimal(0)
Where = dict[str, str]
# How each kind of line is told apart: an expression on leads.
KEYS: dict[str, Any] = {
    "source": lambda at: Lower(f"{at}lead_source"),
    "month": lambda at: TruncMonth(f"{at}created_at"),
    "team": lambda at: F(f"{at}team_id"),
    "owner": lambda at: F(f"{at}owner_id"),
}


class Median(Aggregate):
    """The middle one of durations."""

    template = "percentile_cont(0.5) WITHIN GROUP (ORDER BY %(expressions)s)"
    output_field = DurationField()
    arity = 1


@dataclass(frozen=True)
class Scope:
    """Which leads are counted: those of these days, team and below, owner..."""

    first: date | None = None
    last: date | None = None
    team_id: int | None = None
    owner_id: int | None = None
    product_id: int | None = None
    campaign_id: int | None = None

    def where(self) -> Where:
        """The same, as filters of the list of leads."""
        said = {
            "created_from": self.first,
            "created_to": self.last,
            "team_below": self.team_id,
            "owner": self.owner_id,
            "product": self.product_id,
            "campaign": self.campaign_id,
        }
        return {name: str(value) for name, value in said.items() if value is not None}


@dataclass(frozen=True)
class Line:
    """Some leads, what became of them, and what they brought.

    `rate` is the part of its closed leads that were qualified, `win_rate` the part of
    its closed opportunities that were won, in percent (None while none is closed).
    Days are medians. Values are in the organisation's currency; `expected_value` is
    what was won and what is open by its probability.
    """

    label: str
    leads: int = 0
    open: int = 0
    qualified: int = 0
    disqualified: int = 0
    rate: Decimal | None = None
    opportunities: int = 0
    open_opportunities: int = 0
    lost: int = 0
    won: int = 0
    win_rate: Decimal | None = None
    won_value: Decimal = ZERO
    open_value: Decimal = ZERO
    expected_value: Decimal = ZERO
    days_to_qualify: Decimal | None = None
    days_to_opportunity: Decimal | None = None
    days_to_win: Decimal | None = None
    where: Where = field(default_factory=dict)

    @property
    def source(self) -> str:
        return self.label

    def as_data(self) -> dict[str, Any]:
        return asdict(self)


NUMBERS = tuple(f.name for f in fields(Line) if f.default in (0, ZERO))


def leads_where(user: User, where: Mapping[str, str]) -> QuerySet:
    """The leads this user sees that the list of leads would show by these filters."""
    asked = QueryDict(urlencode(where))
    rows: QuerySet = LeadFilter(asked, queryset=Lead.objects.visible_to(user)).qs
    return rows.order_by()


def cohort_lines(*, user: User, by: str, scope: Scope | None = None) -> list[Line]:
    """A line for each source, month, team or owner, most leads first (months in order).

    Counts leads and opportunities that this user sees; an opportunity belongs to the
    line of its originating lead. Two grouped queries, and one for names of teams and
    owners.
    """
    scope = scope or Scope()
    leads = leads_where(user, scope.where())
    found = _leads_by(leads, by)
    sold = _sold_by(_sold(user, leads), by)
    names = _names(by, found)
    lines = [
        _line(_label(by, key, row, names), row, sold.get(key, {}), _at(by, key, scope))
        for key, row in found.items()
    ]
    if by == "month":
        return sorted(lines, key=lambda line: line.where["created_from"])
    return sorted(lines, key=lambda line: (-line.leads, line.label.lower()))


def whole_line(*, user: User, scope: Scope | None = None, label: str = "") -> Line:
    """All leads of the scope as one line, with its own medians. Two queries."""
    where = (scope or Scope()).where()
    leads = leads_where(user, where)
    sold = _sold(user, leads).aggregate(**_sold_numbers())
    return _line(label, leads.aggregate(**_lead_numbers()), sold, where)


def total_line(lines: Iterable[Line]) -> Line:
    """The sums of lines; without medians, which cannot be added up."""
    rows = list(lines)
    sums = {name: sum(getattr(row, name) for row in rows) for name in NUMBERS}
    return Line(
        label="",
        **sums,
        rate=percent(sums["qualified"], sums["disqualified"]),
        win_rate=percent(sums["won"], sums["lost"]),
    )


def percent(part: int, rest: int) -> Decimal | None:
    """A part of itself and the rest, in percent to one decimal."""
    whole = part + rest
    return round(Decimal(100 * part) / whole, 1) if whole else None


def days(span: timedelta | None) -> Decimal | None:
    """A duration in days, to one decimal."""
    return None if span is None else round(Decimal(span.total_seconds()) / 86_400, 1)


def _span(start: str, end: str) -> Any:
    return ExpressionWrapper(F(end) - F(start), DurationField())


def _lead_numbers() -> dict[str, Any]:
    qualified = Q(state="qualified")
    return {
        "leads_number": Count("pk"),
        "still_open": Count("pk", filter=Q(state="open")),
        "qualified_number": Count("pk", filter=qualified),
        "disqualified_number": Count("pk", filter=Q(state="disqualified")),
        "to_qualify": Median(_span("created_at", "closed_at"), filter=qualified),
    }


def _sold_numbers() -> dict[str, Any]:
    won, still_open = Q(state="won"), Q(state="open")
    made = "originating_lead__created_at"
    return {
        "sold_number": Count("pk"),
        "open_number": Count("pk", filter=still_open),
        "lost_number": Count("pk", filter=Q(state="lost")),
        "won_number": Count("pk", filter=won),
        "won_worth": Sum("actual_base", filter=won),
        "open_worth": Sum("estimated_base", filter=still_open),
        "weighted": Sum(F("estimated_base") * F("probability"), filter=still_open),
        "to_opportunity": Median(_span(made, "created_at")),
        "to_win": Median(_span(made, "closed_at"), filter=won),
    }


def _sold(user: User, leads: QuerySet) -> QuerySet:
    seen = Opportunity.objects.visible_to(user).order_by()
    return seen.filter(originating_lead__in=leads)


def _leads_by(leads: QuerySet, by: str) -> dict[Any, dict[str, Any]]:
    more = {"spelt": Min("lead_source")} if by == "source" else {}
    rows = leads.values(key=KEYS[by]("")).annotate(**_lead_numbers(), **more)
    return {row["key"]: row for row in rows}


def _sold_by(sold: QuerySet, by: str) -> dict[Any, dict[str, Any]]:
    rows = sold.values(key=KEYS[by]("originating_lead__"))
    return {row["key"]: row for row in rows.annotate(**_sold_numbers())}


def _line(label: str, row: dict[str, Any], sold: dict[str, Any], where: Where) -> Line:
    won_value = sold.get("won_worth") or ZERO
    weighted = (sold.get("weighted") or ZERO) / 100
    return Line(
        label=label,
        leads=row["leads_number"],
        open=row["still_open"],
        qualified=row["qualified_number"],
        disqualified=row["disqualified_number"],
        rate=percent(row["qualified_number"], row["disqualified_number"]),
        opportunities=sold.get("sold_number", 0),
        open_opportunities=sold.get("open_number", 0),
        lost=sold.get("lost_number", 0),
        won=sold.get("won_number", 0),
        win_rate=percent(sold.get("won_number", 0), sold.get("lost_number", 0)),
        won_value=won_value,
        open_value=sold.get("open_worth") or ZERO,
        expected_value=round(won_value + weighted, 2),
        days_to_qualify=days(row["to_qualify"]),
        days_to_opportunity=days(sold.get("to_opportunity")),
        days_to_win=days(sold.get("to_win")),
        where=where,
    )


def _names(by: str, keys: Iterable[Any]) -> dict[Any, str]:
    if by not in ("team", "owner"):
        return {}
    model: Any = Team if by == "team" else User
    rows = model.objects.in_bulk([key for key in keys if key is not None])
    return {pk: str(row) for pk, row in rows.items()}


def _label(by: str, key: Any, row: dict[str, Any], names: dict[Any, str]) -> str:
    if by == "source":
        return str(row["spelt"])
    if by == "month":
        return date_format(timezone.localtime(key), "F Y")
    return names.get(key, "No team" if by == "team" else "Nobody")


def _at(by: str, key: Any, scope: Scope) -> Where:
    """The scope, narrowed to one line."""
    where = scope.where()
    if by == "source":
        return where | ({"lead_source": key} if key else {"sourceless": "true"})
    if by == "month":
        return where | _month(timezone.localtime(key).date(), scope)
    if key is None:
        return where | {"teamless" if by == "team" else "unowned": "true"}
    return where | {by: str(key)}


def _month(first: date, scope: Scope) -> Where:
    last = first.replace(day=calendar.monthrange(first.year, first.month)[1])
    start = max(first, scope.first or first)
    end = min(last, scope.last or last)
    return {"created_from": str(start), "created_to": str(end)}
