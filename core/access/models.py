"""Users, teams (a tree), roles and what they grant."""

from __future__ import annotations

from django.contrib.auth.models import AbstractUser
from django.db import models


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

    class Meta:
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

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Level(models.TextChoices):
    """How far a grant reaches."""

    OWN = "own", "Own"
    TEAM = "team", "Team"
    TEAM_UNOWNED = "team_unowned", "Team and unowned"
    BELOW = "below", "Team and below"
    ALL = "all", "All"


class Grant(models.Model):
    """One right of a role: an action on an entity, up to a level."""

    role = models.ForeignKey(Role, on_delete=models.CASCADE, related_name="grants")
    entity = models.CharField(max_length=60)
    action = models.CharField(max_length=40)
    level = models.CharField(max_length=16, choices=Level.choices)

    class Meta:
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

    class Meta(AbstractUser.Meta):
        ordering = ["first_name", "last_name", "username"]

    def __str__(self) -> str:
        return self.get_full_name() or self.username
