"""What a count of related rows allows, settled before any row is read."""

from __future__ import annotations

from core.query.tree import Count


class Bounds:
    """What a count asks: `zero` rows allowed, plain existence, or always the same."""

    def __init__(self, count: Count | None, negated: bool) -> None:
        allows = count.allows if count else (lambda number: number >= 1)
        self.zero = allows(0) != negated
        # A count is a comparison with constants: it is settled past the largest.
        later = {allows(number) != negated for number in _probes(count)}
        self.exists: bool | None = None
        self.always: bool | None = None
        if len(later) == 1:
            rest = later.pop()
            if rest == self.zero:
                self.always = rest
            else:
                self.exists = rest


def _probes(count: Count | None) -> set[int]:
    """The numbers from 1 on at which the answer of a count can change."""
    if count is None:
        return {1}
    values = count.value if isinstance(count.value, tuple) else (count.value,)
    near = {value + step for value in values for step in (-1, 0, 1)}
    return {number for number in near if number >= 1} | {1}
