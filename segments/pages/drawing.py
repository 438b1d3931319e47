"""A compound segment as a stream from left to right: plain SVG, no script."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

STEP, LEFT, TOP, THICK = 150, 24, 62, 74
HEIGHT = TOP + THICK + 62
_TURN = 34


@dataclass(frozen=True)
class Stream:
    """One band: its outline or line, what it means (main, in, out), its words."""

    path: str
    css: str
    title: str = ""
    width: float = 0


@dataclass
class Drawing:
    """What the template draws."""

    width: int
    height: int = HEIGHT
    streams: list[Stream] = field(default_factory=list)
    numbers: list[tuple[float, float, str]] = field(default_factory=list)


def drawing(names: Sequence[str], sizes: Sequence[int]) -> Drawing:
    """The contacts that flow on, come in from above, or are led away below.

    `sizes` says how many are in after each part.
    """
    most = max([*sizes, 1])
    thick = [max(1.0, THICK * size / most) if size else 0.0 for size in sizes]
    found = Drawing(width=LEFT + STEP * len(sizes) + 60)
    middle = TOP + THICK / 2
    for number, name in enumerate(names[1:], start=1):
        found.streams += _side(number, name, sizes, THICK / most, middle)
    found.streams.insert(0, Stream(_main(thick, middle), "main"))
    found.numbers = [
        (round(_x(n) + STEP / 2 + _TURN / 2, 1), middle, f"{size:,}")
        for n, size in enumerate(sizes)
    ]
    return found


def _x(number: int) -> float:
    return LEFT + STEP * number


def _main(thick: Sequence[float], middle: float) -> str:
    """The outline of the stream: along its upper edge, and back along the lower."""
    upper = [f"M{_x(0)},{middle - thick[0] / 2:.1f}"]
    lower: list[str] = []
    for number, now in enumerate(thick[1:], start=1):
        before, x = thick[number - 1], _x(number)
        upper.append(_bend(x - _TURN, x + _TURN, middle - before / 2, middle - now / 2))
        lower.append(_bend(x + _TURN, x - _TURN, middle + now / 2, middle + before / 2))
    end = _x(len(thick))
    upper.append(f"H{end} L{end + 14},{middle:.1f}")
    upper.append(f"L{end},{middle + thick[-1] / 2:.1f}")
    lower.append(f"L{_x(0)},{middle + thick[0] / 2:.1f}")
    # The lower edge is walked from right to left.
    return " ".join([*upper, *reversed(lower[:-1]), lower[-1], "Z"])


def _bend(x1: float, x2: float, y1: float, y2: float) -> str:
    half = (x1 + x2) / 2
    return f"L{x1},{y1:.1f} C{half},{y1:.1f} {half},{y2:.1f} {x2},{y2:.1f}"


def _side(
    number: int, name: str, sizes: Sequence[int], scale: float, middle: float
) -> list[Stream]:
    """What comes in from above at a part, or is led away below."""
    moved, x = sizes[number] - sizes[number - 1], _x(number)
    if not moved:
        return []
    width = round(max(2.0, min(abs(moved) * scale, 2 * _TURN)), 1)
    if moved > 0:
        edge = middle - max(sizes[number - 1] * scale, 1) / 2
        path = _stroke(x - _TURN, TOP - 50, x + _TURN, edge)
        return [Stream(path, "in", f"{name}: {moved:,} more", width)]
    edge = middle + max(sizes[number] * scale, 1) / 2
    path = _stroke(x - _TURN, edge, x + _TURN, HEIGHT - 12)
    return [Stream(path, "out", f"{name}: {-moved:,} fewer", width)]


def _stroke(x1: float, y1: float, x2: float, y2: float) -> str:
    half = (y1 + y2) / 2
    return f"M{x1},{y1:.1f} C{x1},{half:.1f} {x2},{half:.1f} {x2},{y2:.1f}"
