"""Currencies and their rates: written, and asked for a day.

A rate says what one unit of a currency is worth in the organisation's, from its day on
until the next one. What an opportunity was worth stays as it was that day: a new rate
changes nothing that is stored, until somebody converts the open ones again.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F, OuterRef, Q, Subquery
from django.utils import timezone

from core.base.errors import Invalid, Refused
from core.base.models import Organisation
from sales.models import Currency, ExchangeRate, Opportunity
from sales.rules import rate_of_day
from sales.services.checks import check_version, checked

ONE = Decimal(1)


@dataclass(frozen=True)
class RateTable:
    """Every active currency with its rates, read once (two queries)."""

    base: str
    rates: Mapping[str, list[tuple[date, Decimal]]] = field(default_factory=dict)

    @classmethod
    def read(cls) -> RateTable:
        """The table as it is now."""
        rates: dict[str, list[tuple[date, Decimal]]] = defaultdict(list)
        rows = Currency.objects.filter(active=True).order_by("rates__day")
        for code, day, rate in rows.values_list("code", "rates__day", "rates__rate"):
            known = rates[code]
            if rate is not None:
                known.append((day, rate))
        return cls(Organisation.current().currency, rates)

    def rate(self, code: str, day: date) -> Decimal:
        """What one unit was worth on this day; Invalid at `currency` where unknown."""
        if code == self.base:
            return ONE
        if code not in self.rates:
            known = ", ".join(sorted({self.base, *self.rates}))
            raise Invalid(
                "unknown_currency",
                f"{code} is no active currency. Known: {known}.",
                attr="currency",
            )
        found = rate_of_day(self.rates[code], day)
        if found is None:
            raise Invalid(
                "no_rate",
                f"There is no rate of {code} for {day}. "
                "Add one under Settings, Currencies.",
                attr="currency",
            )
        return found


def rate_on(code: str, day: date | None = None) -> Decimal:
    """What one unit of this currency is worth in the organisation's on a day (today).

    Invalid at `currency` for one that is unknown, inactive or has no rate by then.
    """
    if code == Organisation.current().currency:
        return ONE
    return RateTable.read().rate(code, day or timezone.localdate())


def currency_choices(kept: str = "") -> list[tuple[str, str]]:
    """The active currencies, the organisation's first; and the one that stays."""
    base = Organisation.current().currency
    wanted = Q(active=True) | Q(code=kept)
    rows = dict(Currency.objects.filter(wanted).values_list("code", "name"))
    first = (base, f"{base} {rows.pop(base, '')}".strip())
    return [first, *((code, f"{code} {name}") for code, name in rows.items())]


@transaction.atomic
def currency_save(
    *,
    currency: Currency,
    values: Mapping[str, Any],
    expected_version: int | None = None,
) -> Currency:
    """Make or change a currency. The code stays once it exists: amounts bear it."""
    check_version(currency, expected_version)
    if currency.pk and values.get("code", currency.code) != currency.code:
        raise Refused("fixed", "Amounts bear this code. Make another currency.")
    for name in ("code", "name", "active"):
        if name in values:
            setattr(currency, name, values[name])
    if not currency.active and currency.code == Organisation.current().currency:
        raise Refused("base_currency", "The organisation's currency stays active.")
    checked(currency).save()
    return currency


@transaction.atomic
def currency_delete(*, currency: Currency) -> None:
    """Delete a currency with its rates; Refused where an opportunity bears it."""
    used = Opportunity.objects.filter(currency=currency.code).count()
    if used or currency.code == Organisation.current().currency:
        raise Refused(
            "in_use",
            f"{currency.code} is in use. Make it inactive instead.",
            extra={"opportunities": used},
        )
    currency.delete()


@transaction.atomic
def rate_save(
    *,
    rate: ExchangeRate,
    values: Mapping[str, Any],
    expected_version: int | None = None,
) -> ExchangeRate:
    """Make or change a rate; what is stored stays as it was converted."""
    check_version(rate, expected_version)
    for name in ("currency", "day", "rate"):
        if name in values:
            setattr(rate, name, values[name])
    if rate.currency_id and rate.currency.code == Organisation.current().currency:
        raise Invalid(
            "base_currency",
            "The organisation's currency is always worth one.",
            attr="currency",
        )
    checked(rate).save()
    return rate


@transaction.atomic
def rate_delete(*, rate: ExchangeRate) -> None:
    """Take a rate away; what was converted by it stays."""
    rate.delete()


@transaction.atomic
def open_amounts_convert() -> int:
    """Convert the amounts of all open opportunities at today's rates, in one UPDATE.

    Answers how many changed; journaled as changes of their rate. An opportunity whose
    currency has no rate today stays as it is.
    """
    today = timezone.localdate()
    known = ExchangeRate.objects.filter(
        currency__code=OuterRef("currency"), day__lte=today
    ).order_by("-day")
    base = Organisation.current().currency
    rows = Opportunity.objects.open().exclude(currency=base)
    rows = rows.annotate(today=Subquery(known.values("rate")[:1]))
    changed = rows.filter(today__isnull=False).exclude(today=F("rate"))
    return changed.update(rate=Subquery(known.values("rate")[:1]))


def organisation_check(settings: Organisation) -> None:
    """The organisation's currency changes only while no amount is stored in it."""
    try:
        base_currency_check(settings.currency)
    except Refused as refused:
        raise ValidationError({"currency": refused.detail}) from refused


def base_currency_check(code: str) -> None:
    """Refused where another organisation currency would falsify what is stored."""
    if code == Organisation.current().currency:
        return
    if Opportunity.objects.exists() or ExchangeRate.objects.exists():
        raise Refused(
            "amounts_exist",
            "Amounts are stored in the organisation's currency. It can be changed "
            "only while there are no opportunities and no exchange rates.",
            attr="currency",
        )
