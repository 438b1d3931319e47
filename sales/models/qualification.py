"""Which fields of a lead go where, and what each qualification did."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models.functions import Now

from core.access.querysets import VisibleQuerySet
from core.journal.triggers import journaled
from crm.models import Lead


class QualifyMappingQuerySet(VisibleQuerySet):
    entity = "qualify_mapping"


class QualifyMapping(models.Model):
    """One field of a lead that goes to a field of what is made or linked.

    Custom fields are `custom.KEY`. Names (of the account, the contact and the
    opportunity) are not mapped: they always come from the same place.
    """

    ENTITIES = [
        ("account", "Account"),
        ("contact", "Contact"),
        ("opportunity", "Opportunity"),
    ]
    entity = models.CharField(max_length=20, choices=ENTITIES)
    field = models.CharField(max_length=80)
    lead_field = models.CharField(max_length=80)

    objects = QualifyMappingQuerySet.as_manager()

    class Meta:
        triggers = journaled("qualify_mapping", versioned=False)
        ordering = ["entity", "field"]
        constraints = [
            models.UniqueConstraint(
                fields=["entity", "field"],
                name="qualify_mapping_once",
                violation_error_message="This field is filled from another already.",
            )
        ]

    def __str__(self) -> str:
        return f"{self.lead_field} to {self.entity} {self.field}"


class Qualification(models.Model):
    """What one qualification made, changed and carried over, so that it can be undone.

    `done` holds every value before and after; `sales.services.lead_unqualify` reads
    it. It is written once, and marked when it was undone.
    """

    lead = models.ForeignKey(
        Lead, on_delete=models.CASCADE, related_name="qualifications"
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    done: Any = models.JSONField(default=dict, encoder=DjangoJSONEncoder)
    qualified_at = models.DateTimeField(db_default=Now())
    undone_at = models.DateTimeField(null=True, blank=True)
    undone_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        db_index=False,
    )

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"Qualification of {self.lead}"
