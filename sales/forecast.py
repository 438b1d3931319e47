"""What will be sold when, by whom: won, and open by how sure it is."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db.models import Count, F, Q, QuerySet, Sum
from django.db.models.functions import TruncMonth
from django.utils import timezone

from core.access.models import Team, User
from core.access.rights import team_ids_below
from sales.models import Opportunity

ZERO = Decimal(0)
# From which probability on an open opportunity counts as what.
COMMITTED, BEST = 75, 50
CATEGORIES = ("won", "committed", "best", "pipeline")
LABELS = {
    "won": "Won",
    "committed": "Committed",
    "best": "Best case",
    "pipeline": "Pipeline",
}
RANGES = {
    "committed": (COMMITTED, 100),
    "best": (BEST, COMMITTED - 1),
    "pipeline": (0, BEST - 1),
}
MOST_MONTHS = 24
# The first months that may be asked for: the calendar ends where dates end.
EARLIEST, LATEST = date(1900, 1, 1), date(2199, 12, 31)
WITHIN = (MinValueValidator(EARLIEST), MaxValueValidator(LATEST))


@dataclass
class Cell:
    """One owner or team in one month: number and value of each category."""

    number: dict[str, int] = field(default_factory=lambda: dict.fromkeys(CATEGORIES, 0))
    value: dict[str, Decimal] = field(
        default_factory=lambda: dict.fromkeys(CATEGORIES, ZERO)
    )
    weighted: Decimal = ZERO

    def add(self, other: Cell) -> None:
        """Take the numbers of another cell in."""
        for name in CATEGORIES:
            self.number[name] += other.number[name]
            self.value[name] += other.value[name]
        self.weighted += other.weighted

    @property
    def expected(self) -> Decimal:
        """What is won, and the open amounts by their probability."""
        return self.value["won"] + self.weighted

    def as_data(self) -> dict[str, Any]:
        return {
            **{name: self.value[name] for name in CATEGORIES},
            **{f"{name}_number": self.number[name] for name in CATEGORIES},
            "weighted": self.weighted,
            "expected": self.expected,
        }


@dataclass
class Line:
    """One owner or team (None: nobody's) with a cell a month and their sum."""

    pk: int | None
    name: str
    cells: list[Cell]
    total: Cell


@dataclass
class Forecast:
    """Lines by name and their sums; `undated` is open without a month of these."""

    months: list[date]
    lines: list[Line]
    total: Line
    overdue: Cell
    undated: Cell


def months_from(first: date, number: int) -> list[date]:
    """The first days of so many months."""
    start = first.year * 12 + first.month - 1
    return [date((start + n) // 12, (start + n) % 12 + 1, 1) for n in range(number)]


def forecast(
    *,
    user: User,
    first: date | None = None,
    months: int = 3,
    by: str = "owner",
    pipeline_id: int | None = None,
    team_id: int | None = None,
    owner_id: int | None = None,
) -> Forecast:
    """Amounts by month and owner or team, among what this user sees.

    Won ones count in the month they closed in, with what they brought; open ones in
    that of their estimated close. `team_id` takes the teams below along. Values are in
    the organisation's currency. Three grouped queries and one for the names.
    """
    first = (first or timezone.localdate()).replace(day=1)
    wanted = months_from(first, min(max(months, 1), MOST_MONTHS))
    rows = Opportunity.objects.visible_to(user)
    if pipeline_id is not None:
        rows = rows.filter(pipeline_id=pipeline_id)
    if team_id is not None:
        rows = rows.filter(team_id__in=team_ids_below(team_id))
    if owner_id is not None:
        rows = rows.filter(owner_id=owner_id)
    after = months_from(wanted[0], len(wanted) + 1)[-1]
    whose = "team" if by == "team" else "owner"
    found = _won(rows, whose, wanted[0], after) + _open(rows, whose, wanted[0], after)
    overdue, undated = _beside(rows, wanted[0])
    return _laid_out(found, wanted, whose, overdue, undated)


Found = list[tuple[int | None, date, Cell]]


def _won(rows: QuerySet, whose: str, first: date, after: date) -> Found:
    closed = (
        rows.filter(state="won", closed_at__date__gte=first, closed_at__date__lt=after)
        .order_by()
        .annotate(month=TruncMonth("closed_at"))
        .values(f"{whose}_id", "month")
        .annotate(number=Count("pk"), worth=Sum("actual_base"))
    )
    found: Found = []
    for row in closed:
        cell = Cell()
        cell.number["won"], cell.value["won"] = row["number"], row["worth"] or ZERO
        month = timezone.localtime(row["month"]).date()
        found.append((row[f"{whose}_id"], month, cell))
    return found


def _sums() -> dict[str, Any]:
    """Number and sum of each category, and the weighted sum."""
    sums: dict[str, Any] = {
        "weighted": Sum(F("estimated_base") * F("probability")) / 100
    }
    for name, (low, high) in RANGES.items():
        sure = Q(probability__range=(low, high))
        sums[f"{name}_number"] = Count("pk", filter=sure)
        sums[f"{name}_value"] = Sum("estimated_base", filter=sure)
    return sums


def _cell(row: dict[str, Any]) -> Cell:
    cell = Cell(weighted=row["weighted"] or ZERO)
    for name in RANGES:
        cell.number[name] = row[f"{name}_number"]
        cell.value[name] = row[f"{name}_value"] or ZERO
    return cell


def _open(rows: QuerySet, whose: str, first: date, after: date) -> Found:
    due = (
        rows.filter(state="open", estimated_close__gte=first, estimated_close__lt=after)
        .order_by()
        .annotate(month=TruncMonth("estimated_close"))
        .values(f"{whose}_id", "month")
        .annotate(**_sums())
    )
    return [(row[f"{whose}_id"], row["month"], _cell(row)) for row in due]


def _beside(rows: QuerySet, first: date) -> tuple[Cell, Cell]:
    """What is open and should be closed by now, and what has no date."""
    still_open = rows.filter(state="open")
    late = still_open.filter(estimated_close__lt=first).aggregate(**_sums())
    undated = still_open.filter(estimated_close=None).aggregate(**_sums())
    return _cell(late), _cell(undated)


def _laid_out(
    found: Found, months: list[date], whose: str, overdue: Cell, undated: Cell
) -> Forecast:
    names = _names(whose, {pk for pk, _, _ in found})
    lines = {pk: _line(pk, name, months) for pk, name in names.items()}
    total = _line(None, "All", months)
    for pk, month, cell in found:
        for line in (lines[pk], total):
            line.cells[months.index(month)].add(cell)
            line.total.add(cell)
    listed = sorted(lines.values(), key=lambda line: (line.pk is None, line.name))
    return Forecast(months, listed, total, overdue, undated)


def _line(pk: int | None, name: str, months: list[date]) -> Line:
    return Line(pk, name, [Cell() for _ in months], Cell())


def _names(whose: str, ids: Iterable[int | None]) -> dict[int | None, str]:
    wanted = set(ids)
    model: Any = Team if whose == "team" else User
    rows = model.objects.in_bulk([pk for pk in wanted if pk is not None])
    names: dict[int | None, str] = {pk: str(row) for pk, row in rows.items()}
    if None in wanted:
        names[None] = "Nobody" if whose == "owner" else "No team"
    return names
