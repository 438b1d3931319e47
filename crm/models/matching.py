"""How automation finds the record that somebody already has."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models

from core.journal.triggers import journaled
from crm.querysets import MatchingStrategyQuerySet


class MatchingStrategy(models.Model):
    """Attributes that must all be equal for a record to match.

    Values are compared without regard to case and blank space, among active contacts
    or open leads; the most recently updated wins.
    """

    TARGETS = [("contact", "Contact"), ("lead", "Lead"), ("account", "Account")]

    key = models.SlugField(max_length=60, unique=True)
    name = models.CharField(max_length=120, unique=True)
    description = models.TextField(blank=True, default="")
    target = models.CharField(max_length=8, choices=TARGETS)
    attributes = ArrayField(models.CharField(max_length=60))
    shipped = models.BooleanField(default=False, editable=False)

    objects = MatchingStrategyQuerySet.as_manager()

    class Meta:
        triggers = journaled("matching_strategy", versioned=False)
        ordering = ["target", "name"]
        verbose_name_plural = "matching strategies"

    def __str__(self) -> str:
        return self.name
