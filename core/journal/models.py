"""The journal: everything that happens is one row of one append-only table."""

from __future__ import annotations

from typing import Any

from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models.functions import Now


class _Setting(models.Func):
    """A call of one of the journal's SQL functions, as a column default."""

    template = "%(function)s()"


class JournalXid(_Setting):
    """The number of the running transaction, moved by the offset of a restore."""

    function = "journal_xid"
    output_field = models.BigIntegerField()


class JournalActor(_Setting):
    """Who acts, as set by `acting`; NULL where nobody said so."""

    function = "journal_actor"
    output_field = models.BigIntegerField()


class JournalVia(_Setting):
    """Through which door; the database role where nobody said so."""

    function = "journal_via"
    output_field = models.TextField()


class JournalDepth(_Setting):
    """How many consumers lie between this and a deed from outside."""

    function = "journal_depth"
    output_field = models.SmallIntegerField()


class JournalCause(_Setting):
    """The entry that caused this one, where there is exactly one."""

    function = "journal_cause"
    output_field = models.BigIntegerField()


class EntryQuerySet(models.QuerySet):
    """Named reads, each served by an index of the journal."""

    def of_record(self, subject_type: str, subject_id: int) -> EntryQuerySet:
        """The audit history of one record, newest first."""
        return self.filter(subject_type=subject_type, subject_id=subject_id).order_by(
            "-id"
        )

    def of_contact(self, contact_id: int) -> EntryQuerySet:
        """Everything about a person, newest first."""
        return self.filter(contact_id=contact_id).order_by("-occurred_at", "-id")


class Entry(models.Model):
    """Something that happened. Never changed, but for relinking and erasure.

    Numbers instead of foreign keys: entries outlive what they speak of, and the
    table can be partitioned later. `actor_id`, `via`, `depth`, `cause_id` and `xid`
    are filled by the database from what `acting` set.
    """

    name = models.CharField(max_length=80)
    subject_type = models.CharField(max_length=40, db_default="")
    subject_id = models.BigIntegerField(null=True)
    contact_id = models.BigIntegerField(null=True)
    lead_id = models.BigIntegerField(null=True)
    account_id = models.BigIntegerField(null=True)
    visitor_id = models.BigIntegerField(null=True)
    actor_id = models.BigIntegerField(null=True, db_default=JournalActor())
    via = models.CharField(max_length=80, db_default=JournalVia())
    source_type = models.CharField(max_length=40, db_default="")
    source_id = models.BigIntegerField(null=True)
    url = models.TextField(db_default="")
    machine = models.BooleanField(db_default=False)
    data = models.JSONField(db_default=models.Value({}, models.JSONField()))
    cause_id = models.BigIntegerField(null=True, db_default=JournalCause())
    depth = models.SmallIntegerField(db_default=JournalDepth())
    occurred_at = models.DateTimeField(db_default=Now())
    recorded_at = models.DateTimeField(db_default=Now())
    xid = models.BigIntegerField(db_default=JournalXid(), editable=False)

    objects = EntryQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "entries"
        indexes = [
            # The pump: what comes next below the safe horizon.
            models.Index(fields=["xid", "id"], name="entry_order"),
            # Timelines, and behaviour in segments and scoring.
            models.Index(
                fields=["contact_id", "name", "occurred_at"], name="entry_contact"
            ),
            # The audit history of a record.
            models.Index(
                fields=["subject_type", "subject_id", "id"], name="entry_subject"
            ),
            # Insights over a period.
            BrinIndex(fields=["occurred_at"], name="entry_occurred"),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.subject_type} {self.subject_id}"


class Cursor(models.Model):
    """How far a consumer has read: everything up to (`xid`, `position`)."""

    consumer = models.CharField(max_length=80, primary_key=True)
    xid = models.BigIntegerField()
    position = models.BigIntegerField(
        help_text="The id of the last entry read in that transaction."
    )
    attempts = models.PositiveIntegerField(
        db_default=0,
        help_text="How often the next batch was given up for locks or time-outs.",
    )
    moved_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return self.consumer


class FailedEvent(models.Model):
    """An entry that a consumer could not handle: kept, shown and replayable."""

    class Reason(models.TextChoices):
        ERROR = "error", "Error"
        DEPTH = "depth", "Chain too long"

    consumer = models.CharField(max_length=80)
    entry_id = models.BigIntegerField()
    reason = models.CharField(
        max_length=8, choices=Reason.choices, default=Reason.ERROR
    )
    error = models.TextField(blank=True, default="")
    attempts = models.PositiveIntegerField(default=1)
    failed_at = models.DateTimeField(db_default=Now())
    resolved_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = "failed event"
        constraints = [
            models.UniqueConstraint(
                fields=["consumer", "entry_id"], name="failed_event_once"
            )
        ]
        indexes = [
            # The list of what still needs somebody.
            models.Index(
                fields=["-id"],
                name="failed_event_open",
                condition=models.Q(resolved_at__isnull=True),
            )
        ]

    def __str__(self) -> str:
        return f"{self.consumer}: {self.entry_id}"

    @property
    def entry(self) -> Any:
        """The entry itself."""
        return Entry.objects.get(pk=self.entry_id)
