"""Taking times side by side, and tables to show them."""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

Work = Callable[[], object]
ROUNDS = int(os.environ.get("HANDOFF_BENCH_ROUNDS", "5"))


@dataclass(frozen=True)
class Pair:
    """Milliseconds of ours and of what it is compared with, and their ratio."""

    ours: float
    base: float

    @property
    def ratio(self) -> float:
        return self.ours / self.base if self.base else float("inf")

    def within(self, times: float, extra_ms: float) -> bool:
        """Whether ours takes at most so many times the other, and so much more."""
        return self.ours <= times * self.base + extra_ms


def milliseconds(work: Work) -> float:
    """How long it takes once."""
    started = time.perf_counter()
    work()
    return (time.perf_counter() - started) * 1000


def side_by_side(ours: Work, base: Work, rounds: int = ROUNDS) -> Pair:
    """Medians of both, taken in turns after a first round that does not count.

    Who goes first changes from round to round: the second finds warmer pages.
    """
    mine: list[float] = []
    other: list[float] = []
    for number in range(rounds + 1):
        runs = [(ours, mine), (base, other)]
        for work, times in runs if number % 2 else reversed(runs):
            spent = milliseconds(work)
            if number:
                times.append(spent)
    return Pair(statistics.median(mine), statistics.median(other))


def percentile(times: Sequence[float], share: float) -> float:
    """The time within which this share of all ended."""
    ordered = sorted(times)
    return ordered[min(int(share * len(ordered)), len(ordered) - 1)]


def load_note() -> str:
    """How busy the machine is: ratios stay, times do not."""
    one, five, _ = os.getloadavg()
    return f"load {one:.1f} (1 min), {five:.1f} (5 min) on {os.cpu_count()} cores"


def verdict(holds: bool) -> str:
    """A word for the last column."""
    return "ok" if holds else "OVER"


def table(heads: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Print rows under their heads; the first column to the left, others right."""
    shown = [[_text(cell) for cell in row] for row in rows]
    widths = [
        max(len(line[place]) for line in [list(heads), *shown])
        for place in range(len(heads))
    ]
    for line in [list(heads), ["-" * width for width in widths], *shown]:
        first, *rest = (
            cell.ljust(width) if place == 0 else cell.rjust(width)
            for place, (cell, width) in enumerate(zip(line, widths, strict=True))
        )
        print("  ".join([first, *rest]), flush=True)


def _text(cell: object) -> str:
    if isinstance(cell, float):
        return f"{cell:,.2f}" if cell < 10 else f"{cell:,.0f}"
    return f"{cell:,}" if isinstance(cell, int) else str(cell)
