"""Groups of contacts, by query or by hand."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now
from django.utils import timezone

from core.base.models import Owned, Stamped
from core.journal.triggers import journaled
from crm.models import Campaign, Contact
from segments.querysets import SegmentQuerySet, SegmentTemplateQuerySet


class Segment(Stamped, Owned):
    """A group of contacts that journeys, scoring and lists can use.

    A dynamic segment is a query that ends on contacts and is kept fresh; a compound
    one combines live segments, left to right; a static one is picked by hand. The
    kind is fixed once the segment has gone live.

    While a segment is live, a change of what decides who is in waits in `draft`
    until somebody publishes it.
    """

    class Kind(models.TextChoices):
        DYNAMIC = "dynamic", "Dynamic"
        STATIC = "static", "Static"
        COMPOUND = "compound", "Compound"

    # Kinds whose members follow from conditions, and are kept fresh.
    COMPUTED = (Kind.DYNAMIC, Kind.COMPOUND)
    # What decides who is in: of a live segment it is changed by publishing only.
    DRAFTED = ("definition", "time_zone", "scope")

    class State(models.TextChoices):
        DRAFT = "draft", "Draft"
        LIVE = "live", "Live"
        STOPPED = "stopped", "Stopped"

    class Scope(models.TextChoices):
        ORGANISATION = "organisation", "Organisation"
        TEAM = "team", "Owner's team"

    name = models.CharField(max_length=200, unique=True)
    description = models.TextField(blank=True, default="")
    kind = models.CharField(max_length=10, choices=Kind.choices, default=Kind.DYNAMIC)
    state = models.CharField(max_length=10, choices=State.choices, default=State.DRAFT)
    scope = models.CharField(
        max_length=14, choices=Scope.choices, default=Scope.ORGANISATION
    )
    definition = models.JSONField(default=dict, blank=True)
    time_zone = models.CharField(max_length=64, default="UTC")
    campaign = models.ForeignKey(
        Campaign,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="segments",
    )
    # What of DRAFTED is to replace the live values, by name.
    draft = models.JSONField(null=True, blank=True, editable=False)
    draft_at = models.DateTimeField(null=True, blank=True, editable=False)
    draft_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        editable=False,
        on_delete=models.SET_NULL,
        related_name="+",
        db_index=False,
    )
    went_live_at = models.DateTimeField(null=True, blank=True, editable=False)
    member_count = models.PositiveIntegerField(default=0, editable=False)
    evaluated_at = models.DateTimeField(null=True, blank=True, editable=False)
    evaluation_ms = models.PositiveIntegerField(default=0, editable=False)
    refresh_due_at = models.DateTimeField(null=True, blank=True, editable=False)
    next_check_at = models.DateTimeField(null=True, blank=True, editable=False)
    # Contacts were deleted, and their memberships with them: count who is left.
    recount_due_at = models.DateTimeField(null=True, blank=True, editable=False)
    problem = models.TextField(blank=True, default="", editable=False)
    # The definition in words, so that lists and search need not compile every one.
    sentence = models.TextField(blank=True, default="", editable=False)

    objects = SegmentQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        triggers = journaled(
            "segment",
            quiet=(
                "draft_at",
                "draft_by",
                "member_count",
                "evaluated_at",
                "evaluation_ms",
                "refresh_due_at",
                "next_check_at",
                "recount_due_at",
                "sentence",
            ),
        )

    def __str__(self) -> str:
        return self.name

    @property
    def is_live(self) -> bool:
        return self.state == self.State.LIVE

    @property
    def is_computed(self) -> bool:
        """Whether the members follow from conditions, not from a hand."""
        return self.kind in self.COMPUTED

    def drafted(self, name: str) -> Any:
        """What this value will be once the draft is published."""
        return (self.draft or {}).get(name, getattr(self, name))


class SegmentVersion(models.Model):
    """What a segment asked for from some moment on, and how large it was then.

    Written when a segment goes live and when a draft is published; never changed.
    """

    class How(models.TextChoices):
        LIVE = "live", "Went live"
        PUBLISHED = "published", "Changes published"

    segment = models.ForeignKey(
        Segment, on_delete=models.CASCADE, related_name="versions"
    )
    number = models.PositiveIntegerField()
    how = models.CharField(max_length=10, choices=How.choices, default=How.LIVE)
    definition = models.JSONField(default=dict, blank=True)
    time_zone = models.CharField(max_length=64)
    scope = models.CharField(max_length=14, choices=Segment.Scope.choices)
    sentence = models.TextField(blank=True, default="")
    members = models.PositiveIntegerField(default=0)
    entered = models.PositiveIntegerField(default=0)
    left = models.PositiveIntegerField(default=0)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.SET_NULL,
        related_name="+",
        db_index=False,
    )
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        ordering = ["segment", "-number"]
        constraints = [
            models.UniqueConstraint(
                fields=["segment", "number"], name="segment_version_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.segment}, version {self.number}"


class Membership(models.Model):
    """A contact is in a segment, since when, and who put it there (static)."""

    pk = models.CompositePrimaryKey("segment_id", "contact_id")
    segment = models.ForeignKey(
        Segment, on_delete=models.CASCADE, related_name="memberships", db_index=False
    )
    contact = models.ForeignKey(
        Contact, on_delete=models.CASCADE, related_name="memberships"
    )
    since = models.DateTimeField(db_default=Now())
    added_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.SET_NULL,
        related_name="+",
        db_index=False,
    )

    def __str__(self) -> str:
        return f"{self.contact_id} in {self.segment_id}"


class SegmentException(models.Model):
    """A contact that is always or never in a dynamic segment, whatever the query."""

    MODES = [("always", "Always in"), ("never", "Never in")]

    segment = models.ForeignKey(
        Segment, on_delete=models.CASCADE, related_name="exceptions"
    )
    contact = models.ForeignKey(Contact, on_delete=models.CASCADE, related_name="+")
    mode = models.CharField(max_length=6, choices=MODES)
    reason = models.CharField(max_length=300, blank=True, default="")
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        editable=False,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["segment", "contact"],
                name="segment_exception_once",
                violation_error_message="This contact has an exception already.",
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_mode_display()}: {self.contact_id}"


class SegmentAudit(models.Model):
    """The nightly comparison of a segment's members with what its query gives.

    `suspects` differed when last looked at; they are looked at again once the journal
    has been read up to `upto`, since a change on its way is no drift. What differs
    each time is drift: it is mended, journaled as segment.drift, and shown.
    """

    segment = models.OneToOneField(
        Segment, on_delete=models.CASCADE, primary_key=True, related_name="audit"
    )
    looks = models.PositiveIntegerField(default=0)
    suspects = ArrayField(models.BigIntegerField(), default=list)
    upto = models.BigIntegerField(default=0)
    finished_at = models.DateTimeField(null=True)
    missing = models.PositiveIntegerField(default=0)
    surplus = models.PositiveIntegerField(default=0)
    drifted_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"Audit of {self.segment_id}"

    @property
    def is_recent_drift(self) -> bool:
        """Whether drift was found within the last week."""
        since = timezone.now() - timedelta(days=7)
        return self.drifted_at is not None and self.drifted_at >= since


class MembershipListed(models.Model):
    """Memberships with one column as their name: a database view, only to be read.

    Where rows need an address of one column (the Django admin); everything else
    reads `Membership`, whose key is the pair.
    """

    id = models.TextField(primary_key=True)
    segment = models.ForeignKey(Segment, models.DO_NOTHING, related_name="+")
    contact = models.ForeignKey(Contact, models.DO_NOTHING, related_name="+")
    since = models.DateTimeField()
    added_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.DO_NOTHING, null=True, related_name="+"
    )

    class Meta:
        managed = False
        db_table = "segments_membership_listed"
        verbose_name = "membership"

    def __str__(self) -> str:
        return f"{self.contact_id} in {self.segment_id}"


class SegmentTemplate(Stamped, Owned):
    """Conditions to start a segment from, with questions for what changes each time.

    `placeholders` names places of the definition and what to ask there:
    `[{"at": "where.and[0]", "ask": "Which topic?"}]`. Shipped ones have a key and
    belong to nobody.
    """

    key = models.SlugField(max_length=60, blank=True, default="", editable=False)
    name = models.CharField(max_length=200, unique=True)
    description = models.TextField(blank=True, default="")
    definition = models.JSONField(default=dict)
    placeholders = models.JSONField(default=list, blank=True)

    objects = SegmentTemplateQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        triggers = journaled("segment_template")
        constraints = [
            models.UniqueConstraint(
                fields=["key"],
                name="segment_template_key_once",
                condition=~models.Q(key=""),
            )
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def shipped(self) -> bool:
        return self.key != ""


class MemberBatch(models.Model):
    """Contacts on their way into or out of a static segment, until the job has ended.

    Either `ids` of contacts that a query found, or the `values` of a column of a file
    with the `numbers` of their rows. The job's report says what became of each.
    """

    class Mode(models.TextChoices):
        ADD = "add", "Add"
        REMOVE = "remove", "Remove"

    class Column(models.TextChoices):
        ID = "id", "ID"
        EMAIL = "email", "Email"
        EXTERNAL_ID = "external_id", "External ID"

    segment = models.ForeignKey(Segment, on_delete=models.CASCADE, related_name="+")
    mode = models.CharField(max_length=6, choices=Mode.choices, default=Mode.ADD)
    column = models.CharField(
        max_length=11, choices=Column.choices, default=Column.ID, blank=True
    )
    ids = ArrayField(models.BigIntegerField(), default=list)
    values = ArrayField(models.TextField(), default=list)
    numbers = ArrayField(models.IntegerField(), default=list)
    problems = models.JSONField(default=list)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    def __str__(self) -> str:
        return f"{self.get_mode_display()}: {self.segment_id}"
