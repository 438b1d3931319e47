"""What counts as a duplicate, and the pairs that somebody is to look at."""

from __future__ import annotations

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models.functions import Now

from core.journal.triggers import journaled
from crm.querysets import DuplicatePairQuerySet, DuplicateRuleQuerySet

ENTITIES = [("contact", "Contact"), ("account", "Account"), ("lead", "Lead")]
_SHARE = [MinValueValidator(0), MaxValueValidator(1)]


class DuplicateRule(models.Model):
    """What is compared, how much each part weighs, and from when it is a duplicate.

    `parts` is a list of {"field", "how": "same" or "alike", "weight", "needed"}. The
    similarity is the weighted mean of the parts that both records have; a part that
    is needed must be there and agree. Several rules of an entity are alternatives.
    """

    key = models.SlugField(max_length=60, unique=True)
    name = models.CharField(max_length=120, unique=True)
    description = models.TextField(blank=True, default="")
    entity = models.CharField(max_length=8, choices=ENTITIES)
    parts = models.JSONField(default=list)
    threshold = models.FloatField(
        default=0.7,
        validators=_SHARE,
        help_text="From this similarity on (0 to 1), somebody is asked.",
    )
    refuse_from = models.FloatField(
        null=True,
        blank=True,
        validators=_SHARE,
        help_text="From this similarity on, the API refuses what is sent without "
        "ignore_duplicates. Empty: never.",
    )
    active = models.BooleanField(default=True)
    position = models.PositiveIntegerField(default=0)
    shipped = models.BooleanField(default=False, editable=False)

    objects = DuplicateRuleQuerySet.as_manager()

    class Meta:
        triggers = journaled("duplicate_rule", versioned=False)
        ordering = ["entity", "position", "name"]

    def __str__(self) -> str:
        return self.name


class DuplicatePair(models.Model):
    """Two records that may be one, and what somebody decided about them.

    Plain numbers, the smaller first: one table for three entities. A pair that is
    "no duplicate" is kept, so that no later search brings it up again.
    """

    class State(models.TextChoices):
        OPEN = "open", "To review"
        LATER = "later", "Later"
        DISMISSED = "dismissed", "Not a duplicate"
        MERGED = "merged", "Merged"

    entity = models.CharField(max_length=8, choices=ENTITIES)
    first_id = models.BigIntegerField()
    second_id = models.BigIntegerField()
    score = models.FloatField()
    reason = models.CharField(max_length=300)
    rule = models.ForeignKey(
        DuplicateRule,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        db_index=False,
    )
    state = models.CharField(max_length=9, choices=State.choices, default=State.OPEN)
    found_at = models.DateTimeField(db_default=Now())
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        db_index=False,
    )

    objects = DuplicatePairQuerySet.as_manager()

    class Meta:
        verbose_name = "possible duplicate"
        constraints = [
            models.UniqueConstraint(
                fields=["entity", "first_id", "second_id"], name="duplicate_pair_once"
            ),
            models.CheckConstraint(
                condition=models.Q(first_id__lt=models.F("second_id")),
                name="duplicate_pair_ordered",
            ),
        ]
        indexes = [
            # The review queue, the most alike first.
            models.Index(
                fields=["state", "entity", "-score", "-id"], name="duplicate_queue"
            ),
            # The pairs of one record, from its other end.
            models.Index(fields=["entity", "second_id"], name="duplicate_second"),
        ]

    def __str__(self) -> str:
        return f"{self.get_entity_display()} {self.first_id} and {self.second_id}"


class DuplicateKey(models.Model):
    """What records must have in common to be compared: the notes of a running search.

    Filled and emptied by the job `duplicates.scan`; nothing else reads it.
    """

    job_id = models.BigIntegerField()
    key = models.BigIntegerField()
    record_id = models.BigIntegerField()

    class Meta:
        indexes = [
            # The search reads its own keys in order.
            models.Index(fields=["job_id", "key", "record_id"], name="duplicate_key")
        ]

    def __str__(self) -> str:
        return f"{self.key}: {self.record_id}"
