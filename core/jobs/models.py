"""Long work: what is to be done, how far it is, and what went wrong."""

from __future__ import annotations

from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models.functions import Now

from core.access.rights import rights_of


class JobQuerySet(models.QuerySet):
    """Jobs, by who may see them and by what is due."""

    def visible_to(self, user: Any, action: str = "read") -> Self:
        """A person's own jobs; all of them for whoever may change the settings."""
        if rights_of(user).has("organisation", "update"):
            return self.all()
        return self.filter(created_by=user.pk)

    def unfinished(self) -> Self:
        """Jobs that still have work to do."""
        return self.filter(state__in=Job.UNFINISHED)

    def due(self) -> Self:
        """Unfinished jobs whose time has come, the longest waiting first."""
        return self.unfinished().filter(due_at__lte=Now()).order_by("touched_at", "id")


class Job(models.Model):
    """A piece of long work, done in chunks that each are one transaction."""

    class State(models.TextChoices):
        PENDING = "pending", "Waiting"
        RUNNING = "running", "Running"
        COMPLETED = "completed", "Completed"
        CANCELED = "canceled", "Canceled"
        FAILED = "failed", "Failed"

    UNFINISHED = (State.PENDING, State.RUNNING)

    kind = models.CharField(max_length=60)
    label = models.CharField(max_length=300)
    params = models.JSONField(default=dict, blank=True)
    cursor = models.JSONField(default=dict, blank=True)
    result = models.JSONField(default=dict, blank=True)
    state = models.CharField(
        max_length=10, choices=State.choices, default=State.PENDING
    )
    total = models.BigIntegerField(null=True, blank=True)
    done = models.BigIntegerField(default=0)
    problem_count = models.BigIntegerField(default=0)
    cancel_requested = models.BooleanField(default=False)
    attempts = models.PositiveIntegerField(
        default=0, help_text="How often the next chunk was begun and not ended."
    )
    error = models.TextField(blank=True, default="")
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    due_at = models.DateTimeField(db_default=Now())
    touched_at = models.DateTimeField(db_default=Now())

    objects = JobQuerySet.as_manager()

    class Meta:
        indexes = [
            # The sweep: what is to be done next.
            models.Index(
                fields=["due_at"],
                name="job_due",
                condition=models.Q(state__in=["pending", "running"]),
            ),
            # The tray and the page of jobs.
            models.Index(fields=["created_by", "-id"], name="job_mine"),
        ]

    def __str__(self) -> str:
        return self.label

    @property
    def is_finished(self) -> bool:
        return self.state not in self.UNFINISHED

    @property
    def percent(self) -> int | None:
        """How much is done, 0 to 100; None while the whole is unknown."""
        if self.state == self.State.COMPLETED:
            return 100
        if not self.total:
            return None
        return min(100, self.done * 100 // self.total)


class JobProblem(models.Model):
    """One line of a job's report: a row or record that was not done, and why."""

    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="problems")
    data = models.JSONField(default=dict)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return str(self.data.get("detail", self.data))
