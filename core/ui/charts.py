"""Charts as plain SVG: no script, no request, readable in both themes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

WIDTH, HEIGHT = 700, 212
_LEFT, _RIGHT, _TOP, _BOTTOM = 34, 130, 12, 24
_COLOURS = ("var(--h-accent)", "var(--h-or-rail)", "var(--h-ready-dot)")
_REST = "var(--h-off-dot)"


@dataclass(frozen=True)
class Series:
    """One layer of the bars: its name, and a number for each bar."""

    label: str
    values: Sequence[int]


@dataclass(frozen=True)
class Piece:
    x: float
    y: float
    width: float
    height: float
    colour: str
    title: str
    url: str = ""


@dataclass
class Chart:
    """Stacked bars as `ui/_chart.html` draws them."""

    width: int = WIDTH
    height: int = HEIGHT
    left: int = _LEFT
    right: int = WIDTH - _RIGHT
    lines: list[tuple[float, int]] = field(default_factory=list)
    pieces: list[Piece] = field(default_factory=list)
    labels: list[tuple[float, str]] = field(default_factory=list)
    legend: list[tuple[float, str, str]] = field(default_factory=list)
    heads: Sequence[str] = ()
    table: list[tuple[str, Sequence[int], int]] = field(default_factory=list)


def stacked(
    bars: Sequence[str],
    series: Sequence[Series],
    url: Callable[[int, str], str] = lambda bar, label: "",
) -> Chart:
    """Bars of stacked series, the last of which is the rest and grey.

    `url(bar, label)` is where a piece leads. The table says the same in numbers.
    """
    chart = Chart(heads=list(bars))
    top = _round_up(max(map(sum, zip(*(s.values for s in series), strict=True))))
    base, room = HEIGHT - _BOTTOM, HEIGHT - _BOTTOM - _TOP
    chart.lines = [(base - room * n / 3, top * n // 3) for n in range(4)]
    step = (WIDTH - _LEFT - _RIGHT) / len(bars)
    for bar, name in enumerate(bars):
        y = float(base)
        for number, one in enumerate(series):
            height = room * one.values[bar] / top
            if height:
                y -= height
                chart.pieces.append(
                    Piece(
                        round(_LEFT + step * bar + step * 0.16, 1),
                        round(y + 0.75, 1),
                        round(step * 0.68, 1),
                        round(max(height - 1.5, 1), 1),
                        _colour(number, len(series)),
                        f"{name}: {one.values[bar]} {one.label}",
                        url(bar, one.label),
                    )
                )
        if bar % 2 or len(bars) < 8:
            chart.labels.append((round(_LEFT + step * (bar + 0.5), 1), name))
    chart.legend = [
        (base - 18.0 * number - 4, _colour(number, len(series)), one.label)
        for number, one in enumerate(series)
    ]
    chart.table = [(one.label, one.values, sum(one.values)) for one in series]
    return chart


def _colour(number: int, of: int) -> str:
    return _REST if number == of - 1 else _COLOURS[number % len(_COLOURS)]


def _round_up(highest: int) -> int:
    """The end of the scale: three even steps above the highest bar."""
    for size in (3, 6, 9, 12, 15, 30, 45, 60, 90, 120, 150, 300, 600, 900):
        if highest <= size:
            return size
    digits = int(10 ** (len(str(highest)) - 1))
    return -(-highest // (3 * digits)) * 3 * digits
