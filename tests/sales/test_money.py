"""Currencies: rates by day, amounts in two of them, rounding that agrees with SQL."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from django.db import connection
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from core.base.errors import Invalid, Refused
from core.base.models import Organisation
from core.journal.services import acting
from sales.models import Currency, ExchangeRate, Opportunity
from sales.rules import rate_of_day, to_base
from sales.services.money import (
    base_currency_check,
    currency_delete,
    currency_save,
    open_amounts_convert,
    rate_on,
    rate_save,
)
from sales.services.opportunities import (
    opportunity_create,
    opportunity_reopen,
    opportunity_update,
    opportunity_win,
)
from tests.sales.factories import OpportunityFactory, dollars

TODAY = dt.date(2026, 6, 15)
D = Decimal


@pytest.mark.parametrize(
    ("day", "rate"),
    [
        (dt.date(2025, 12, 31), None),
        (dt.date(2026, 1, 1), D("0.9")),
        (dt.date(2026, 3, 31), D("0.9")),
        (dt.date(2026, 4, 1), D("0.8")),
        (dt.date(2030, 1, 1), D("0.8")),
    ],
)
def test_a_rate_holds_from_its_day_until_the_next(day, rate):
    known = [(dt.date(2026, 1, 1), D("0.9")), (dt.date(2026, 4, 1), D("0.8"))]
    assert rate_of_day(known, day) == rate


@pytest.mark.parametrize(
    ("amount", "rate", "base"),
    [
        (None, "1.1", None),
        ("0.01", "0.5", "0.01"),  # half a cent goes up
        ("0.01", "0.4999999999", "0.00"),
        ("100", "1", "100.00"),
        ("999999999999.99", "999999.9999999999", "999999999999989900.00"),
    ],
)
def test_amounts_round_to_the_cent_halves_up(amount, rate, base):
    found = to_base(D(amount) if amount else None, D(rate))
    assert found == (D(base) if base else None)


class Rounding(TestCase):
    @settings(max_examples=60, deadline=None)
    @given(
        st.decimals(0, 10**9, places=2),
        st.decimals(D("0.0000000001"), 10**4, places=10),
    )
    def test_python_and_the_database_round_alike(self, amount, rate):
        with connection.cursor() as cursor:
            cursor.execute("SELECT round(%s::numeric * %s, 2)", [amount, rate])
            assert to_base(amount, rate) == cursor.fetchone()[0]


def make(user, **values):
    with acting(user, via="test"):
        return opportunity_create(user=user, values={"name": "Scanners", **values})


@pytest.mark.django_db
def test_an_amount_is_kept_in_both_currencies_at_the_rate_of_the_day(cast):
    today = timezone.localdate()
    dollars((today - dt.timedelta(days=40), "0.80"), (today, "0.90"))
    row = make(cast.ben, estimated_value=D("100.55"), currency="usd")
    assert (row.currency, row.rate) == ("USD", D("0.9"))
    assert row.estimated_base == D("90.50")  # 90.495
    before = timezone.now() - dt.timedelta(days=20)
    with acting(cast.ben, via="test"):
        won = opportunity_win(
            opportunity_id=row.pk,
            user=cast.ben,
            actual_value=D(200),
            closed_at=before,
        )
    won.refresh_from_db()
    assert (won.rate, won.actual_base) == (D("0.8"), D("160.00"))
    with acting(cast.ben, via="test"):
        again = opportunity_reopen(opportunity_id=row.pk, user=cast.ben)
    assert again.rate == D("0.9")


@pytest.mark.django_db
def test_a_new_rate_changes_what_is_open_only_when_somebody_converts(cast):
    today = timezone.localdate()
    dollars((today - dt.timedelta(days=40), "0.80"))
    row = make(cast.ben, estimated_value=D(100), currency="USD")
    own = make(cast.ben, estimated_value=D(100))
    currency = Currency.objects.get(code="USD")
    with acting(cast.admin, via="test"):
        rate_save(
            rate=ExchangeRate(),
            values={"currency": currency, "day": today, "rate": D("0.5")},
        )
    row.refresh_from_db()
    assert row.estimated_base == D("80.00")
    with acting(cast.ben, via="test"):
        opportunity_update(
            opportunity_id=row.pk, user=cast.ben, values={"need": "Speed"}
        )
    row.refresh_from_db()
    assert row.rate == D("0.8")
    with acting(cast.admin, via="test"):
        assert open_amounts_convert() == 1
        assert open_amounts_convert() == 0
    row.refresh_from_db()
    own.refresh_from_db()
    assert (row.estimated_base, own.estimated_base) == (D("50.00"), D("100.00"))


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("code", "said"),
    [("ZZZ", "unknown_currency"), ("GBP", "unknown_currency"), ("USD", "no_rate")],
)
def test_a_currency_without_a_rate_is_refused_by_name(cast, code, said):
    dollars((timezone.localdate() + dt.timedelta(days=1), "0.8"))
    with pytest.raises(Invalid) as refused:
        make(cast.ben, currency=code)
    assert (refused.value.code, refused.value.attr) == (said, "currency")
    assert not Opportunity.objects.exists()


@pytest.mark.django_db
def test_what_is_in_use_stays(cast):
    dollars((timezone.localdate(), "0.8"))
    make(cast.ben, currency="USD")
    currency = Currency.objects.get(code="USD")
    with pytest.raises(Refused, match="in use"):
        currency_delete(currency=currency)
    with pytest.raises(Refused):
        currency_save(currency=currency, values={"code": "USX"})
    own = Currency.objects.get(code="EUR")
    with pytest.raises(Refused):
        currency_save(currency=own, values={"active": False})
    with pytest.raises(Invalid):
        rate_save(
            rate=ExchangeRate(), values={"currency": own, "day": TODAY, "rate": D(2)}
        )
    base_currency_check("EUR")
    with pytest.raises(Refused):
        base_currency_check("USD")
    assert rate_on("EUR") == 1


@pytest.mark.django_db
def test_the_organisations_currency_may_change_while_nothing_is_stored(cast):
    base_currency_check("USD")
    OpportunityFactory()
    with pytest.raises(Refused):
        base_currency_check("USD")
    assert Organisation.current().currency == "EUR"
    assert Opportunity.objects.get().estimated_base is None


@pytest.mark.django_db
def test_rates_over_the_api(cast, api):
    admin, ben = api(cast.admin), api(cast.ben)
    made = admin.post("/api/v1/currencies/", {"code": "ZAR", "name": "Rand"})
    assert made.status_code == 201, made.json()
    body = {"currency": made.json()["id"], "day": "2026-01-01", "rate": "0.05"}
    assert ben.post("/api/v1/exchange-rates/", body).status_code == 403
    assert admin.post("/api/v1/exchange-rates/", body).status_code == 201
    assert admin.post("/api/v1/exchange-rates/", body).status_code == 400
    body |= {"day": "2026-02-01", "rate": "0"}
    assert admin.post("/api/v1/exchange-rates/", body).json()["errors"][0]["attr"] == (
        "rate"
    )
    row = ben.post(
        "/api/v1/opportunities/",
        {"name": "Cape", "estimated_value": "1000", "currency": "ZAR"},
    )
    assert row.status_code == 201, row.json()
    assert (row.json()["currency"], row.json()["estimated_base"]) == ("ZAR", "50.00")
