"""Which value a merged record takes. No database."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from crm.services.kinds import ADDRESS

MOST = 10
Values = Mapping[str, Any]

# The stricter wins, whatever anybody chooses: a "no" of one of them is a "no".
ANY_TRUE = frozenset({"do_not_email", "do_not_bulk_email", "do_not_phone", "is_child"})
ALL_TRUE = frozenset({"follow_email", "prefill_forms", "marketing_only"})
LOWEST = frozenset({"consent_level"})
DECIDED = ANY_TRUE | ALL_TRUE | LOWEST
# Filled from the others where the one that stays says nothing; nobody chooses.
FILLED = frozenset({"originating_lead_id", "source_type", "source_id", "team_id"})


def is_blank(value: Any) -> bool:
    """Nothing, empty text, an empty list or object; never 0 or False."""
    return value is None or value in ("", [], {})


def strictest(field: str, values: Sequence[Any]) -> Any:
    """What the merged record says where nobody may choose."""
    if field in ANY_TRUE:
        return any(values)
    return all(values) if field in ALL_TRUE else min(values)


def suggested(
    fields: Sequence[str], records: Mapping[int, Values], newest_first: Sequence[int]
) -> dict[str, int]:
    """For each field the record to take it from: the newest that says something.

    An address goes over as a whole, so that no street meets the city of another.
    """
    picks = {name: _first_saying((name,), records, newest_first) for name in fields}
    address = [name for name in ADDRESS if name in picks]
    if address:
        whole = _first_saying(address, records, newest_first)
        picks |= dict.fromkeys(address, whole)
    return picks


def _first_saying(
    names: Sequence[str], records: Mapping[int, Values], newest_first: Sequence[int]
) -> int:
    for pk in newest_first:
        if any(not is_blank(records[pk][name]) for name in names):
            return pk
    return newest_first[0]


def united(lists: Sequence[Sequence[str]]) -> list[str]:
    """Tags of all, each once, whatever its case."""
    found: dict[str, str] = {}
    for names in lists:
        for name in names:
            found.setdefault(name.lower(), name)
    return list(found.values())
