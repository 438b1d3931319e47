"""Rows of the sales app for tests."""

from __future__ import annotations

import factory
from factory.django import DjangoModelFactory

from sales.models import Opportunity


class OpportunityFactory(DjangoModelFactory):
    class Meta:
        model = Opportunity

    name = factory.Sequence(lambda n: f"Opportunity {n}")
    currency = "EUR"
    probability = 20
