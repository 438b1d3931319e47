"""Rows of the sales app for tests."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import factory
from factory.django import DjangoModelFactory

from sales.models import Currency, ExchangeRate, Opportunity


class OpportunityFactory(DjangoModelFactory):
    class Meta:
        model = Opportunity

    name = factory.Sequence(lambda n: f"Opportunity {n}")
    currency = "EUR"
    probability = 20


def dollars(*rates: tuple[dt.date, str]) -> Currency:
    """US dollars as an active currency with these rates."""
    currency = Currency.objects.get(code="USD")
    Currency.objects.filter(pk=currency.pk).update(active=True)
    for day, rate in rates:
        ExchangeRate.objects.create(currency=currency, day=day, rate=Decimal(rate))
    return currency
