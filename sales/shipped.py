"""Rows that every installation has: a pipeline and the common currencies."""

from __future__ import annotations

from core.base.models import Organisation
from sales.models import Currency, Pipeline, PipelineStage
from sales.rules import STAGE_PROBABILITY

STAGES = (
    ("qualify", "Qualify", 30),
    ("develop", "Develop", 30),
    ("propose", "Propose", 21),
    ("close", "Close", 14),
)
CURRENCIES = {
    "AUD": "Australian dollar",
    "CAD": "Canadian dollar",
    "CHF": "Swiss franc",
    "DKK": "Danish krone",
    "EUR": "Euro",
    "GBP": "Pound sterling",
    "INR": "Indian rupee",
    "JPY": "Japanese yen",
    "NOK": "Norwegian krone",
    "PLN": "Polish zloty",
    "SEK": "Swedish krona",
    "USD": "US dollar",
}


def ensure_pipeline() -> None:
    """Make the shipped pipeline where there is none; what people did to it stays."""
    if Pipeline.objects.exists():
        return
    made = Pipeline.objects.create(
        name="Sales", description="From the first talk to the order.", is_default=True
    )
    PipelineStage.objects.bulk_create(
        PipelineStage(
            pipeline=made,
            key=key,
            name=name,
            probability=STAGE_PROBABILITY[key],
            stale_days=days,
            position=place,
        )
        for place, (key, name, days) in enumerate(STAGES)
    )


def ensure_currencies() -> None:
    """Make the common currencies where there is none; the organisation's is active."""
    if Currency.objects.exists():
        return
    base = Organisation.current().currency
    names = {base: base} | CURRENCIES
    Currency.objects.bulk_create(
        Currency(code=code, name=name, active=code == base)
        for code, name in names.items()
    )
