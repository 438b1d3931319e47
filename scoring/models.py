"""Scoring models, their rules, and the scores they give."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now

from core.base.models import Owned, Stamped
from core.journal.triggers import journaled
from crm.models import Lead
from scoring.querysets import ScoringModelQuerySet


class ScoringModel(Stamped, Owned):
    """How leads earn points, and from which score they are ready for sales.

    `grades` is a list of {"name", "from"}, lowest first; each reaches up to the next.
    """

    class State(models.TextChoices):
        DRAFT = "draft", "Draft"
        LIVE = "live", "Live"
        STOPPED = "stopped", "Stopped"

    name = models.CharField(max_length=200, unique=True)
    description = models.TextField(blank=True, default="")
    state = models.CharField(max_length=10, choices=State.choices, default=State.DRAFT)
    sales_ready_score = models.IntegerField(default=100)
    grades = models.JSONField(default=list, blank=True)
    time_zone = models.CharField(max_length=64, default="UTC")
    went_live_at = models.DateTimeField(null=True, blank=True, editable=False)
    scored_at = models.DateTimeField(null=True, blank=True, editable=False)
    next_check_at = models.DateTimeField(null=True, blank=True, editable=False)
    problem = models.TextField(blank=True, default="", editable=False)

    objects = ScoringModelQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        triggers = journaled("scoring_model", quiet=("scored_at", "next_check_at"))

    def __str__(self) -> str:
        return self.name

    @property
    def is_live(self) -> bool:
        return self.state == self.State.LIVE


class ScoringRule(models.Model):
    """One way to earn or lose points.

    A condition is a query on the lead and counts once. A behaviour counts
    interactions of the people behind the lead: `each` gives the points every time,
    `at_least` once from `times` on, `none` once when there was not one. `cap` limits
    what a rule can give, `half_life_days` lets points fade.
    """

    class Kind(models.TextChoices):
        CONDITION = "condition", "Condition"
        BEHAVIOUR = "behaviour", "Behaviour"

    class Frequency(models.TextChoices):
        EACH = "each", "Each time"
        AT_LEAST = "at_least", "At least"
        NONE = "none", "Not once"

    class Scope(models.TextChoices):
        ALL = "all", "All behaviour of the person"
        SINCE_CREATED = "since_created", "Since the lead was created"
        THIS_LEAD = "this_lead", "Only for this lead's product or campaign"

    model = models.ForeignKey(
        ScoringModel, on_delete=models.CASCADE, related_name="rules"
    )
    position = models.PositiveIntegerField(default=0)
    name = models.CharField(max_length=200)
    kind = models.CharField(max_length=10, choices=Kind.choices, default=Kind.CONDITION)
    condition = models.JSONField(
        default=dict,
        blank=True,
        help_text="On the lead for a condition; narrows interactions for a behaviour.",
    )
    interactions = ArrayField(models.CharField(max_length=60), default=list, blank=True)
    window_days = models.PositiveIntegerField(null=True, blank=True)
    frequency = models.CharField(
        max_length=10, choices=Frequency.choices, default=Frequency.EACH
    )
    times = models.PositiveIntegerField(default=1)
    points = models.IntegerField()
    cap = models.PositiveIntegerField(null=True, blank=True)
    half_life_days = models.PositiveIntegerField(null=True, blank=True)
    scope = models.CharField(max_length=14, choices=Scope.choices, default=Scope.ALL)

    class Meta:
        ordering = ["position", "id"]
        triggers = journaled("scoring_rule", versioned=False)

    def __str__(self) -> str:
        return self.name


class LeadScore(models.Model):
    """What one model gives one lead; `breakdown` adds up to `score`, always.

    `breakdown` is {rule id: points}, rules that gave nothing left out.
    """

    pk = models.CompositePrimaryKey("lead_id", "model_id")
    lead = models.ForeignKey(
        Lead, on_delete=models.CASCADE, related_name="scores", db_index=False
    )
    model = models.ForeignKey(
        ScoringModel, on_delete=models.CASCADE, related_name="scores", db_index=False
    )
    score = models.IntegerField()
    grade = models.CharField(max_length=60, blank=True, default="")
    breakdown = models.JSONField(default=dict)
    changed_at = models.DateTimeField(db_default=Now())

    class Meta:
        indexes = [
            # Lists by score, and the distribution of a model.
            models.Index(fields=["model", "-score", "lead"], name="score_by_model")
        ]

    def __str__(self) -> str:
        return f"{self.lead_id}: {self.score}"


class ScoreDue(models.Model):
    """A lead that something changed for and whose scores are computed next."""

    lead_id = models.BigIntegerField(primary_key=True)
    since = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return str(self.lead_id)


class LeadScoreListed(models.Model):
    """Scores with one column as their name: a database view, only to be read.

    Where rows need an address of one column (the Django admin); everything else
    reads `LeadScore`, whose key is the pair.
    """

    id = models.TextField(primary_key=True)
    lead = models.ForeignKey(Lead, models.DO_NOTHING, related_name="+")
    model = models.ForeignKey(ScoringModel, models.DO_NOTHING, related_name="+")
    score = models.IntegerField()
    grade = models.CharField(max_length=60)
    breakdown = models.JSONField()
    changed_at = models.DateTimeField()

    class Meta:
        managed = False
        db_table = "scoring_leadscore_listed"
        verbose_name = "score of a lead"
        verbose_name_plural = "scores of leads"

    def __str__(self) -> str:
        return f"{self.lead_id}: {self.score}"
