"""Workflows, their versions, and what they did for which record."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now

from core.base.models import Owned, Stamped
from core.journal.triggers import journaled
from workflows.querysets import RunQuerySet, WorkflowQuerySet


class Workflow(Stamped, Owned):
    """Steps that run for a record when something happens to it, or on demand.

    It starts for a record of `entity` when one is created (`on_created`), when one
    of `on_changed` changes, when one of the events `on_events` happens (for entering
    and leaving a segment: one of `on_segments`, if there are any), or when somebody
    runs it (`on_demand`), provided `condition` holds. `steps` is a list of
    steps; a branch holds two lists of its own.
    """

    class State(models.TextChoices):
        INACTIVE = "inactive", "Inactive"
        ACTIVE = "active", "Active"

    key = models.SlugField(max_length=60, blank=True, default="", editable=False)
    name = models.CharField(max_length=200, unique=True)
    description = models.TextField(blank=True, default="")
    entity = models.CharField(max_length=40)
    state = models.CharField(
        max_length=10, choices=State.choices, default=State.INACTIVE
    )
    on_created = models.BooleanField(default=False)
    on_changed = ArrayField(models.CharField(max_length=80), default=list, blank=True)
    on_events = ArrayField(models.CharField(max_length=80), default=list, blank=True)
    on_segments = ArrayField(
        models.BigIntegerField(),
        default=list,
        blank=True,
        help_text="Entering or leaving counts for these segments; empty for any.",
    )
    on_demand = models.BooleanField(default=True)
    condition = models.JSONField(default=dict, blank=True)
    steps = models.JSONField(default=list, blank=True)
    activated_at = models.DateTimeField(null=True, blank=True, editable=False)
    active_from = models.BigIntegerField(
        default=0,
        editable=False,
        help_text="The entry of its activation; nothing before it starts a run.",
    )
    problem = models.TextField(blank=True, default="", editable=False)

    objects = WorkflowQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        triggers = journaled("workflow", quiet=("active_from",))
        constraints = [
            models.UniqueConstraint(
                fields=["key"],
                name="workflow_key_once",
                condition=~models.Q(key=""),
            )
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_active(self) -> bool:
        return self.state == self.State.ACTIVE

    @property
    def shipped(self) -> bool:
        return self.key != ""


class WorkflowVersion(models.Model):
    """What a workflow was when its runs began; never changed once it has runs."""

    workflow = models.ForeignKey(
        Workflow, on_delete=models.CASCADE, related_name="versions"
    )
    number = models.PositiveIntegerField()
    entity = models.CharField(max_length=40)
    condition = models.JSONField(default=dict)
    steps = models.JSONField(default=list)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )

    class Meta:
        ordering = ["workflow", "-number"]
        constraints = [
            models.UniqueConstraint(
                fields=["workflow", "number"], name="workflow_version_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.workflow} (version {self.number})"


class Run(models.Model):
    """A workflow at work for one record.

    `position` is the place of the next step ("0", "1.then.0"); `log` says what each
    step did. A step's effect, its line in the log and the move to the next position
    are one transaction, so that every effect happens once.
    """

    class State(models.TextChoices):
        PENDING = "pending", "Waiting to start"
        WAITING = "waiting", "Waiting"
        COMPLETED = "completed", "Completed"
        SKIPPED = "skipped", "Skipped"
        STOPPED = "stopped", "Stopped"
        FAILED = "failed", "Failed"

    version = models.ForeignKey(
        WorkflowVersion, on_delete=models.CASCADE, related_name="runs"
    )
    subject_type = models.CharField(max_length=40)
    subject_id = models.BigIntegerField()
    state = models.CharField(
        max_length=10, choices=State.choices, default=State.PENDING
    )
    position = models.CharField(max_length=200, blank=True, default="")
    log = models.JSONField(default=list)
    attempts = models.PositiveIntegerField(default=0)
    error = models.TextField(blank=True, default="")
    depth = models.PositiveSmallIntegerField(default=0)
    cause_id = models.BigIntegerField(null=True, blank=True)
    job_id = models.BigIntegerField(null=True, blank=True)
    due_at = models.DateTimeField(db_default=Now())
    started_at = models.DateTimeField(db_default=Now())
    finished_at = models.DateTimeField(null=True, blank=True)

    objects = RunQuerySet.as_manager()

    class Meta:
        constraints = [
            # One entry starts a version once for a record, however often it is read.
            models.UniqueConstraint(
                fields=["version", "subject_id", "cause_id"],
                name="run_once_per_cause",
                condition=models.Q(cause_id__isnull=False),
            ),
            models.UniqueConstraint(
                fields=["job_id", "subject_id"],
                name="run_once_per_job",
                condition=models.Q(job_id__isnull=False),
            ),
        ]
        indexes = [
            # The executor: what is due.
            models.Index(
                fields=["due_at", "id"],
                name="run_due",
                condition=models.Q(state__in=["pending", "waiting"]),
            ),
            # What automation did for a record.
            models.Index(
                fields=["subject_type", "subject_id", "-id"], name="run_subject"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.version}: {self.subject_type} {self.subject_id}"
