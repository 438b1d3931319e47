"""The only gate to rows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from typing import Any, ClassVar, Self

from django.db.models import Q, QuerySet

from core.access.rights import EVERYTHING, Gate, rights_of

Widening = Callable[[Any], Q]
_widenings: dict[str, list[Widening]] = defaultdict(list)


def widen_visibility(entity: str, condition: Widening) -> None:
    """Let more rows of an entity be read than the grants say.

    `condition(user)` gives a Q on the entity's model. The app that owns leads says
    with it that whoever may see a lead may see its contact and its account.
    """
    if condition not in _widenings[entity]:
        _widenings[entity].append(condition)


class VisibleQuerySet(QuerySet):
    """Rows that know who may see them.

    `entity` is the key under which the rights of these rows are registered.
    """

    entity: ClassVar[str]

    def visible_to(self, user: Any, action: str = "read") -> Self:
        """The rows this user may read (or reach by another action)."""
        condition = rights_of(user).condition(self.entity, action)
        if action == "read" and condition != EVERYTHING:
            for widening in _widenings[self.entity]:
                condition |= widening(user)
        return self.filter(condition)


def visible_rows(model: Any, user: Any) -> Any:
    """The rows of a model this user sees, or all where it has no gate of its own."""
    rows = model._default_manager.all()
    if isinstance(rows, VisibleQuerySet):
        return rows.visible_to(user)
    manager = model._default_manager
    return manager.visible_to(user) if isinstance(manager, Gate) else rows


def among_visible(rows: Any, user: Any) -> Any:
    """Narrow rows of whatever model to those that this user sees.

    Nothing is added for whoever sees them all, so that the plan stays as it was.
    """
    seen = visible_rows(rows.model, user)
    return rows.filter(pk__in=seen.values("pk")) if seen.query.where else rows
