"""Lines, competitors, stakeholders and the closing of an opportunity."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal as D

import pytest
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from core.base.errors import Denied, Invalid, Refused
from core.journal.services import acting
from crm.models import Activity, Product
from sales.models import Competitor, Opportunity, OpportunityLine
from sales.rules import line_amount
from sales.services import parts
from sales.services.opportunities import (
    opportunity_create,
    opportunity_lose,
    opportunity_update,
    opportunity_win,
)
from sales.stages import stage_history
from tests.factories import AccountFactory, ContactFactory
from tests.sales.factories import OpportunityFactory, dollars

pytestmark = pytest.mark.django_db


@pytest.fixture
def scanner():
    return Product.objects.create(name="Ring scanner", price=D("420.00"))


@pytest.fixture
def opportunity(cast):
    with acting(cast.ben, via="test"):
        return opportunity_create(
            user=cast.ben, values={"name": "Scanners", "estimated_value": D(9000)}
        )


def add(cast, opportunity, **values):
    with acting(cast.ben, via="test"):
        return parts.line_add(
            opportunity_id=opportunity.pk, user=cast.ben, values=values
        )


class Amounts(TestCase):
    @settings(max_examples=40, deadline=None)
    @given(
        st.decimals(0, 10**6, places=3),
        st.decimals(0, 10**6, places=2),
        st.decimals(0, 100, places=2),
    )
    def test_python_and_the_database_agree_on_every_line(self, quantity, price, less):
        line = OpportunityLine.objects.create(
            opportunity=OpportunityFactory(),
            quantity=quantity,
            price=price,
            discount=less,
        )
        line.refresh_from_db()
        assert line.amount == line_amount(quantity, price, less)


def test_the_amount_is_the_sum_of_the_lines(cast, opportunity, scanner):
    line = add(cast, opportunity, product=scanner, quantity=D(3), discount=D(10))
    assert (line.price, line.amount) == (D("420.00"), D("1134.00"))
    add(cast, opportunity, description="Training", price=D("99.99"))
    opportunity.refresh_from_db()
    assert opportunity.amount_from_lines
    assert opportunity.estimated_value == opportunity.estimated_base == D("1233.99")
    with acting(cast.ben, via="test"):
        parts.line_update(line=line, user=cast.ben, values={"quantity": D(1)})
    opportunity.refresh_from_db()
    assert opportunity.estimated_value == D("477.99")
    with acting(cast.ben, via="test"):
        parts.line_delete(line=line, user=cast.ben)
    opportunity.refresh_from_db()
    assert opportunity.estimated_value == D("99.99")


def test_an_amount_by_hand_or_from_the_lines(cast, opportunity):
    add(cast, opportunity, description="Training", price=D(100))
    with acting(cast.ben, via="test"):
        with pytest.raises(Invalid) as refused:
            opportunity_update(
                opportunity_id=opportunity.pk,
                user=cast.ben,
                values={"estimated_value": D(5)},
            )
        assert refused.value.code == "from_lines"
        row = opportunity_update(
            opportunity_id=opportunity.pk,
            user=cast.ben,
            values={"amount_from_lines": False, "estimated_value": D(5)},
        )
        assert row.estimated_value == D(5)
        row = opportunity_update(
            opportunity_id=opportunity.pk,
            user=cast.ben,
            values={"amount_from_lines": True},
        )
    assert row.estimated_value == D(100)


def test_a_price_from_the_list_is_in_the_currency_of_the_opportunity(cast, scanner):
    dollars((timezone.localdate(), "0.8"))
    with acting(cast.ben, via="test"):
        row = opportunity_create(
            user=cast.ben, values={"name": "Abroad", "currency": "USD"}
        )
    assert add(cast, row, product=scanner).price == D("525.00")
    row.refresh_from_db()
    assert (row.estimated_value, row.estimated_base) == (D("525.00"), D("420.00"))


def test_lines_of_a_closed_one_stay(cast, opportunity):
    line = add(cast, opportunity, description="Training", price=D(100))
    with acting(cast.ben, via="test"):
        opportunity_win(opportunity_id=opportunity.pk, user=cast.ben)
        with pytest.raises(Refused):
            parts.line_delete(line=line, user=cast.ben)
    with pytest.raises(Refused):
        add(cast, opportunity, description="More", price=D(1))


def test_wrong_lines_name_the_field(cast, opportunity):
    for values, attr in (
        ({"description": "Without a price"}, "price"),
        ({"price": D(1), "discount": D(101)}, "discount"),
        ({"price": D(1), "quantity": D(-1)}, "quantity"),
    ):
        with pytest.raises(Invalid) as refused:
            add(cast, opportunity, **values)
        assert refused.value.attr == attr
    with pytest.raises(Opportunity.DoesNotExist), acting(cast.carl, via="test"):
        parts.line_add(
            opportunity_id=opportunity.pk, user=cast.carl, values={"price": D(1)}
        )
    with pytest.raises(Denied), acting(cast.reader, via="test"):
        parts.line_add(
            opportunity_id=opportunity.pk, user=cast.reader, values={"price": D(1)}
        )


def test_lost_to_a_competitor_known_by_another_spelling(cast, opportunity):
    Competitor.objects.create(name="Scanworks")
    when = timezone.now() - dt.timedelta(days=3)
    with acting(cast.ben, via="test"):
        lost = opportunity_lose(
            opportunity_id=opportunity.pk,
            user=cast.ben,
            status_reason="out_sold",
            competitor="SCANWORKS ",
            closed_at=when,
            note="Cheaper",
        )
    assert lost.competitor == "Scanworks"
    assert [str(each) for each in lost.rivals.all()] == ["Scanworks"]
    closing = Activity.objects.get(kind="opportunity_close")
    assert (closing.regarding_id, closing.state) == (lost.pk, "completed")
    assert closing.outcome == "Lost to Scanworks: Out-sold"
    assert (closing.completed_at, closing.description) == (when, "Cheaper")


def test_nobody_enters_or_changes_a_closing_by_hand(cast, opportunity, api):
    body = {
        "regarding_type": "opportunity",
        "regarding_id": opportunity.pk,
        "subject": "Won",
        "kind": "opportunity_close",
    }
    refused = api(cast.ben).post("/api/v1/activities/", body)
    assert refused.json()["errors"][0]["attr"] == "kind"
    with acting(cast.ben, via="test"):
        opportunity_win(
            opportunity_id=opportunity.pk, user=cast.ben, actual_value=D(8000)
        )
    made = Activity.objects.get()
    assert made.outcome == "Won for EUR 8,000"
    url = f"/api/v1/activities/{made.pk}/"
    assert api(cast.ben).patch(url, {"subject": "Lost"}).status_code == 409


def test_stakeholders_by_role_also_on_closed_ones(cast, opportunity):
    contact, account = ContactFactory(), AccountFactory()
    with acting(cast.ben, via="test"):
        opportunity_win(opportunity_id=opportunity.pk, user=cast.ben)
        made = parts.stakeholder_add(
            opportunity_id=opportunity.pk,
            user=cast.ben,
            values={"contact": contact, "role": "decision maker"},
        )
        assert made.role == "Decision maker"
        parts.stakeholder_add(
            opportunity_id=opportunity.pk, user=cast.ben, values={"account": account}
        )
    for values in (
        {"contact": contact, "role": "Decision maker"},
        {"contact": contact, "account": account},
        {},
        {"contact": contact, "role": "Spy"},
    ):
        with pytest.raises(Invalid), acting(cast.ben, via="test"):
            parts.stakeholder_add(
                opportunity_id=opportunity.pk, user=cast.ben, values=values
            )
    assert opportunity.stakeholders.count() == 2


def test_the_stays_add_up_to_the_age(cast, opportunity):
    with acting(cast.ben, via="test"):
        for stage in ("propose", "develop", "close"):
            opportunity_update(
                opportunity_id=opportunity.pk, user=cast.ben, values={"stage": stage}
            )
        opportunity_update(
            opportunity_id=opportunity.pk, user=cast.ben, values={"need": "Speed"}
        )
        won = opportunity_win(opportunity_id=opportunity.pk, user=cast.ben)
    stays = stage_history(Opportunity.objects.get())
    assert [stay.name for stay in stays] == ["Qualify", "Propose", "Develop", "Close"]
    assert {stay.by for stay in stays} == {str(cast.ben)}
    assert [stay.until for stay in stays[:-1]] == [stay.since for stay in stays[1:]]
    assert stays[0].since == opportunity.created_at
    assert stays[-1].until == max(won.closed_at, stays[-1].since)


def test_parts_over_the_api_and_the_page(cast, api, client, opportunity, scanner):
    ben = api(cast.ben)
    body = {"opportunity": opportunity.pk, "product": scanner.pk, "quantity": "2"}
    line = ben.post("/api/v1/opportunity-lines/", body)
    assert line.status_code == 201, line.json()
    assert line.json()["amount"] == "840.00"
    url = f"/api/v1/opportunity-lines/{line.json()['id']}/"
    assert ben.patch(url, {"discount": "50"}).json()["amount"] == "420.00"
    assert ben.patch(url, {"opportunity": opportunity.pk}).status_code == 200
    assert api(cast.carl).get(url).status_code == 404
    assert api(cast.reader).patch(url, {"discount": "1"}).status_code == 403
    rival = {"opportunity": opportunity.pk}
    rival["competitor"] = ben.post(
        "/api/v1/competitors/", {"name": "Lagertech"}
    ).json()["id"]
    assert ben.post("/api/v1/opportunity-competitors/", rival).status_code == 201
    assert ben.post("/api/v1/opportunity-competitors/", rival).status_code == 400
    stages = ben.get(f"/api/v1/opportunities/{opportunity.pk}/stages/").json()
    assert [stay["stage"] for stay in stages] == ["qualify"]
    client.force_login(cast.ben, backend="django.contrib.auth.backends.ModelBackend")
    page = client.get(f"/opportunities/{opportunity.pk}/").content.decode()
    assert "Ring scanner" in page
    assert "Lagertech" in page
    assert "Time in stages" in page
    form = client.get(f"/opportunities/{opportunity.pk}/lines/new/")
    assert form.status_code == 200
    new = {"description": "Training", "quantity": "1", "price": "80", "discount": "0"}
    assert (
        client.post(f"/opportunities/{opportunity.pk}/lines/new/", new).status_code
        == 204
    )
    opportunity.refresh_from_db()
    assert opportunity.estimated_value == D("500.00")
    pk = line.json()["id"]
    assert client.get(f"/opportunity-lines/{pk}/").status_code == 200
    gone = client.post(f"/opportunity-lines/{pk}/", {"do": "delete"})
    assert gone.status_code == 204
    assert opportunity.lines.count() == 1
