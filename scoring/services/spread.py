"""How scores are spread, as bars of equal width."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Count, F, IntegerField, Max, Min
from django.db.models.functions import Cast, Floor

from scoring.models import LeadScore, ScoringModel

BARS = 20
WIDTHS = (1, 2, 5, 10, 20, 25, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000)


@dataclass(frozen=True)
class Bar:
    """Leads with scores from `low` up to `high`; `share` is of the highest bar."""

    low: int
    high: int
    leads: int
    share: int
    ready: bool


def width_for(low: int, high: int) -> int:
    """The width with which at most BARS bars hold all scores."""
    span = high - low + 1
    fitting = (width for width in WIDTHS if span / width <= BARS)
    return next(fitting, -(-span // BARS))


def bars(counts: Iterable[tuple[int, int]], width: int, threshold: int) -> list[Bar]:
    """Bars without gaps from (number of the bar, leads)."""
    known = dict(counts)
    if not known:
        return []
    highest = max(known.values())
    return [
        Bar(
            number * width,
            (number + 1) * width - 1,
            known.get(number, 0),
            # What is there at all is seen.
            max(known.get(number, 0) * 100 // highest, 2 if known.get(number) else 0),
            number * width >= threshold,
        )
        for number in range(min(known), max(known) + 1)
    ]


def model_spread(model: ScoringModel) -> list[Bar]:
    """The stored scores of a model; two queries."""
    scores = LeadScore.objects.filter(model=model)
    edges = scores.aggregate(low=Min("score"), high=Max("score"))
    if edges["low"] is None:
        return []
    width = width_for(edges["low"], edges["high"])
    # Dividing by a float floors below zero too.
    number = Cast(Floor(F("score") / float(width)), IntegerField())
    rows = scores.annotate(bar=number).values("bar").annotate(n=Count("*"))
    counts = rows.order_by("bar").values_list("bar", "n")
    return bars(counts, width, model.sales_ready_score)
