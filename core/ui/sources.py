"""What a happening came from: apps label and link their emails, pages, forms..."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

Named = dict[int, tuple[str, str]]


@dataclass(frozen=True)
class Source:
    """A kind of source; `names(ids)` gives {id: (label, address)} in one query."""

    key: str
    names: Callable[[set[int]], Named]


_sources: dict[str, Source] = {}


def register_source(key: str, names: Callable[[set[int]], Named]) -> None:
    """Label the `source_type` of this key; called from AppConfig.ready()."""
    _sources[key] = Source(key, names)


def source_names(
    wanted: Iterable[tuple[str, int | None]],
) -> dict[tuple[str, int], tuple[str, str]]:
    """Labels and addresses of many sources: one query a kind."""
    by_kind: dict[str, set[int]] = {}
    for kind, pk in wanted:
        if kind in _sources and pk is not None:
            by_kind.setdefault(kind, set()).add(pk)
    found: dict[tuple[str, int], tuple[str, str]] = {}
    for kind, ids in by_kind.items():
        for pk, named in _sources[kind].names(ids).items():
            found[kind, pk] = named
    return found
