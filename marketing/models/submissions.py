"""What visitors sent, and the changes it proposes."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models.functions import Now

from crm.models import Contact, Lead
from marketing.models.forms import Form, Page
from marketing.querysets import SubmissionQuerySet, SuggestionQuerySet


class Visitor(models.Model):
    """A browser that asked to be remembered; known once a submission matched."""

    contact = models.ForeignKey(
        Contact,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    def __str__(self) -> str:
        return f"Visitor {self.pk}"


class Submission(models.Model):
    """One answer to a form: stored first, matched by a worker, never lost.

    `values` holds what was sent, by field name. A retry keeps `received_at`, so that
    what happened stays dated to when it happened.
    """

    class State(models.TextChoices):
        PENDING = "pending", "Pending"
        SUCCESS = "success", "Success"
        FAILED = "failed", "Failed"
        SPAM = "spam", "Suspected spam"

    form = models.ForeignKey(Form, on_delete=models.PROTECT, related_name="submissions")
    page = models.ForeignKey(
        Page,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="submissions",
    )
    received_at = models.DateTimeField(db_default=Now(), editable=False)
    values = models.JSONField(default=dict)
    state = models.CharField(max_length=8, choices=State.choices, default=State.PENDING)
    reason = models.TextField(blank=True, default="")
    technical = models.TextField(blank=True, default="")
    matched = models.TextField(
        blank=True, default="", help_text="How the contact and the lead were found."
    )
    # Plain numbers: what a submission led to is remembered after a merge or deletion.
    contact_id = models.BigIntegerField(null=True, blank=True)
    lead_id = models.BigIntegerField(null=True, blank=True)
    visitor_id = models.BigIntegerField(null=True, blank=True)
    remember = models.BooleanField(
        null=True, help_text="Whether the visitor ticked Remember me."
    )
    referrer = models.CharField(max_length=2000, blank=True, default="")
    utm = models.JSONField(default=dict, blank=True)
    attempts = models.PositiveIntegerField(default=0)
    processed_at = models.DateTimeField(null=True, blank=True)
    retry_of = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.SET_NULL, related_name="retries"
    )

    objects = SubmissionQuerySet.as_manager()

    class Meta:
        indexes = [
            # The worker's claim.
            models.Index(
                fields=["id"],
                name="submission_pending",
                condition=models.Q(state="pending"),
            ),
            # The list of submissions: failed first, newest first; by form.
            models.Index(
                fields=["state", "-received_at", "-id"], name="submission_by_state"
            ),
        ]

    def __str__(self) -> str:
        return f"Submission {self.pk}"


class Suggestion(models.Model):
    """A change that a submission proposes to a record that sales works with."""

    class State(models.TextChoices):
        PENDING = "pending", "Waiting"
        ACCEPTED = "accepted", "Accepted"
        REJECTED = "rejected", "Rejected"

    contact = models.ForeignKey(
        Contact, null=True, blank=True, on_delete=models.CASCADE, related_name="+"
    )
    lead = models.ForeignKey(
        Lead, null=True, blank=True, on_delete=models.CASCADE, related_name="+"
    )
    field = models.CharField(max_length=80)
    old = models.JSONField(null=True)
    new = models.JSONField(null=True)
    submission = models.ForeignKey(
        Submission, on_delete=models.CASCADE, related_name="suggestions"
    )
    state = models.CharField(max_length=8, choices=State.choices, default=State.PENDING)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    decided_at = models.DateTimeField(null=True, blank=True, editable=False)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        editable=False,
        on_delete=models.SET_NULL,
        related_name="+",
    )

    objects = SuggestionQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(contact__isnull=True) ^ models.Q(lead__isnull=True),
                name="suggestion_on_one_record",
            ),
            # The newest proposal for a field replaces one still waiting.
            models.UniqueConstraint(
                fields=["contact", "field"],
                condition=models.Q(state="pending"),
                name="suggestion_once_per_contact_field",
            ),
            models.UniqueConstraint(
                fields=["lead", "field"],
                condition=models.Q(state="pending"),
                name="suggestion_once_per_lead_field",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.field}: {self.new}"

    @property
    def record(self) -> Contact | Lead:
        """The contact or the lead that the change is proposed for."""
        record = self.contact or self.lead
        assert record is not None
        return record
