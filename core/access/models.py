"""Users, teams (a tree), roles and what they grant."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.auth.models import AbstractUser, UserManager
from django.db import models
from django.db.models import QuerySet

from core.access.levels import Level
from core.access.querysets import VisibleQuerySet
from core.access.rights import rights_of
from core.journal.triggers import journaled


class TeamQuerySet(VisibleQuerySet):
    entity = "team"


class RoleQuerySet(VisibleQuerySet):
    entity = "role"


class HandoffUserManager(UserManager["User"]):
    """Django's user manager, with the one gate to rows."""

    def visible_to(self, user: Any, action: str = "read") -> QuerySet[User]:
        """The people this user may see in lists, pickers and the API."""
        return self.filter(rights_of(user).condition("user", action))


class Team(models.Model):
    """A group of people; teams form a tree, and rights can reach below."""

    name = models.CharField(max_length=200, unique=True)
    parent = models.ForeignKey(
        "self",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="children",
    )
    description = models.TextField(blank=True, default="")

    objects = TeamQuerySet.as_manager()

    class Meta:
        triggers = journaled("team", versioned=False)
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Role(models.Model):
    """A named set of grants; a user's roles add up."""

    key = models.SlugField(max_length=60, unique=True)
    name = models.CharField(max_length=120, unique=True)
    description = models.TextField(blank=True, default="")
    shipped = models.BooleanField(default=False, editable=False)
    area = models.CharField(
        max_length=12,
        choices=[
            ("marketing", "Marketing"),
            ("sales", "Sales"),
            ("settings", "Settings"),
        ],
        default="marketing",
        help_text="The part of the product that opens first.",
    )

    objects = RoleQuerySet.as_manager()

    class Meta:
        triggers = journaled("role", versioned=False)
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Grant(models.Model):
    """One right of a role: an action on an entity, up to a level."""

    role = models.ForeignKey(Role, on_delete=models.CASCADE, related_name="grants")
    entity = models.CharField(max_length=60)
    action = models.CharField(max_length=40)
    level = models.CharField(max_length=16, choices=Level.choices)

    class Meta:
        triggers = journaled("grant", versioned=False)
        ordering = ["entity", "action"]
        constraints = [
            models.UniqueConstraint(
                fields=["role", "entity", "action", "level"], name="grant_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.role}: {self.action} {self.entity} ({self.level})"


class User(AbstractUser):
    """Somebody who signs in, or an integration with a token."""

    team = models.ForeignKey(
        Team,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="members",
    )
    roles = models.ManyToManyField(Role, blank=True, related_name="users")
    job_title = models.CharField(max_length=120, blank=True, default="")
    phone = models.CharField(max_length=40, blank=True, default="")
    time_zone = models.CharField(max_length=64, blank=True, default="")

    objects: ClassVar[HandoffUserManager] = HandoffUserManager()

    class Meta(AbstractUser.Meta):
        triggers = journaled(
            "user", quiet=("last_login",), secret=("password",), versioned=False
        )
        ordering = ["first_name", "last_name", "username"]

    def __str__(self) -> str:
        return self.get_full_name() or self.username

    @property
    def has_role(self) -> bool:
        """Whether any door opens: active, and with a role (or a superuser)."""
        return self.is_active and (self.is_superuser or bool(self.areas))

    @property
    def areas(self) -> set[str]:
        """The parts of the product that the roles of this user belong to."""
        return rights_of(self).areas()
