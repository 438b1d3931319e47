"""The forecast: months, owners and teams; every number leads to exactly its rows."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal as D

import pytest
from django.utils import timezone

from sales.forecast import Cell, forecast, months_from
from tests.sales.factories import OpportunityFactory

pytestmark = pytest.mark.django_db
BACKEND = "django.contrib.auth.backends.ModelBackend"
FIRST = dt.date(2026, 1, 1)


def test_months_go_over_the_year():
    days = months_from(dt.date(2025, 11, 1), 4)
    assert [f"{day:%Y-%m}" for day in days] == [
        "2025-11",
        "2025-12",
        "2026-01",
        "2026-02",
    ]


def close(cast, value, probability, day, user="ben", team="benelux"):
    return OpportunityFactory(
        owner=getattr(cast, user) if user else None,
        team=getattr(cast, team) if team else None,
        estimated_value=D(value),
        probability=probability,
        estimated_close=day,
    )


def won(cast, value, moment, user="ben"):
    return OpportunityFactory(
        owner=getattr(cast, user),
        team=cast.benelux,
        state="won",
        status_reason="won",
        actual_value=D(value),
        closed_at=moment,
    )


@pytest.fixture
def sold(cast):
    zone = timezone.get_current_timezone()
    close(cast, 100, 80, dt.date(2026, 1, 31))
    close(cast, 200, 60, dt.date(2026, 1, 1))
    close(cast, 400, 20, dt.date(2026, 2, 1))
    close(cast, 800, 74, dt.date(2026, 2, 28), user=None, team=None)
    close(cast, 1600, 90, dt.date(2026, 3, 31), user="carl", team="nordics")
    close(cast, 7, 50, dt.date(2025, 12, 31))
    close(cast, 9, 50, None)
    won(cast, 5000, dt.datetime(2026, 1, 1, 0, 0, tzinfo=zone))
    won(cast, 60, dt.datetime(2026, 1, 31, 23, 59, 59, tzinfo=zone))
    won(cast, 3, dt.datetime(2025, 12, 31, 23, 59, 59, tzinfo=zone))


def test_amounts_fall_into_their_month_and_category(cast, sold):
    found = forecast(user=cast.sales_manager, first=FIRST, months=3)
    january, february, march = found.total.cells
    assert january.value == {
        "won": D(5060),
        "committed": D(100),
        "best": D(200),
        "pipeline": D(0),
    }
    assert january.weighted == D(200)
    assert january.expected == D(5260)
    assert (february.value["pipeline"], february.value["best"]) == (D(400), D(800))
    assert march.number["committed"] == 1
    assert [line.name for line in found.lines][-1] == "Nobody"
    whole = Cell()
    for line in found.lines:
        whole.add(line.total)
    assert whole == found.total.total
    assert found.overdue.value["best"] == D(7)
    assert found.undated.number["best"] == 1


def test_only_what_one_sees_counts(cast, sold):
    found = forecast(user=cast.carl, first=FIRST, by="team")
    assert [line.name for line in found.lines] == ["Nordics"]
    assert found.total.total.value["committed"] == D(1600)


def test_a_team_takes_those_below_along(cast, sold):
    by_team = forecast(user=cast.admin, first=FIRST, by="team", team_id=cast.europe.pk)
    assert [line.name for line in by_team.lines] == ["Benelux", "Nordics"]


def test_every_number_leads_to_exactly_its_rows(client, cast, sold):
    client.force_login(cast.admin, backend=BACKEND)
    for by in ("owner", "team"):
        page = client.get(f"/forecast/?first=2026-01&by={by}").context
        lines = [*page["lines"], page["total"]]
        parts = [
            part
            for line in lines
            for cell in [*line["cells"], line["total"]]
            for part in cell["parts"]
        ] + page["beside"]
        assert len(parts) > 20
        for part in parts:
            rows = client.get(part["url"]).context["table"]
            assert len(rows) == part["n"], part
            assert sum(row.value_base for row, _ in rows) == part["value"], part


def test_as_many_queries_for_one_as_for_ten(client, cast, django_assert_num_queries):
    client.force_login(cast.admin, backend=BACKEND)
    close(cast, 10, 50, FIRST)
    client.get("/forecast/?first=2026-01")
    with django_assert_num_queries(18, exact=False) as few:
        client.get("/forecast/?first=2026-01")
    for number in range(10):
        close(cast, number, 10 * number, dt.date(2026, 1 + number % 3, 5), user="carl")
    with django_assert_num_queries(len(few.captured_queries)):
        client.get("/forecast/?first=2026-01")


def test_over_the_api_and_as_csv(client, api, cast, sold):
    found = api(cast.sales_manager).get(
        "/api/v1/reports/forecast/", {"first": "2026-01-15", "by": "team"}
    )
    assert found.status_code == 200, found.json()
    total = found.json()["total"]["months"][0]
    assert (total["won"], total["won_number"], total["expected"]) == (
        "5060.00",
        2,
        "5260.00",
    )
    wrong = api(cast.ben).get("/api/v1/reports/forecast/", {"months": "99"})
    assert wrong.status_code == 400
    client.force_login(cast.admin, backend=BACKEND)
    sent = client.get("/forecast/?first=2026-01&part=export")
    text = b"".join(sent.streaming_content).decode()
    assert "2026-01,5060.00,2" in text


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-01"])
def test_months_beyond_the_calendar_are_refused(client, api, cast, day):
    url = f"/api/v1/reports/forecast/?first={day}&months=24"
    answer = api(cast.ben).get(url)
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["attr"] == "first"
    client.force_login(cast.ben, backend=BACKEND)
    for part in ("", "&part=export"):
        assert client.get(f"/forecast/?first={day}{part}").status_code == 200
