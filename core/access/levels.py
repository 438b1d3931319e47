"""How far a grant reaches."""

from __future__ import annotations

from django.db import models


class Level(models.TextChoices):
    """How far a grant reaches."""

    OWN = "own", "Own"
    TEAM = "team", "Team"
    TEAM_UNOWNED = "team_unowned", "Team and unowned"
    BELOW = "below", "Team and below"
    ALL = "all", "All"
