"""What can be seen of a condition on events without running it: names and window.

Counts over events are the dear part of a query; this decides which of them share one
scan, and bounds that scan by the names and the window they have in common.
"""

from __future__ import annotations

from datetime import datetime

from core.query.context import Context
from core.query.dates import span
from core.query.operators import NEGATIVE
from core.query.registry import QueryEntity
from core.query.tree import And, Clause, Cond, Not, Or, Related


def conjuncts(cond: Cond | None) -> list[Cond]:
    """The conditions that must all hold."""
    if cond is None:
        return []
    if isinstance(cond, And):
        return [part for item in cond.items for part in conjuncts(item)]
    return [cond]


def flat(group: And | Or, negated: bool) -> list[tuple[Cond, bool]]:
    """The members of a group, groups of the same kind in it dissolved.

    Each comes with whether it is negated; a negated Or is an And of negated members.
    """
    both = isinstance(group, And) != negated
    found: list[tuple[Cond, bool]] = []
    for member in group.items:
        item, sign = member, negated
        while isinstance(item, Not):
            item, sign = item.item, not sign
        if isinstance(item, And | Or) and (isinstance(item, And) != sign) == both:
            found += flat(item, sign)
        else:
            found.append((item, sign))
    return found


def pinned_names(cond: Cond | None, entity: QueryEntity) -> frozenset[str] | None:
    """The names of events that the condition admits; None where any may do."""
    found: frozenset[str] | None = None
    for part in conjuncts(cond):
        if isinstance(part, Clause) and part.field.name == entity.event_name:
            if part.op not in ("eq", "in"):
                continue
            values = (part.value,) if part.op == "eq" else part.value
            names = frozenset(value.lower() for value in values)
            found = names if found is None else found & names
    return found


def window_start(
    cond: Cond | None, entity: QueryEntity, context: Context
) -> datetime | None:
    """Since when events count; None where the condition sets no beginning."""
    starts: list[datetime] = []
    for part in conjuncts(cond):
        if not isinstance(part, Clause) or part.field.name != entity.event_time:
            continue
        if part.op in NEGATIVE or part.op in ("blank", "in", "anniversary"):
            continue
        low = span(part.op, part.value, part.field.kind, context).low
        if isinstance(low, datetime):
            starts.append(low)
    return max(starts, default=None)


def is_plain(cond: Cond | None) -> bool:
    """Whether the condition reads the row itself only."""
    if cond is None or isinstance(cond, Clause):
        return True
    if isinstance(cond, Not):
        return is_plain(cond.item)
    if isinstance(cond, And | Or):
        return all(is_plain(item) for item in cond.items)
    assert isinstance(cond, Related)
    return False
