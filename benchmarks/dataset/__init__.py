"""The big data set: how big, and what of it lies in a database already."""

from __future__ import annotations

import os
from dataclasses import dataclass


@dataclass(frozen=True)
class Size:
    """How many rows of each table; the seed makes them the same every time."""

    name: str
    contacts: int
    accounts: int
    leads: int
    opportunities: int
    interactions: int


def _size(name: str, contacts: int) -> Size:
    return Size(
        name=name,
        contacts=contacts,
        accounts=contacts // 20,
        leads=contacts * 3 // 2,
        opportunities=contacts // 10,
        interactions=contacts * 10,
    )


SIZES = {
    size.name: size
    for size in (_size("10k", 10_000), _size("100k", 100_000), _size("1m", 1_000_000))
}


def chosen_size() -> Size:
    """The size named by HANDOFF_BENCH_SIZE, else a million contacts."""
    return SIZES[os.environ.get("HANDOFF_BENCH_SIZE", "1m")]
