"""Old numbers of records that are part of another now; registered by their app."""

from __future__ import annotations

from collections.abc import Callable

Find = Callable[[int], int | None]
_finders: dict[str, Find] = {}


def register_successor(entity: str, find: Find) -> None:
    """`find(old id)` gives the id of the record that answers for it, or None."""
    _finders[entity] = find


def successor_of(entity: str, pk: int) -> int | None:
    """The record that answers for a number that is gone; None where nobody does."""
    find = _finders.get(entity)
    return find(pk) if find is not None else None
