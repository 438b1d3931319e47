"""What lead sources are worth."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Count, Q, QuerySet, Sum

from core.access.models import User
from crm.models import Lead
from sales.models import Opportunity

ZERO = Decimal(0)


@dataclass(frozen=True)
class SourceLine:
    """One lead source: its leads, what became of them, and what they brought.

    `rate` is the part of its closed leads that were qualified, in percent (None while
    none is closed). Values are in the organisation's currency.
    """

    source: str
    leads: int
    open: int
    qualified: int
    disqualified: int
    rate: Decimal | None
    opportunities: int
    won: int
    won_value: Decimal
    open_value: Decimal

    def as_data(self) -> dict[str, Any]:
        return asdict(self)


def lead_source_report(
    *, user: User, first: date | None = None, last: date | None = None
) -> list[SourceLine]:
    """A line for each lead source among the leads this user sees, most leads first.

    `first` and `last` bound the day on which the leads were created, both counted.
    Opportunities count where the user sees them, through their originating lead.
    Two queries.
    """
    leads = _between(Lead.objects.visible_to(user), "created_at", first, last)
    sold = _between(
        Opportunity.objects.visible_to(user).filter(originating_lead__in=leads),
        "originating_lead__created_at",
        first,
        last,
    )
    return _lines(_leads_by_source(leads), _sold_by_source(sold))


def total_line(lines: Iterable[SourceLine]) -> SourceLine:
    """All sources together."""
    rows = list(lines)
    qualified = sum(row.qualified for row in rows)
    disqualified = sum(row.disqualified for row in rows)
    return SourceLine(
        source="",
        leads=sum(row.leads for row in rows),
        open=sum(row.open for row in rows),
        qualified=qualified,
        disqualified=disqualified,
        rate=qualification_rate(qualified, disqualified),
        opportunities=sum(row.opportunities for row in rows),
        won=sum(row.won for row in rows),
        won_value=sum((row.won_value for row in rows), ZERO),
        open_value=sum((row.open_value for row in rows), ZERO),
    )


def qualification_rate(qualified: int, disqualified: int) -> Decimal | None:
    """Qualified of all closed leads, in percent to one decimal."""
    closed = qualified + disqualified
    return round(Decimal(100 * qualified) / closed, 1) if closed else None


def _between(rows: QuerySet, field: str, first: date | None, last: date | None) -> Any:
    if first is not None:
        rows = rows.filter(**{f"{field}__date__gte": first})
    if last is not None:
        rows = rows.filter(**{f"{field}__date__lte": last})
    return rows


def _leads_by_source(leads: QuerySet) -> dict[str, dict[str, Any]]:
    rows = (
        leads.order_by()
        .values("lead_source")
        .annotate(
            number=Count("pk"),
            still_open=Count("pk", filter=Q(state="open")),
            qualified=Count("pk", filter=Q(state="qualified")),
            disqualified=Count("pk", filter=Q(state="disqualified")),
        )
    )
    return {row["lead_source"]: row for row in rows}


def _sold_by_source(sold: QuerySet) -> dict[str, dict[str, Any]]:
    rows = (
        sold.order_by()
        .values("originating_lead__lead_source")
        .annotate(
            number=Count("pk"),
            won=Count("pk", filter=Q(state="won")),
            won_value=Sum("actual_base", filter=Q(state="won")),
            open_value=Sum("estimated_base", filter=Q(state="open")),
        )
    )
    return {row["originating_lead__lead_source"]: row for row in rows}


def _lines(
    leads: dict[str, dict[str, Any]], sold: dict[str, dict[str, Any]]
) -> list[SourceLine]:
    lines = []
    for source, row in leads.items():
        worth = sold.get(source, {})
        lines.append(
            SourceLine(
                source=source,
                leads=row["number"],
                open=row["still_open"],
                qualified=row["qualified"],
                disqualified=row["disqualified"],
                rate=qualification_rate(row["qualified"], row["disqualified"]),
                opportunities=worth.get("number", 0),
                won=worth.get("won", 0),
                won_value=worth.get("won_value") or ZERO,
                open_value=worth.get("open_value") or ZERO,
            )
        )
    return sorted(lines, key=lambda line: (-line.leads, line.source.lower()))
