"""What lead sources are worth."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import timezone

from sales.reports import lead_source_report, qualification_rate, total_line
from tests.factories import LeadFactory
from tests.sales.factories import OpportunityFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def sold(cast):
    def lead(source, state, user=cast.ben):
        return LeadFactory(lead_source=source, state=state, owner=user, team=user.team)

    def opportunity(lead, **values):
        values = {"owner": lead.owner, "team": lead.team} | values
        OpportunityFactory(originating_lead=lead, **values)

    closed = {"closed_at": timezone.now(), "status_reason": "won", "state": "won"}
    web = lead("Web", "qualified")
    opportunity(web, actual_value=Decimal("0.10"), **closed)
    opportunity(lead("Web", "qualified"), actual_value=Decimal("0.20"), **closed)
    opportunity(lead("Web", "qualified"), estimated_value=Decimal("5"))
    lead("Web", "disqualified")
    lead("", "open")
    lead("Fair", "open", cast.carl)


def test_each_source_with_what_it_brought(cast, sold):
    lines = lead_source_report(user=cast.admin)
    assert [line.source for line in lines] == ["Web", "", "Fair"]
    web = lines[0]
    assert (web.leads, web.qualified, web.disqualified) == (4, 3, 1)
    assert web.rate == Decimal("75.0")
    assert (web.opportunities, web.won) == (3, 2)
    assert web.won_value == Decimal("0.30")
    assert web.open_value == Decimal("5.00")
    assert lines[1].rate is None
    total = total_line(lines)
    assert (total.leads, total.won_value) == (6, Decimal("0.30"))


def test_only_what_one_sees(cast, sold):
    assert [line.source for line in lead_source_report(user=cast.carl)] == ["Fair"]


def test_a_period_without_leads_is_empty(cast, sold):
    day = timezone.localdate().replace(year=2001, day=1)
    assert lead_source_report(user=cast.admin, first=day, last=day) == []


def test_two_queries_however_many_sources(cast, sold, django_assert_num_queries):
    lead_source_report(user=cast.admin)
    with django_assert_num_queries(2):
        lead_source_report(user=cast.admin)


@pytest.mark.parametrize(
    ("qualified", "disqualified", "rate"),
    [(0, 0, None), (1, 2, Decimal("33.3")), (1, 0, Decimal("100.0"))],
)
def test_the_rate_is_of_closed_leads(qualified, disqualified, rate):
    assert qualification_rate(qualified, disqualified) == rate


def test_over_the_api(api, cast, sold):
    answer = api(cast.admin).get("/api/v1/reports/lead-sources/")
    assert answer.status_code == 200, answer.json()
    assert answer.json()["results"][0]["won_value"] == "0.30"
    assert answer.json()["currency"] == "EUR"
    wrong = api(cast.admin).get("/api/v1/reports/lead-sources/?first=yesterday")
    assert wrong.status_code == 400
    assert api(cast.nobody).get("/api/v1/reports/lead-sources/").status_code == 403


def test_on_a_page(client, cast, sold):
    client.force_login(cast.admin)
    page = client.get(reverse("lead_sources")).content.decode()
    assert "No source" in page
    assert "75.0%" in page
