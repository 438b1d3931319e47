"""Notifications, what each person wants to be told, and digests."""

from __future__ import annotations

from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models.functions import Now

from core.journal.triggers import journaled


class OwnQuerySet(models.QuerySet):
    """Rows that belong to one person; nobody else sees them."""

    def visible_to(self, user: Any, action: str = "read") -> Self:
        return self.filter(user=user.pk)


class NotificationQuerySet(OwnQuerySet):
    def unread(self) -> Self:
        return self.filter(read_at=None)

    def shown(self) -> Self:
        """Those that stand in the product, and not in digests only."""
        return self.filter(in_app=True)


class Notification(models.Model):
    """Something one person is told, once for each entry of the journal.

    Much of one kind at a time is one notification: `number` says of how many, and it
    has no subject.
    """

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+"
    )
    kind = models.CharField(max_length=60)
    subject_type = models.CharField(max_length=40, blank=True, default="")
    subject_id = models.BigIntegerField(null=True, blank=True)
    number = models.PositiveIntegerField(default=1)
    data = models.JSONField(default=dict, blank=True)
    entry_id = models.BigIntegerField()
    actor_id = models.BigIntegerField(null=True, blank=True)
    in_app = models.BooleanField(default=True)
    in_digest = models.BooleanField(default=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    read_at = models.DateTimeField(null=True, blank=True)
    digest = models.ForeignKey(
        "DigestMail", null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )

    objects = NotificationQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user", "kind", "entry_id"], name="notification_once"
            )
        ]
        indexes = [
            # The page, and the newest in the bell.
            models.Index(fields=["user", "-id"], name="notification_of_user"),
            # The number on the bell.
            models.Index(
                fields=["user"],
                name="notification_unread",
                condition=models.Q(read_at=None, in_app=True),
            ),
            # What the next digest holds.
            models.Index(
                fields=["user", "id"],
                name="notification_undigested",
                condition=models.Q(digest=None, in_digest=True, read_at=None),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} for {self.user_id}"


class Preference(models.Model):
    """Whether a person wants a kind of notification, where not as usual."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+"
    )
    kind = models.CharField(max_length=60)
    in_app = models.BooleanField(default=True)
    in_digest = models.BooleanField(default=True)

    objects = OwnQuerySet.as_manager()

    class Meta:
        verbose_name = "notification preference"
        triggers = journaled("notification_preference", versioned=False)
        constraints = [
            models.UniqueConstraint(
                fields=["user", "kind"], name="notification_preference_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} for {self.user_id}"


class Digest(models.Model):
    """How often a person gets a digest, and when the next one is due."""

    class Frequency(models.TextChoices):
        OFF = "off", "Never"
        DAILY = "daily", "Every morning"
        WEEKLY = "weekly", "On Monday morning"

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+"
    )
    frequency = models.CharField(
        max_length=6, choices=Frequency.choices, default=Frequency.DAILY
    )
    due_at = models.DateTimeField()

    objects = OwnQuerySet.as_manager()

    class Meta:
        triggers = journaled("digest", quiet=("due_at",), versioned=False)
        indexes = [
            models.Index(
                fields=["due_at"],
                name="digest_due",
                condition=~models.Q(frequency="off"),
            )
        ]

    def __str__(self) -> str:
        return f"digest of {self.user_id}"


class DigestMail(models.Model):
    """One digest: written down first, then sent at most once."""

    class State(models.TextChoices):
        PENDING = "pending", "Waiting"
        SENDING = "sending", "Being sent"
        SENT = "sent", "Sent"
        FAILED = "failed", "Failed"

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+"
    )
    state = models.CharField(max_length=8, choices=State.choices, default=State.PENDING)
    number = models.PositiveIntegerField()
    attempts = models.PositiveIntegerField(default=0)
    error = models.TextField(blank=True, default="")
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    due_at = models.DateTimeField(db_default=Now())
    sent_at = models.DateTimeField(null=True, blank=True)

    objects = OwnQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(
                fields=["due_at"],
                name="digest_mail_due",
                condition=models.Q(state="pending"),
            )
        ]

    def __str__(self) -> str:
        return f"digest {self.pk} for {self.user_id}"
