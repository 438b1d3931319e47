"""What people do and note about a record."""

from __future__ import annotations

from collections.abc import Sequence

from django.conf import settings
from django.db import models

from core.base.models import Owned, Stamped
from core.journal.triggers import journaled
from crm.models.customers import Account, Contact
from crm.models.leads import Lead
from crm.models.lists import Product
from crm.querysets import ActivityQuerySet, NoteQuerySet


class Regarding(models.Model):
    """What a row is about: any record by type and id, and the people behind it.

    `regarding_type` is an entity key (contact, lead, opportunity, ...). The three
    links are kept beside it so that a person's timeline is one indexed read.
    """

    regarding_type = models.CharField(max_length=40)
    regarding_id = models.BigIntegerField()
    contact = models.ForeignKey(
        Contact, null=True, blank=True, on_delete=models.CASCADE, related_name="+"
    )
    lead = models.ForeignKey(
        Lead, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    account = models.ForeignKey(
        Account, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )

    class Meta:
        abstract = True


class Activity(Stamped, Owned, Regarding):
    """A task, phone call, appointment or customer request.

    Some kinds are written by what they tell of, and never entered by hand.
    """

    BY_SYSTEM = frozenset({"opportunity_close"})

    class Kind(models.TextChoices):
        TASK = "task", "Task"
        PHONE_CALL = "phone_call", "Phone call"
        APPOINTMENT = "appointment", "Appointment"
        CUSTOMER_REQUEST = "customer_request", "Customer request"
        OPPORTUNITY_CLOSE = "opportunity_close", "Opportunity close"

    class State(models.TextChoices):
        OPEN = "open", "Open"
        SCHEDULED = "scheduled", "Scheduled"
        COMPLETED = "completed", "Completed"
        CANCELED = "canceled", "Canceled"

    class Priority(models.TextChoices):
        LOW = "low", "Low"
        NORMAL = "normal", "Normal"
        HIGH = "high", "High"

    kind = models.CharField(max_length=20, choices=Kind.choices, default=Kind.TASK)
    subject = models.CharField(max_length=300)
    description = models.TextField(blank=True, default="")
    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN)
    priority = models.CharField(
        max_length=8, choices=Priority.choices, default=Priority.NORMAL
    )
    due_at = models.DateTimeField(null=True, blank=True)
    starts_at = models.DateTimeField(null=True, blank=True)
    ends_at = models.DateTimeField(null=True, blank=True)
    location = models.CharField(max_length=300, blank=True, default="")
    outgoing = models.BooleanField(default=True)
    duration_minutes = models.PositiveIntegerField(null=True, blank=True)
    outcome = models.CharField(max_length=300, blank=True, default="")
    product = models.ForeignKey(
        Product, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    completed_at = models.DateTimeField(null=True, blank=True, editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        editable=False,
        on_delete=models.SET_NULL,
        related_name="+",
        db_index=False,
    )

    objects = ActivityQuerySet.as_manager()

    class Meta:
        triggers = journaled(
            "activity",
            contact_id="contact_id",
            lead_id="lead_id",
            account_id="account_id",
        )
        verbose_name_plural = "activities"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(ends_at__isnull=True)
                | models.Q(starts_at__isnull=True)
                | models.Q(ends_at__gte=models.F("starts_at")),
                name="activity_ends_after_start",
                violation_error_message="The end lies before the start.",
            )
        ]
        indexes = [
            models.Index(
                fields=["regarding_type", "regarding_id", "-id"],
                name="activity_regarding",
            ),
            # "My activities due".
            models.Index(
                fields=["owner", "due_at", "id"],
                name="activity_due",
                condition=models.Q(state__in=["open", "scheduled"]),
            ),
        ]

    def __str__(self) -> str:
        return self.subject


class Note(Stamped, Regarding):
    """Free text on a record, with its author.

    `not_told` names whom the writing just done mentions in vain (see mentions).
    """

    not_told: Sequence[str] = ()

    body = models.TextField()
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        editable=False,
        on_delete=models.SET_NULL,
        related_name="+",
        db_index=False,
    )

    objects = NoteQuerySet.as_manager()

    class Meta:
        triggers = journaled(
            "note", contact_id="contact_id", lead_id="lead_id", account_id="account_id"
        )
        indexes = [
            models.Index(
                fields=["regarding_type", "regarding_id", "-id"], name="note_regarding"
            )
        ]

    def __str__(self) -> str:
        return self.body[:80]
