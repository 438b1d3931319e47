"""Business processes as data, the time in their stages, and reasons of states."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models.functions import Lower

from core.base.models import Stamped
from core.journal.triggers import journaled
from crm.querysets import ProcessQuerySet, StatusReasonQuerySet


class Process(Stamped):
    """A named way from first interest to the sale, in stages with data steps.

    `stages` is the definition (`crm.processes.rules` says its shape); it is written
    by `crm.services.processes` alone. Shipped processes can be changed, not deleted.
    """

    key = models.SlugField(max_length=60, unique=True)
    name = models.CharField(max_length=120)
    description = models.TextField(blank=True, default="")
    stages: Any = models.JSONField(default=list)
    position = models.PositiveIntegerField(default=100)
    active = models.BooleanField(default=True)
    shipped = models.BooleanField(default=False, editable=False)

    objects = ProcessQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "processes"
        triggers = journaled("process")
        ordering = ["position", "name"]
        constraints = [
            models.UniqueConstraint(
                Lower("name"),
                name="process_name_once",
                violation_error_message="There is a process of this name already.",
            )
        ]

    def __str__(self) -> str:
        return self.name


class ProcessState(models.TextChoices):
    """Where the process of one record is: under way, over, or gone on elsewhere."""

    ACTIVE = "active", "Active"
    CROSSED = "crossed", "Goes on with the opportunity"
    FINISHED = "finished", "Finished"
    ABANDONED = "abandoned", "Abandoned"


class StageStay(models.Model):
    """A record was in a stage from one moment to another; written by the database.

    The stage in which a record stands now is on the record itself.
    """

    entity = models.CharField(max_length=40)
    record_id = models.BigIntegerField()
    process = models.CharField(max_length=60)
    stage = models.CharField(max_length=60)
    to_process = models.CharField(max_length=60)
    to_stage = models.CharField(max_length=60)
    entered_at = models.DateTimeField()
    left_at = models.DateTimeField()
    actor_id = models.BigIntegerField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["entity", "record_id", "id"], name="stay_of_record")
        ]

    def __str__(self) -> str:
        return f"{self.entity} {self.record_id} in {self.stage}"


class StatusReason(models.Model):
    """Why a lead or an opportunity is in its state; each belongs to one state."""

    ENTITIES = [("lead", "Lead"), ("opportunity", "Opportunity")]
    STATES = {
        "lead": ("open", "qualified", "disqualified"),
        "opportunity": ("open", "won", "lost"),
    }
    entity = models.CharField(max_length=40, choices=ENTITIES)
    state = models.CharField(max_length=14)
    value = models.SlugField(max_length=40)
    label = models.CharField(max_length=80)
    position = models.PositiveIntegerField(default=0)
    is_default = models.BooleanField(
        default=False, help_text="Taken where the state is set without a reason."
    )
    active = models.BooleanField(default=True)
    shipped = models.BooleanField(default=False, editable=False)

    objects = StatusReasonQuerySet.as_manager()

    class Meta:
        triggers = journaled("status_reason", versioned=False)
        ordering = ["entity", "state", "position", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["entity", "value"],
                name="status_reason_once",
                violation_error_message="This reason exists already.",
            ),
            models.UniqueConstraint(
                fields=["entity", "state"],
                condition=models.Q(is_default=True),
                name="status_reason_one_default",
                violation_error_message="This state has a default reason already.",
            ),
        ]

    def __str__(self) -> str:
        return self.label
