"""Where things are: areas, groups and entries of the left navigation.

The defaults stand in `config/navigation.py`. An entry shows only when its address
exists (its app is there) and the user's rights reach its entity.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from django.http import HttpRequest
from django.urls import NoReverseMatch, ResolverMatch, reverse

from core.access.rights import rights_of

AREA_COOKIE = "handoff_area"


@dataclass(frozen=True)
class NavEntry:
    """One line of the navigation.

    `view` is the system view that opens first from this area; `entity` and `action`
    name the right that shows the entry (none: everybody); `count` gives the number
    beside it for a user, or None for no number.
    """

    label: str
    icon: str
    url_name: str
    entity: str | None = None
    action: str = "read"
    view: str | None = None
    count: Callable[[Any], int | None] | None = None


@dataclass(frozen=True)
class NavGroup:
    label: str
    entries: tuple[NavEntry, ...]


@dataclass(frozen=True)
class Area:
    """Marketing, Sales or Settings."""

    key: str
    label: str
    groups: tuple[NavGroup, ...]
    switch: bool = True
    superuser_only: bool = False


@dataclass
class ShownEntry:
    entry: NavEntry
    url: str
    current: bool


@dataclass
class ShownGroup:
    label: str
    entries: list[ShownEntry] = field(default_factory=list)


_areas: dict[str, Area] = {}


def register_area(area: Area) -> None:
    """Make an area known; called once per area from config."""
    _areas[area.key] = area


def areas() -> list[Area]:
    return list(_areas.values())


def area_keys_of(user: Any) -> list[str]:
    """The areas in the order in which this user's roles would open them."""
    if not hasattr(user, "_handoff_areas"):
        user._handoff_areas = list(
            user.roles.order_by("area").values_list("area", flat=True).distinct()
        )
    return [key for key in user._handoff_areas if key in _areas]


def current_area(request: HttpRequest) -> Area | None:
    """The area somebody is in: the cookie's, else the first of their roles.

    Nobody lands in an area outside the switch (Settings) without having gone there.
    """
    chosen = request.COOKIES.get(AREA_COOKIE, "")
    if chosen in _areas and _may_enter(_areas[chosen], request.user):
        return _areas[chosen]
    for key in area_keys_of(request.user):
        if _areas[key].switch and _may_enter(_areas[key], request.user):
            return _areas[key]
    return next((area for area in _areas.values() if area.switch), None)


def _may_enter(area: Area, user: Any) -> bool:
    return not area.superuser_only or bool(user.is_superuser)


def opening_view(request: HttpRequest, url_name: str) -> str | None:
    """The system view that opens first for this list, in the user's area."""
    area = current_area(request)
    entries = (
        entry for group in (area.groups if area else ()) for entry in group.entries
    )
    return next((entry.view for entry in entries if entry.url_name == url_name), None)


def shown_groups(request: HttpRequest, area: Area) -> list[ShownGroup]:
    """The groups and entries this user sees; empty groups are left out."""
    shown = []
    for group in area.groups:
        entries = [
            found
            for entry in group.entries
            if (found := _shown(request, entry)) is not None
        ]
        if entries:
            shown.append(ShownGroup(group.label, entries))
    return shown


def _shown(request: HttpRequest, entry: NavEntry) -> ShownEntry | None:
    if entry.entity and not rights_of(request.user).has(entry.entity, entry.action):
        return None
    try:
        url = reverse(entry.url_name)
    except NoReverseMatch:
        return None
    here = _is_current(request.resolver_match, request.path, url)
    return ShownEntry(entry, url, here)


def _is_current(match: ResolverMatch | None, path: str, url: str) -> bool:
    return path == url or (url != "/" and path.startswith(url))


@dataclass(frozen=True)
class QuickCreate:
    """One line of the New menu."""

    label: str
    icon: str
    url_name: str
    entity: str


_quick: list[QuickCreate] = []


def register_quick_create(*items: QuickCreate) -> None:
    """Add lines to the New menu; called from AppConfig.ready()."""
    _quick.extend(item for item in items if item not in _quick)


def quick_creates(user: Any) -> list[tuple[QuickCreate, str]]:
    """What this user may create, with addresses."""
    found = []
    for item in _quick:
        if rights_of(user).has(item.entity, "create"):
            try:
                found.append((item, reverse(item.url_name)))
            except NoReverseMatch:
                continue
    return found
