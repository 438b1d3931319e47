"""What lead sources are worth."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from core.access.models import User
from sales.cohorts import Line, Scope, cohort_lines, percent, total_line

__all__ = ["lead_source_report", "qualification_rate", "total_line"]


def lead_source_report(
    *,
    user: User,
    first: date | None = None,
    last: date | None = None,
    scope: Scope | None = None,
) -> list[Line]:
    """A line for each lead source among the leads this user sees, most leads first.

    Sources that differ only in case are one; leads without a source are a line of
    their own. `first` and `last` bound the day on which the leads were created, both
    counted; a `scope` says more. Two queries.
    """
    scope = scope or Scope(first=first, last=last)
    return cohort_lines(user=user, by="source", scope=scope)


def qualification_rate(qualified: int, disqualified: int) -> Decimal | None:
    """Qualified of all closed leads, in percent to one decimal."""
    return percent(qualified, disqualified)
