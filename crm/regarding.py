"""What activities and notes can be about; upper apps register their records."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db.models import Model, Q

from core.access.levels import Level
from core.access.rights import NOTHING, rights_of
from core.base.errors import Invalid


@dataclass(frozen=True)
class Links:
    """The people and the company behind a record, for their timelines."""

    contact_id: int | None = None
    lead_id: int | None = None
    account_id: int | None = None


@dataclass(frozen=True)
class RegardingKind:
    """A kind of record that activities and notes hang on, with its links."""

    key: str
    model: type[Model]
    links: Callable[[Any], Links]


_kinds: dict[str, RegardingKind] = {}


def register_regarding(kind: RegardingKind) -> None:
    """Let activities and notes be about records of this kind (from ready())."""
    _kinds[kind.key] = kind


def regarding_keys() -> list[str]:
    """The entity keys that activities and notes can be about."""
    return list(_kinds)


def regarding_record(key: str, pk: int, user: Any = None) -> Model:
    """The record that something is about, if this user sees it (None: any).

    Raises Invalid at `regarding_type` or `regarding_id`; a record that is hidden and
    one that is not there look the same.
    """
    kind = _kinds.get(key)
    if kind is None:
        raise Invalid(
            "invalid_choice",
            f"Choose one of: {', '.join(_kinds)}.",
            attr="regarding_type",
        )
    rows: Any = kind.model._default_manager
    if user is not None:
        rows = rows.visible_to(user)
    found: Model | None = rows.filter(pk=pk).first()
    if found is None:
        raise Invalid("does_not_exist", f"There is no {key} {pk}.", attr="regarding_id")
    return found


def links_of(key: str, record: Model) -> Links:
    """The contact, lead and account behind a record."""
    return _kinds[key].links(record)


def about_visible(user: Any) -> Q:
    """Activities or notes about something that this user sees."""
    found = NOTHING
    for kind in _kinds.values():
        about = Q(regarding_type=kind.key)
        if Level.ALL not in rights_of(user).levels(kind.key, "read"):
            rows: Any = kind.model._default_manager
            about &= Q(regarding_id__in=rows.visible_to(user).values("pk"))
        found |= about
    return found
