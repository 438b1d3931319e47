"""What hangs on an opportunity: lines, rivals and the people around it."""

from __future__ import annotations

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models.functions import Lower

from core.base.models import Stamped
from core.journal.triggers import journaled
from crm.models import Account, Contact, Product
from sales.models.opportunities import Opportunity
from sales.querysets import CompetitorQuerySet, PartQuerySet


class LineAmount(models.Func):
    """Quantity times price less the discount, as `sales.rules.line_amount` rounds."""

    function = ""
    template = "round(%(expressions)s / 100, 2)"
    arg_joiner = " * "
    output_field = models.DecimalField(max_digits=20, decimal_places=2)


class OpportunityLine(Stamped):
    """So many of a product, or of something named by hand, at a price."""

    opportunity = models.ForeignKey(
        Opportunity, on_delete=models.CASCADE, related_name="lines"
    )
    product = models.ForeignKey(
        Product, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    description = models.CharField(max_length=300, blank=True, default="")
    quantity = models.DecimalField(
        max_digits=12,
        decimal_places=3,
        default=1,
        validators=[MinValueValidator(0)],
    )
    price = models.DecimalField(
        max_digits=12,
        decimal_places=2,
        validators=[MinValueValidator(0)],
        help_text="In the currency of the opportunity.",
    )
    discount = models.DecimalField(
        max_digits=5,
        decimal_places=2,
        default=0,
        validators=[MinValueValidator(0), MaxValueValidator(100)],
        help_text="In percent.",
    )
    amount = models.GeneratedField(
        expression=LineAmount(
            "quantity",
            "price",
            models.ExpressionWrapper(
                100 - models.F("discount"),
                models.DecimalField(max_digits=6, decimal_places=2),
            ),
        ),
        output_field=models.DecimalField(max_digits=24, decimal_places=2),
        db_persist=True,
    )
    position = models.PositiveIntegerField(default=0)

    objects = PartQuerySet.as_manager()

    class Meta:
        triggers = journaled("opportunity_line")
        ordering = ["opportunity", "position", "id"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(discount__range=(0, 100)),
                name="opportunity_line_discount",
                violation_error_message="A discount is from 0 to 100 percent.",
            )
        ]

    def __str__(self) -> str:
        return self.description or str(self.product or "Line")


class Competitor(Stamped):
    """Somebody who sells what we sell."""

    name = models.CharField(max_length=200)
    website = models.URLField(max_length=300, blank=True, default="")
    strengths = models.TextField(blank=True, default="")
    weaknesses = models.TextField(blank=True, default="")
    active = models.BooleanField(default=True)

    objects = CompetitorQuerySet.as_manager()

    class Meta:
        triggers = journaled("competitor")
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(
                Lower("name"),
                name="competitor_once",
                violation_error_message="There is a competitor of this name already.",
            )
        ]

    def __str__(self) -> str:
        return self.name


class OpportunityCompetitor(Stamped):
    """A competitor who is after the same opportunity."""

    opportunity = models.ForeignKey(
        Opportunity, on_delete=models.CASCADE, related_name="rivals"
    )
    competitor = models.ForeignKey(
        Competitor, on_delete=models.CASCADE, related_name="rivalries"
    )
    note = models.CharField(max_length=300, blank=True, default="")

    objects = PartQuerySet.as_manager()

    class Meta:
        triggers = journaled("opportunity_competitor")
        ordering = ["opportunity", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["opportunity", "competitor"],
                name="opportunity_competitor_once",
                violation_error_message="This competitor is named already.",
            )
        ]

    def __str__(self) -> str:
        return str(self.competitor)


class Stakeholder(Stamped):
    """A person or company with a part in an opportunity."""

    opportunity = models.ForeignKey(
        Opportunity, on_delete=models.CASCADE, related_name="stakeholders"
    )
    contact = models.ForeignKey(
        Contact,
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="stakes",
    )
    account = models.ForeignKey(
        Account,
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="stakes",
    )
    role = models.CharField(max_length=200, blank=True, default="")
    note = models.CharField(max_length=300, blank=True, default="")

    objects = PartQuerySet.as_manager()

    class Meta:
        triggers = journaled(
            "stakeholder", contact_id="contact_id", account_id="account_id"
        )
        ordering = ["opportunity", "id"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(contact__isnull=False, account__isnull=True)
                | models.Q(contact__isnull=True, account__isnull=False),
                name="stakeholder_one_of_both",
                violation_error_message="Name a contact or an account.",
            ),
            models.UniqueConstraint(
                fields=["opportunity", "contact", "account", "role"],
                nulls_distinct=False,
                name="stakeholder_once",
                violation_error_message="Named in this role already.",
            ),
        ]

    def __str__(self) -> str:
        return str(self.contact or self.account)
