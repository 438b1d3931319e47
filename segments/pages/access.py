"""Who may put contacts into which static segments."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet

from core.access.rights import rights_of
from segments.models import Segment


def may_pick(user: Any) -> bool:
    """Whether the roles let this user fill any static segment by hand."""
    rights = rights_of(user)
    return rights.has("segment", "members") or rights.has("segment", "update")


def pickable(user: Any) -> QuerySet[Segment]:
    """The static segments this user may fill, whether or not they may be edited."""
    rows = Segment.objects.static()
    filled = rows.visible_to(user, "members").values("pk")
    edited = rows.visible_to(user, "update").values("pk")
    return rows.filter(pk__in=filled.union(edited)).order_by("name")
