"""Interactions that were told from outside."""

from __future__ import annotations

from django.db import models


class InteractionKey(models.Model):
    """The id under which an integration told an interaction: a repeat does nothing."""

    external_id = models.CharField(max_length=200, unique=True)
    entry_id = models.BigIntegerField()

    def __str__(self) -> str:
        return self.external_id
