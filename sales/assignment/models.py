"""Rule sets and their rules, when people work, and who got what and why."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models.functions import Now

from core.access.models import Team
from core.base.models import Stamped
from core.journal.triggers import journaled
from crm.models import Lead
from sales.assignment import rules
from sales.assignment.querysets import (
    AssignmentQuerySet,
    GivenQuerySet,
    RuleSetQuerySet,
)

PERSON = settings.AUTH_USER_MODEL


class RuleSet(Stamped):
    """The ordered rules of the organisation or of one team, and what holds for all.

    A lead that lies with a team and with nobody there is given by the set of that
    team, or of the nearest team above it; every other one by the organisation's.
    The leads of a partner's set never fall back to somebody outside it.
    """

    name = models.CharField(max_length=200)
    team = models.OneToOneField(
        Team,
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="+",
        help_text="Left empty, the rules are the organisation's.",
    )
    partner = models.BooleanField(
        default=False,
        help_text="A channel partner: its leads never go to people outside the team.",
    )
    active = models.BooleanField(default=False)
    on_created = models.BooleanField("when a lead is created", default=True)
    on_sales_ready = models.BooleanField(
        "when a lead becomes sales ready", default=True
    )
    fallback_owner = models.ForeignKey(
        PERSON,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        help_text="Gets what no rule has somebody for.",
    )
    alerts_seen_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = RuleSetQuerySet.as_manager()

    class Meta:
        ordering = [models.F("team__name").asc(nulls_first=True)]
        triggers = journaled("assignment_rule_set")
        constraints = [
            models.UniqueConstraint(
                models.Value(1),
                name="assignment_one_organisation_set",
                condition=models.Q(team__isnull=True),
                violation_error_message="The organisation has its rules already.",
            )
        ]

    def __str__(self) -> str:
        return self.name


class AssignmentRule(Stamped):
    """Leads for which a condition holds go to a person, a team, or people in turn."""

    class To(models.TextChoices):
        USER = "user", "One person"
        TEAM = "team", "A team"
        ROUND_ROBIN = "round_robin", "People in turn"
        LOAD = "load", "Whoever has the fewest open leads"

    AVAILABLE = [
        (None, "At any time"),
        (0, "Only those at work now"),
        *((hours, f"Those at work within {hours} hours") for hours in rules.WITHIN),
    ]

    rule_set = models.ForeignKey(
        RuleSet, on_delete=models.CASCADE, related_name="rules"
    )
    position = models.PositiveIntegerField(default=0, editable=False)
    name = models.CharField(max_length=200)
    active = models.BooleanField(default=True)
    condition = models.JSONField(default=dict, blank=True)
    to = models.CharField(max_length=12, choices=To.choices, default=To.ROUND_ROBIN)
    user = models.ForeignKey(
        PERSON, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    team = models.ForeignKey(
        Team, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    people = ArrayField(models.BigIntegerField(), default=list, blank=True)
    available_within = models.PositiveSmallIntegerField(
        null=True, blank=True, default=72, choices=AVAILABLE
    )
    uses_capacity = models.BooleanField(default=True)
    last_user_id = models.BigIntegerField(
        null=True, editable=False, help_text="Whose turn it was last."
    )
    problem = models.TextField(blank=True, default="", editable=False)

    objects = AssignmentQuerySet.as_manager()

    class Meta:
        ordering = ["rule_set", "position", "id"]
        triggers = journaled(
            "assignment_rule", quiet=("position", "last_user_id", "problem")
        )

    def __str__(self) -> str:
        return self.name


class RuleVersion(models.Model):
    """What a rule said when leads were given by it; never changed."""

    rule = models.ForeignKey(
        AssignmentRule, null=True, on_delete=models.SET_NULL, related_name="versions"
    )
    number = models.PositiveIntegerField()
    name = models.CharField(max_length=200)
    condition = models.JSONField(default=dict)
    sentence = models.TextField(help_text="The condition in words.")
    target = models.TextField(help_text="Who gets the leads, in words.")
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    objects = AssignmentQuerySet.as_manager()

    class Meta:
        ordering = ["rule", "-number"]
        constraints = [
            models.UniqueConstraint(
                fields=["rule", "number"], name="assignment_rule_version_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.name} (version {self.number})"


class Given(models.Model):
    """A lead was given to somebody: by which rule, when, and by what facts."""

    class Outcome(models.TextChoices):
        RULE = "rule", "By a rule"
        FALLBACK = "fallback", "No rule had somebody: fallback owner"
        NOBODY = "nobody", "No rule had somebody"

    class Moment(models.TextChoices):
        CREATED = "created", "When it was created"
        SALES_READY = "sales_ready", "When it became sales ready"
        ON_DEMAND = "on_demand", "On demand"

    lead = models.ForeignKey(Lead, on_delete=models.CASCADE, related_name="+")
    rule_set = models.ForeignKey(
        RuleSet, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    version = models.ForeignKey(
        RuleVersion, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    place = models.PositiveIntegerField(
        null=True, help_text="The number of the rule in its order at that time."
    )
    outcome = models.CharField(max_length=10, choices=Outcome.choices)
    moment = models.CharField(max_length=12, choices=Moment.choices)
    owner = models.ForeignKey(
        PERSON, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    team = models.ForeignKey(
        Team, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    previous_owner_id = models.BigIntegerField(null=True)
    facts = models.JSONField(default=dict)
    asked_by = models.ForeignKey(
        PERSON, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    objects = GivenQuerySet.as_manager()

    class Meta:
        verbose_name = "assignment"
        indexes = [
            # Why was this assigned to me: the newest of a lead.
            models.Index(fields=["lead", "-id"], name="assignment_of_lead"),
            # What no rule had somebody for, newest first.
            models.Index(
                fields=["rule_set", "-id"],
                name="assignment_unfit",
                condition=models.Q(outcome__in=["fallback", "nobody"]),
            ),
        ]

    def __str__(self) -> str:
        return f"lead {self.lead_id}: {self.get_outcome_display()}"


class Due(models.Model):
    """A lead whose assignment is to be looked at."""

    lead = models.OneToOneField(
        Lead, primary_key=True, on_delete=models.CASCADE, related_name="+"
    )
    moment = models.CharField(max_length=12, choices=Given.Moment.choices)
    since = models.DateTimeField(db_default=Now())

    objects = AssignmentQuerySet.as_manager()

    class Meta:
        verbose_name = "lead to assign"
        verbose_name_plural = "leads to assign"

    def __str__(self) -> str:
        return f"lead {self.lead_id}"


class Availability(Stamped):
    """How many leads somebody can take, and at which hours that person works."""

    user = models.OneToOneField(PERSON, on_delete=models.CASCADE, related_name="+")
    takes_leads = models.BooleanField(
        default=True, help_text="Off: rules pass this person over."
    )
    capacity = models.PositiveIntegerField(
        null=True,
        blank=True,
        validators=[MaxValueValidator(1_000_000)],
        help_text="Open leads this person can have at a time; empty for any number.",
    )
    time_zone = models.CharField(max_length=64, blank=True, default="")
    hours = models.JSONField(
        default=list,
        blank=True,
        help_text="Seven days from Monday, each [from, to] or null; empty for always.",
    )

    objects = AssignmentQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "availability"
        triggers = journaled("availability")

    def __str__(self) -> str:
        return str(self.user)


class DayOff(Stamped):
    """Days on which somebody does not work."""

    user = models.ForeignKey(PERSON, on_delete=models.CASCADE, related_name="+")
    first = models.DateField()
    last = models.DateField()
    note = models.CharField(max_length=200, blank=True, default="")

    objects = AssignmentQuerySet.as_manager()

    class Meta:
        verbose_name = "days off"
        verbose_name_plural = "days off"
        ordering = ["user", "first"]
        triggers = journaled("day_off")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(last__gte=models.F("first")),
                name="day_off_ends_after_it_begins",
                violation_error_message="The last day lies before the first.",
            )
        ]
        indexes = [models.Index(fields=["user", "last"], name="day_off_ahead")]

    def __str__(self) -> str:
        return f"{self.user}: {self.first} to {self.last}"
