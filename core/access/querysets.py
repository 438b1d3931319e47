"""The only gate to rows."""

from __future__ import annotations

from typing import Any, ClassVar, Self

from django.db.models import QuerySet

from core.access.rights import rights_of


class VisibleQuerySet(QuerySet):
    """Rows that know who may see them.

    `entity` is the key under which the rights of these rows are registered.
    """

    entity: ClassVar[str]

    def visible_to(self, user: Any, action: str = "read") -> Self:
        """The rows this user may read (or reach by another action)."""
        return self.filter(rights_of(user).condition(self.entity, action))
