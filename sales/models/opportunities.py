"""What is being sold, to whom, for how much."""

from __future__ import annotations

from decimal import Decimal

from django.conf import settings
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models import Value
from django.db.models.fields.related import ForeignObject
from django.db.models.functions import Now
from django.utils import timezone

from core.base.models import Record, search_text, sort_key
from core.journal.triggers import journaled
from crm.models import Account, Campaign, Contact, Lead, ProcessState, Product
from crm.processes.triggers import StageColumns, stages_kept
from sales.models.pipelines import Pipeline, PipelineStage
from sales.querysets import OpportunityQuerySet


class InBase(models.Func):
    """An amount in the organisation's currency, as `sales.rules.to_base` rounds it."""

    template = "round((%(expressions)s), 2)"
    arg_joiner = " * "
    output_field = models.DecimalField(max_digits=20, decimal_places=2)


def default_pipeline_id() -> int | None:
    """Where a new opportunity goes unless somebody says otherwise."""
    return Pipeline.objects.default_id()


class Opportunity(Record):
    """A possible sale to a company or a person, won or lost in the end.

    At most one open opportunity has a given originating lead: two clicks on Qualify
    make one. Amounts are in `currency`; `rate` is what that was worth in the
    organisation's on the day the estimate was last set, or on which it was closed,
    and the `_base` columns say the amounts in it.
    """

    class State(models.TextChoices):
        OPEN = "open", "Open"
        WON = "won", "Won"
        LOST = "lost", "Lost"

    class StatusReason(models.TextChoices):
        IN_PROGRESS = "in_progress", "In progress"
        ON_HOLD = "on_hold", "On hold"
        WON = "won", "Won"
        CANCELED = "canceled", "Canceled"
        OUT_SOLD = "out_sold", "Out-sold"

    class Stage(models.TextChoices):
        """The stages of the shipped pipeline; others are data."""

        QUALIFY = "qualify", "Qualify"
        DEVELOP = "develop", "Develop"
        PROPOSE = "propose", "Propose"
        CLOSE = "close", "Close"

    name = models.CharField("topic", max_length=300)
    account = models.ForeignKey(
        Account,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="opportunities",
    )
    contact = models.ForeignKey(
        Contact,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="opportunities",
    )
    originating_lead = models.ForeignKey(
        Lead,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="opportunities",
    )
    estimated_value = models.DecimalField(
        max_digits=14, decimal_places=2, null=True, blank=True
    )
    actual_value = models.DecimalField(
        max_digits=14, decimal_places=2, null=True, blank=True
    )
    currency = models.CharField(max_length=3)
    rate = models.DecimalField(
        "exchange rate", max_digits=20, decimal_places=10, default=1, editable=False
    )
    estimated_base = models.GeneratedField(
        expression=InBase("estimated_value", "rate"),
        output_field=models.DecimalField(max_digits=20, decimal_places=2),
        db_persist=True,
    )
    actual_base = models.GeneratedField(
        expression=InBase("actual_value", "rate"),
        output_field=models.DecimalField(max_digits=20, decimal_places=2),
        db_persist=True,
    )
    amount_from_lines = models.BooleanField(
        "amount is the sum of the lines", default=False
    )
    estimated_close = models.DateField(null=True, blank=True)
    probability = models.PositiveSmallIntegerField(
        blank=True,
        validators=[MaxValueValidator(100)],
        help_text="In percent; follows the stage unless somebody sets it.",
    )
    state = models.CharField(max_length=4, choices=State.choices, default=State.OPEN)
    status_reason = models.CharField(max_length=40, default=StatusReason.IN_PROGRESS)
    pipeline = models.ForeignKey(
        Pipeline,
        on_delete=models.PROTECT,
        related_name="opportunities",
        default=default_pipeline_id,
    )
    stage = models.CharField(max_length=40, default=Stage.QUALIFY)
    # The database has a foreign key over both columns (see the migration).
    stage_row = ForeignObject(
        PipelineStage,
        on_delete=models.DO_NOTHING,
        from_fields=["pipeline", "stage"],
        to_fields=["pipeline", "key"],
        related_name="+",
        null=True,
        editable=False,
    )
    stage_since = models.DateTimeField(null=True, blank=True, editable=False)
    # Where it stands in its business process; written by `sales.processes`.
    process = models.CharField(
        max_length=60, default="sales", db_default="sales", editable=False
    )
    process_stage = models.CharField(
        max_length=60, default="develop", db_default="develop", editable=False
    )
    process_since = models.DateTimeField(
        null=True, blank=True, editable=False, db_default=Now()
    )
    process_state = models.CharField(
        max_length=10,
        choices=ProcessState.choices,
        default=ProcessState.ACTIVE,
        db_default=ProcessState.ACTIVE,
        editable=False,
    )
    process_ended_at = models.DateTimeField(null=True, blank=True, editable=False)
    process_ticks = models.JSONField(
        default=dict, db_default=Value({}, models.JSONField()), editable=False
    )
    product = models.ForeignKey(
        Product,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="opportunities",
    )
    campaign = models.ForeignKey(
        Campaign,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="opportunities",
    )
    lead_source = models.CharField(max_length=200, blank=True, default="")
    source_type = models.CharField(
        max_length=40, blank=True, default="", editable=False
    )
    source_id = models.BigIntegerField(null=True, blank=True, editable=False)
    budget = models.DecimalField(max_digits=14, decimal_places=2, null=True, blank=True)
    need = models.TextField(blank=True, default="")
    proposed_solution = models.TextField(blank=True, default="")
    purchase_timeframe = models.CharField(max_length=60, blank=True, default="")
    purchase_process = models.CharField(max_length=60, blank=True, default="")
    decision_maker = models.BooleanField(default=False)
    description = models.TextField(blank=True, default="")
    closed_at = models.DateTimeField(null=True, blank=True, editable=False)
    closed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        editable=False,
        on_delete=models.SET_NULL,
        related_name="+",
        db_index=False,
    )
    close_note = models.TextField(blank=True, default="")
    competitor = models.CharField(max_length=200, blank=True, default="")

    sort_name = models.GeneratedField(
        expression=sort_key("name"), output_field=models.TextField(), db_persist=True
    )
    search_text = models.GeneratedField(
        expression=search_text("name", "competitor"),
        output_field=models.TextField(),
        db_persist=True,
    )

    objects = OpportunityQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "opportunities"
        triggers = [
            *journaled(
                "opportunity",
                contact_id="contact_id",
                account_id="account_id",
                lead_id="originating_lead_id",
            ),
            *stages_kept(
                StageColumns(
                    "opportunity", stage="process_stage", since="process_since"
                )
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["originating_lead"],
                condition=models.Q(state="open"),
                name="opportunity_one_open_per_lead",
                violation_error_message="This lead has an open opportunity already.",
            ),
            models.CheckConstraint(
                condition=models.Q(probability__lte=100),
                name="opportunity_probability_percent",
                violation_error_message="The probability is from 0 to 100.",
            ),
            models.CheckConstraint(
                condition=models.Q(currency__regex="^[A-Z]{3}$"),
                name="opportunity_currency_code",
                violation_error_message="A currency is three capital letters.",
            ),
            models.CheckConstraint(
                condition=models.Q(state="open", closed_at__isnull=True)
                | (~models.Q(state="open") & models.Q(closed_at__isnull=False)),
                name="opportunity_closed_has_date",
                violation_error_message="A closed opportunity has a closing date.",
            ),
        ]
        indexes = [
            # Lists: open ones, newest first; mine; closing this month.
            models.Index(
                fields=["state", "-created_at", "-id"], name="opportunity_by_state"
            ),
            models.Index(
                fields=["owner", "state", "-created_at", "-id"],
                name="opportunity_mine",
            ),
            # A column of the board, the longest in its stage first.
            models.Index(
                fields=["pipeline", "stage", "stage_since", "id"],
                name="opportunity_board",
                condition=models.Q(state="open"),
            ),
            models.Index(
                fields=["estimated_close", "id"],
                name="opportunity_closing",
                condition=models.Q(state="open"),
            ),
            models.Index(fields=["-created_at", "-id"], name="opportunity_newest"),
            models.Index(fields=["sort_name", "id"], name="opportunity_by_name"),
            GinIndex(
                OpClass("search_text", name="gin_trgm_ops"), name="opportunity_search"
            ),
            GinIndex(fields=["tags"], name="opportunity_tags"),
            models.Index(
                fields=["external_id"],
                name="opportunity_external_id",
                condition=~models.Q(external_id=""),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_closed(self) -> bool:
        return self.state != self.State.OPEN

    @property
    def value(self) -> Decimal | None:
        """The amount that counts: the actual one once won, else the estimate."""
        if self.state == self.State.WON:
            return self.actual_value
        return self.estimated_value

    @property
    def value_base(self) -> Decimal | None:
        """The amount that counts, in the organisation's currency."""
        won = self.state == self.State.WON
        value: Decimal | None = self.actual_base if won else self.estimated_base
        return value

    def get_stage_display(self) -> str:
        """The name of its stage; join `stage_row` where many are shown."""
        return self.stage_row.name if self.stage_row else self.stage

    @property
    def days_in_stage(self) -> int | None:
        """Whole days in its stage; None once closed."""
        if self.is_closed or self.stage_since is None:
            return None
        return (timezone.now() - self.stage_since).days

    @property
    def stale(self) -> bool:
        """Longer in its stage than that takes; join `stage_row` where many are."""
        days = self.days_in_stage
        return bool(
            days is not None and self.stage_row and days > self.stage_row.stale_days
        )

    @property
    def customer(self) -> Account | Contact | None:
        """Whom it is sold to: the company, or the person where there is none."""
        return self.account or self.contact
