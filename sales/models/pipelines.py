"""The ways along which opportunities are sold."""

from __future__ import annotations

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from core.base.models import Stamped
from core.journal.triggers import journaled
from sales.querysets import PipelineQuerySet, PipelineStageQuerySet


class Pipeline(Stamped):
    """A way to sell, with its stages; one is the default."""

    name = models.CharField(max_length=120, unique=True)
    description = models.TextField(blank=True, default="")
    is_default = models.BooleanField(
        default=False, help_text="New opportunities go through this one."
    )
    active = models.BooleanField(
        default=True, help_text="No opportunity can be put into an inactive one."
    )

    objects = PipelineQuerySet.as_manager()

    class Meta:
        triggers = journaled("pipeline")
        ordering = ["-is_default", "name"]
        constraints = [
            models.UniqueConstraint(
                fields=["is_default"],
                condition=models.Q(is_default=True),
                name="pipeline_one_default",
                violation_error_message="Another pipeline is the default one.",
            ),
            models.CheckConstraint(
                condition=models.Q(active=True) | models.Q(is_default=False),
                name="pipeline_default_active",
                violation_error_message="The default pipeline stays active.",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class PipelineStage(Stamped):
    """A step of a pipeline, with how likely what stands there is won.

    Opportunities name it by their pipeline and its key; the database holds them to it.
    """

    pipeline = models.ForeignKey(
        Pipeline, on_delete=models.CASCADE, related_name="stages"
    )
    key = models.SlugField(max_length=40, editable=False)
    name = models.CharField(max_length=80)
    probability = models.PositiveSmallIntegerField(
        default=0, validators=[MaxValueValidator(100)], help_text="In percent."
    )
    stale_days = models.PositiveSmallIntegerField(
        "stale after days",
        default=30,
        validators=[MinValueValidator(1)],
        help_text="What stands here longer is marked on the board.",
    )
    position = models.PositiveIntegerField(default=0)

    objects = PipelineStageQuerySet.as_manager()

    class Meta:
        triggers = journaled("pipeline_stage")
        ordering = ["pipeline", "position", "id"]
        constraints = [
            # What the foreign key of opportunities points to.
            models.UniqueConstraint(
                fields=["pipeline", "key"], name="pipeline_stage_once"
            ),
            models.CheckConstraint(
                condition=models.Q(probability__lte=100),
                name="pipeline_stage_percent",
                violation_error_message="The probability is from 0 to 100.",
            ),
        ]

    def __str__(self) -> str:
        return self.name
