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


def via_names(doors: Iterable[str]) -> dict[str, str]:
    """Names for the doors that are records themselves, such as "workflow:3"."""
    keys = {via: via.partition(":") for via in doors if ":" in via}
    wanted = {
        via: (key[0], int(key[2])) for via, key in keys.items() if key[2].isdigit()
    }
    named = source_names(wanted.values())
    return {via: named[key][0] for via, key in wanted.items() if key in named}
