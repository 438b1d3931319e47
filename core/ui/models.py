"""What the back office itself keeps."""

from __future__ import annotations

from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from core.access.models import User
from core.access.querysets import VisibleQuerySet
from core.base.models import Owned


class FormSent(models.Model):
    """A form that was sent: its token makes a second click harmless.

    Written in the transaction of what the form did, with the address of the result.
    """

    token = models.UUIDField(primary_key=True)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+"
    )
    url = models.CharField(max_length=500)
    sent_at = models.DateTimeField(db_default=Now())

    class Meta:
        verbose_name_plural = "forms sent"

    def __str__(self) -> str:
        return str(self.token)


class SavedViewQuerySet(VisibleQuerySet):
    """Views that people saved; the own ones and those that others share."""

    entity = "saved_view"

    def offered_to(self, user: User, page: str) -> Self:
        """What this user finds beside the tabs of a list: own and shared views."""
        rows = self.visible_to(user).filter(page=page)
        return rows.filter(Q(owner=user) | shared_with(user)).order_by("name", "pk")


def shared_with(user: Any) -> Q:
    """The views of others that this user may open."""
    shared = Q(audience="all")
    if user.team_id:
        shared |= Q(audience="team", team_id=user.team_id)
    return shared


class SavedView(Owned):
    """A list as somebody left it: filters, search, conditions, sort and columns.

    `page` is the name of the list's address. `params` holds the address's parameters,
    each with its values; `base` is the system view underneath.
    """

    class Audience(models.TextChoices):
        OWN = "own", "Only me"
        TEAM = "team", "My team"
        ALL = "all", "Everybody"

    page = models.CharField(max_length=80)
    name = models.CharField(max_length=60)
    base = models.CharField(max_length=60, blank=True, default="")
    params = models.JSONField(default=dict, blank=True)
    audience = models.CharField(
        "seen by", max_length=4, choices=Audience.choices, default=Audience.OWN
    )
    opens_first = models.BooleanField(
        "Opens first when I come to this list", default=False
    )
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    objects = SavedViewQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["owner", "page", "name"],
                name="saved_view_name",
                violation_error_message="You have a view of this name already.",
            )
        ]
        indexes = [models.Index(fields=["page", "audience"], name="saved_view_offer")]

    def __str__(self) -> str:
        return self.name

    @property
    def key(self) -> str:
        """The name of this view in the address of its list."""
        return f"v{self.pk}"
