"""Currencies, and what they were worth on which day."""

from __future__ import annotations

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from core.base.models import Stamped
from core.journal.triggers import journaled
from sales.querysets import CurrencyQuerySet, ExchangeRateQuerySet
from sales.rules import LARGEST_RATE, SMALLEST_RATE


class Currency(Stamped):
    """A currency that amounts can be in; the organisation's own is always one."""

    code = models.CharField(
        max_length=3, unique=True, help_text="Three capital letters, such as USD."
    )
    name = models.CharField(max_length=80)
    active = models.BooleanField(
        default=True, help_text="Inactive ones stay on what bears them."
    )

    objects = CurrencyQuerySet.as_manager()

    class Meta:
        triggers = journaled("currency")
        verbose_name_plural = "currencies"
        ordering = ["code"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(code__regex="^[A-Z]{3}$"),
                name="currency_code_letters",
                violation_error_message="A currency is three capital letters.",
            )
        ]

    def __str__(self) -> str:
        return self.code


class ExchangeRate(Stamped):
    """What one unit of a currency is worth in the organisation's, from a day on."""

    currency = models.ForeignKey(
        Currency, on_delete=models.CASCADE, related_name="rates"
    )
    day = models.DateField(help_text="From this day on, until the next rate.")
    rate = models.DecimalField(
        max_digits=20,
        decimal_places=10,
        validators=[
            MinValueValidator(SMALLEST_RATE),
            MaxValueValidator(LARGEST_RATE),
        ],
        help_text="Units of the organisation's currency for one unit of this.",
    )

    objects = ExchangeRateQuerySet.as_manager()

    class Meta:
        triggers = journaled("exchange_rate")
        ordering = ["currency", "-day"]
        constraints = [
            models.UniqueConstraint(
                fields=["currency", "day"],
                name="exchange_rate_once_a_day",
                violation_error_message="This currency has a rate for this day.",
            ),
            models.CheckConstraint(
                condition=models.Q(rate__gt=0),
                name="exchange_rate_positive",
                violation_error_message="A rate is above zero.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.currency} {self.day}: {self.rate.normalize():f}"
