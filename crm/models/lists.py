"""What records choose from: extensible lists, tags, custom fields, products."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Lower

from core.base.models import Owned, Stamped
from core.journal.triggers import journaled
from crm.querysets import (
    CampaignQuerySet,
    ChoiceQuerySet,
    CustomFieldQuerySet,
    ProductQuerySet,
    TagQuerySet,
)


class Choice(models.Model):
    """One value of an extensible list (lead source, industry, ...).

    Records store the text itself. A value is unique in its list without regard to
    case, and the first spelling wins.
    """

    list = models.CharField(max_length=60)
    value = models.CharField(max_length=200)
    position = models.PositiveIntegerField(default=0)
    active = models.BooleanField(default=True)

    objects = ChoiceQuerySet.as_manager()

    class Meta:
        triggers = journaled("choice", versioned=False)
        ordering = ["list", "position", "value"]
        constraints = [
            models.UniqueConstraint(
                "list",
                Lower("value"),
                name="choice_once_per_list",
                violation_error_message="This value is in the list already.",
            )
        ]

    def __str__(self) -> str:
        return self.value


class Tag(models.Model):
    """A coloured label on contacts, accounts, leads and opportunities."""

    name = models.CharField(max_length=100)
    colour = models.CharField(max_length=20, default="slate")

    objects = TagQuerySet.as_manager()

    class Meta:
        triggers = journaled("tag", versioned=False)
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(
                Lower("name"),
                name="tag_once",
                violation_error_message="There is a tag of this name already.",
            )
        ]

    def __str__(self) -> str:
        return self.name


class CustomField(models.Model):
    """A field that an administrator added to an entity; kept in its `custom` JSON."""

    KINDS = [
        ("text", "Text"),
        ("number", "Number"),
        ("boolean", "Yes or no"),
        ("date", "Date"),
        ("datetime", "Date and time"),
        ("choice", "Choice"),
        ("multi_choice", "Several choices"),
    ]
    ENTITIES = [
        ("contact", "Contact"),
        ("account", "Account"),
        ("lead", "Lead"),
        ("opportunity", "Opportunity"),
    ]
    entity = models.CharField(max_length=40, choices=ENTITIES)
    key = models.SlugField(max_length=60)
    label = models.CharField(max_length=120)
    kind = models.CharField(max_length=20, choices=KINDS, default="text")
    choices = models.JSONField(default=list, blank=True)
    help_text = models.CharField(max_length=300, blank=True, default="")
    position = models.PositiveIntegerField(default=0)
    active = models.BooleanField(default=True)

    objects = CustomFieldQuerySet.as_manager()

    class Meta:
        triggers = journaled("custom_field", versioned=False)
        ordering = ["entity", "position", "label"]
        constraints = [
            models.UniqueConstraint(
                fields=["entity", "key"],
                name="custom_field_once",
                violation_error_message="This entity has a field with this key.",
            )
        ]

    def __str__(self) -> str:
        return self.label


class Product(Stamped):
    """Something sold; leads and opportunities name the product of interest."""

    name = models.CharField(max_length=200, unique=True)
    code = models.CharField(max_length=60, blank=True, default="")
    family = models.CharField(max_length=120, blank=True, default="")
    price = models.DecimalField(max_digits=14, decimal_places=2, null=True, blank=True)
    description = models.TextField(blank=True, default="")
    active = models.BooleanField(default=True)

    objects = ProductQuerySet.as_manager()

    class Meta:
        triggers = journaled("product")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Campaign(Stamped, Owned):
    """An initiative that groups pages, segments, journeys and the leads it made."""

    STATUSES = [
        ("planned", "Planned"),
        ("running", "Running"),
        ("completed", "Completed"),
        ("canceled", "Canceled"),
    ]
    name = models.CharField(max_length=200, unique=True)
    code = models.CharField(max_length=60, blank=True, default="")
    kind = models.CharField(max_length=60, blank=True, default="")
    status = models.CharField(max_length=12, choices=STATUSES, default="planned")
    starts_on = models.DateField(null=True, blank=True)
    ends_on = models.DateField(null=True, blank=True)
    budget = models.DecimalField(max_digits=14, decimal_places=2, null=True, blank=True)
    description = models.TextField(blank=True, default="")

    objects = CampaignQuerySet.as_manager()

    class Meta:
        triggers = journaled("campaign")
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(ends_on__isnull=True)
                | models.Q(starts_on__isnull=True)
                | models.Q(ends_on__gte=models.F("starts_on")),
                name="campaign_ends_after_start",
                violation_error_message="The end lies before the start.",
            )
        ]

    def __str__(self) -> str:
        return self.name
