"""Who may do what with which rows: grants turned into conditions."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from django.db.models import Model, Q, QuerySet

from core.access.entities import entity_of
from core.access.levels import Level

if TYPE_CHECKING:
    from core.access.models import User


@runtime_checkable
class Gate(Protocol):
    """A manager that knows who may see its rows."""

    def visible_to(self, user: Any, action: str = "read") -> QuerySet: ...


NOTHING = Q(pk__in=[])
EVERYTHING = Q()


class Rights:
    """The grants of one user, read once per user object.

    One query for the grants, one more for the team tree where a level needs it.
    A superuser has every right at level all. An inactive user has none.
    """

    def __init__(self, user: User) -> None:
        self.user = user
        self._levels: dict[tuple[str, str], set[str]] | None = None
        self._below: list[int] | None = None
        self._areas: set[str] | None = None

    def levels(self, entity: str, action: str) -> set[str]:
        """The levels granted for this action; empty where there is no right."""
        if not self.user.is_active:
            return set()
        if self.user.is_superuser:
            return {Level.ALL}
        if self._levels is None:
            self._levels = _grants_of(self.user)
        return self._levels.get((entity, action), set())

    def areas(self) -> set[str]:
        """The areas (marketing, sales, settings) of the user's roles."""
        if self._areas is None:
            self._areas = set(self.user.roles.values_list("area", flat=True))
        return self._areas

    def has(self, entity: str, action: str) -> bool:
        """Whether any row of the entity could be reached by this action."""
        return bool(self.levels(entity, action))

    def condition(self, entity: str, action: str) -> Q:
        """The rows this action reaches, as a condition on the entity's model."""
        levels = self.levels(entity, action)
        if not levels:
            return NOTHING
        if Level.ALL in levels:
            return EVERYTHING
        return self._by_level(entity, levels)

    def _by_level(self, entity: str, levels: set[str]) -> Q:
        spec = entity_of(entity)
        reached = NOTHING
        if spec.owner_field:
            reached |= Q(**{spec.owner_field: self.user.pk})
        if spec.team_field and self.user.team_id:
            if levels & {Level.TEAM, Level.TEAM_UNOWNED, Level.BELOW}:
                reached |= Q(**{spec.team_field: self.user.team_id})
            if Level.BELOW in levels:
                reached |= Q(**{f"{spec.team_field}__in": self.teams_below()})
        if Level.TEAM_UNOWNED in levels and spec.owner_field:
            unowned = Q(**{f"{spec.owner_field}__isnull": True})
            if spec.team_field:
                unowned &= Q(**{f"{spec.team_field}__isnull": True})
            reached |= unowned
        return reached

    def teams_below(self) -> list[int]:
        """The user's team and every team under it."""
        if self._below is None:
            self._below = team_ids_below(self.user.team_id)
        return self._below


def _grants_of(user: User) -> dict[tuple[str, str], set[str]]:
    found: dict[tuple[str, str], set[str]] = defaultdict(set)
    rows = user.roles.filter(grants__isnull=False).values_list(
        "grants__entity", "grants__action", "grants__level"
    )
    for entity, action, level in rows:
        found[entity, action].add(level)
    return found


def team_ids_below(team_id: int | None) -> list[int]:
    """A team and all its descendants, in one query; an empty list for no team."""
    if team_id is None:
        return []
    children: dict[int | None, list[int]] = defaultdict(list)
    for pk, parent in entity_of("team").model._default_manager.values_list(
        "pk", "parent_id"
    ):
        children[parent].append(pk)
    reached, todo = [], [team_id]
    while todo:
        current = todo.pop()
        if current not in reached:
            reached.append(current)
            todo.extend(children[current])
    return reached


def rights_of(user: Any) -> Rights:
    """The rights of a user, remembered on the user object of this request."""
    cached: Rights | None = getattr(user, "_handoff_rights", None)
    if cached is None or cached.user is not user:
        cached = Rights(user)
        user._handoff_rights = cached
    return cached


def may(user: Any, action: str, record: Model, entity: str) -> bool:
    """Whether this user may do this to this record (at most one query)."""
    rights = rights_of(user)
    if Level.ALL in rights.levels(entity, action):
        return True
    if not rights.has(entity, action):
        return False
    rows = type(record)._default_manager
    if isinstance(rows, Gate):
        return rows.visible_to(user, action).filter(pk=record.pk).exists()
    condition = rights.condition(entity, action)
    return rows.filter(condition, pk=record.pk).exists()
