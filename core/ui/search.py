"""Search over everything: apps register how their records are found."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from core.access.rights import rights_of

HITS_EACH = 6


@dataclass(frozen=True)
class Hit:
    """One find: a name, a second line, where it is, and its badge if any."""

    title: str
    subtitle: str
    url: str
    badge: str = ""
    tone: str = "off"
    company: bool = False
    pk: int = 0


@dataclass(frozen=True)
class Search:
    """How the records of one entity are found.

    `find(user, text, limit)` reads through `visible_to` and returns at most `limit`
    hits; `text` has at least one letter and is trimmed. With `everywhere` false it
    serves look-ups only, not the search field.
    """

    key: str
    label: str
    entity: str
    find: Callable[[Any, str, int], list[Hit]]
    everywhere: bool = True


_searches: dict[str, Search] = {}


def register_search(search: Search) -> None:
    """Add records to the search; called from AppConfig.ready()."""
    _searches[search.key] = search


def search_of(key: str) -> Search | None:
    """The search of this key, for look-ups."""
    return _searches.get(key)


def search_all(user: Any, text: str) -> list[tuple[Search, list[Hit]]]:
    """What this user finds, group by group; empty groups are left out."""
    found = []
    for search in _searches.values():
        if search.everywhere and rights_of(user).has(search.entity, "read"):
            hits = search.find(user, text, HITS_EACH)
            if hits:
                found.append((search, hits))
    return found
