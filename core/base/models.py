"""The organisation, its settings, and the base of every record."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Lower, Now


class ImmutableUnaccent(models.Func):
    """Accents removed, as an immutable function, so that it can be stored."""

    function = "immutable_unaccent"
    output_field = models.TextField()


def sort_key(*fields: str) -> models.Expression:
    """How names sort: without case and accents, blanks between the parts."""
    parts: list[Any] = []
    for name in fields:
        parts += [models.F(name), models.Value(" ")]
    joined = parts[0]
    for part in parts[1:-1]:
        joined = _ConcatOp(joined, part)
    return Lower(ImmutableUnaccent(joined))


class _ConcatOp(models.Func):
    """`a || b`: immutable, which concat() is not."""

    template = "(%(expressions)s)"
    arg_joiner = " || "
    output_field = models.TextField()


def search_text(*fields: str) -> models.Expression:
    """The text that search reads: no accents, lower case (one GIN trigram index)."""
    joined: Any = models.F(fields[0])
    for name in fields[1:]:
        joined = _ConcatOp(_ConcatOp(joined, models.Value(" ")), models.F(name))
    return Lower(ImmutableUnaccent(joined), output_field=models.TextField())


# Called with the changed settings before they are saved; they raise ValidationError.
organisation_checks: list[Callable[[Organisation], None]] = []


class Organisation(models.Model):
    """The one organisation this installation belongs to, and its switches.

    There is exactly one row (id 1); read it with `Organisation.current()`.
    """

    name = models.CharField(max_length=200, default="My organisation")
    time_zone = models.CharField(max_length=64, default="UTC")
    currency = models.CharField(max_length=3, default="EUR")
    marketing_only_for_automation = models.BooleanField(
        default=True,
        help_text="Contacts made by automation are known to marketing only.",
    )
    MARKETING_ONLY_CLEARED = [
        ("qualify", "On qualification"),
        ("opportunity", "Only with an opportunity"),
        ("workflow", "Leave it to a workflow"),
    ]
    marketing_only_cleared = models.CharField(
        max_length=12, choices=MARKETING_ONLY_CLEARED, default="qualify"
    )
    score_sets_stage = models.BooleanField(
        default=True,
        help_text="The first score moves a lead to automated marketing qualification.",
    )
    score_sets_sales_ready = models.BooleanField(
        default=True,
        help_text="Reaching the threshold of a scoring model sets sales ready.",
    )
    score_cleanup = models.BooleanField(
        default=True, help_text="Stopping a scoring model deletes its scores."
    )
    return_hold_days = models.PositiveIntegerField(
        default=30,
        help_text="After this many days and a new interaction, a lead that was "
        "returned to marketing can become sales ready without falling first.",
    )
    create_accounts_from_companies = models.BooleanField(
        default=False,
        help_text="A company that matches no account makes a new one.",
    )
    detect_duplicates = models.BooleanField(
        default=True,
        help_text="Look for duplicates when records are entered, changed and imported.",
    )
    qualify_without_asking = models.BooleanField(
        default=False,
        help_text="Qualify makes account, contact and opportunity at once; it asks "
        "only where somebody may be there already.",
    )
    CARRIED_OVER = [
        ("none", "Leave them with the lead"),
        ("copy", "Copy them to what the lead becomes"),
        ("move", "Move them to what the lead becomes"),
    ]
    qualify_carries = models.CharField(
        "activities, notes and files on qualification",
        max_length=4,
        choices=CARRIED_OVER,
        default="move",
        help_text="Moved ones still show on the lead. Of copied ones, what is still "
        "to be done moves, so that it is done once.",
    )
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(pk=1), name="organisation_is_one_row"
            )
        ]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        """What the apps above have to say to a change of the settings."""
        for check in organisation_checks:
            check(self)

    @classmethod
    def current(cls) -> Organisation:
        """The settings, made with their defaults where nobody saved them yet."""
        return cls.objects.get_or_create(pk=1)[0]


class Stamped(models.Model):
    """A row with its dates and version.

    `version` and `updated_at` are moved by a trigger, and only when a column that a
    user can see changed; they serve `If-Match` and "most recently updated".
    """

    created_at = models.DateTimeField(db_default=Now(), editable=False)
    updated_at = models.DateTimeField(db_default=Now(), editable=False)
    version = models.PositiveIntegerField(db_default=1, editable=False)

    class Meta:
        abstract = True


class Owned(models.Model):
    """A row that belongs to a person and a team; rights are counted from both."""

    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    team = models.ForeignKey(
        "access.Team",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )

    class Meta:
        abstract = True


class Record(Stamped, Owned):
    """A business record: dated, owned, tagged, with custom fields."""

    external_id = models.CharField(max_length=200, blank=True, default="")
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        editable=False,
        on_delete=models.SET_NULL,
        related_name="+",
        db_index=False,
    )
    tags = ArrayField(models.CharField(max_length=100), default=list, blank=True)
    custom = models.JSONField(default=dict, blank=True)

    class Meta:
        abstract = True
