"""The size of a segment over time as a line: plain SVG, no script."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

WIDTH, HEIGHT = 760, 190
_LEFT, _RIGHT, _TOP, _BOTTOM = 56, 14, 14, 24
TABLE = 14


@dataclass(frozen=True)
class Growth:
    """The line, its area, the scale, and the last days as a table."""

    line: str
    area: str
    scale: Sequence[tuple[float, str]]
    days: Sequence[tuple[float, date]]
    table: Sequence[tuple[date, int]]
    now: int
    first: int
    width: int = WIDTH
    height: int = HEIGHT
    left: int = _LEFT
    right: int = WIDTH - _RIGHT


def growth(sizes: Sequence[tuple[date, int]]) -> Growth | None:
    """None while there are not two days to draw a line between."""
    if len(sizes) < 2:
        return None
    top = _round_up(max(size for _, size in sizes))
    room = HEIGHT - _TOP - _BOTTOM
    step = (WIDTH - _LEFT - _RIGHT) / (len(sizes) - 1)
    base = HEIGHT - _BOTTOM
    places = [
        (round(_LEFT + step * n, 1), round(base - room * size / top, 1))
        for n, (_, size) in enumerate(sizes)
    ]
    line = "M" + " L".join(f"{x},{y}" for x, y in places)
    every = max(1, len(sizes) // 5)
    return Growth(
        line=line,
        area=f"{line} L{places[-1][0]},{base} L{_LEFT},{base} Z",
        scale=[(base - room * n / 2, f"{top * n // 2:,}") for n in range(3)],
        days=[(places[n][0], sizes[n][0]) for n in range(0, len(sizes), every)],
        table=list(reversed(sizes[-TABLE:])),
        now=sizes[-1][1],
        first=sizes[0][1],
    )


def _round_up(highest: int) -> int:
    """The end of the scale: an even number that is easy to read."""
    step = int(10 ** (len(str(max(highest, 1))) - 1))
    for size in (2, 4, 6, 8, 10):
        if highest <= size * step:
            return size * step
    return highest
