"""The board: lanes with sums, cards on demand, moving by one request."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal as D

import pytest
from django.utils import timezone

from sales.models import Opportunity, Pipeline
from tests.sales.factories import OpportunityFactory

pytestmark = pytest.mark.django_db
BACKEND = "django.contrib.auth.backends.ModelBackend"


@pytest.fixture
def browser(client, cast):
    client.force_login(cast.ben, backend=BACKEND)
    return client


def make(cast, number=1, **values):
    shared = {"owner": cast.ben, "team": cast.benelux, "stage_since": timezone.now()}
    return OpportunityFactory.create_batch(number, **{**shared, **values})


def test_lanes_add_up_in_one_currency(browser, cast):
    make(cast, 2, stage="qualify", estimated_value=D(1000), probability=20)
    make(cast, stage="propose", estimated_value=D(100), rate=D("0.5"), probability=60)
    make(cast, team=cast.nordics, owner=cast.carl, estimated_value=D(9))
    page = browser.get("/pipeline/?view=open")
    lanes = {lane["key"]: lane for lane in page.context["lanes"]}
    qualify, propose = lanes["qualify"], lanes["propose"]
    assert (qualify["number"], qualify["value"], qualify["weighted"]) == (
        2,
        D(2000),
        D(400),
    )
    assert (propose["number"], propose["value"], propose["weighted"]) == (
        1,
        D(50),
        D(30),
    )
    assert (page.context["number"], page.context["total"]) == (3, D(2050))


def test_filters_and_views_are_those_of_the_list(browser, cast):
    make(cast, 2, name="Freezer", estimated_value=D(10))
    make(cast, name="Printer", estimated_value=D(10), owner=None)
    for query, number in (
        ("view=open", 3),
        ("view=mine", 2),
        ("view=open&name__contains=print", 1),
        ("view=open&stage=close", 0),
    ):
        context = browser.get(f"/pipeline/?{query}").context
        assert context["number"] == number, query
        listed = browser.get(f"/opportunities/?{query}").context["table"]
        assert len(listed) == number, query


def test_the_rest_of_a_lane_comes_on_demand(browser, cast):
    now = timezone.now()
    for days in range(60):
        make(cast, stage_since=now - dt.timedelta(days=days))
    lane = browser.get("/pipeline/?view=open").context["lanes"][0]
    seen = [card.pk for card in lane["cards"]]
    more, number = lane["more"], lane["number"]
    while more:
        lane = browser.get(more).context["lane"]
        seen += [card.pk for card in lane["cards"]]
        more = lane["more"]
    assert len(seen) == len(set(seen)) == number == 60


def test_as_many_queries_for_one_card_as_for_fifty(
    browser, cast, django_assert_max_num_queries
):
    make(cast)
    browser.get("/pipeline/?view=open")
    with django_assert_max_num_queries(40) as few:
        browser.get("/pipeline/?view=open")
    make(cast, 25)
    make(cast, 25, stage="develop")
    with django_assert_max_num_queries(len(few.captured_queries)):
        browser.get("/pipeline/?view=open")


def test_a_card_is_moved_and_brought_back(browser, cast):
    row = make(cast, estimated_value=D(100))[0]
    url = "/pipeline/?view=open"
    moved = browser.post(url, {"card": row.pk, "stage": "propose"})
    assert moved.status_code == 200
    assert 'id="head-propose"' in moved.content.decode()
    assert "undo=1" in moved.headers["HX-Trigger"]
    row.refresh_from_db()
    assert (row.stage, row.probability) == ("propose", 60)
    assert browser.post(f"/pipeline/?undo=1&card={row.pk}&stage=qualify").status_code
    row.refresh_from_db()
    assert row.stage == "qualify"


def test_only_what_one_may_change_moves(client, cast):
    row = make(cast)[0]
    for user, status in ((cast.carl, 404), (cast.reader, 403), (cast.ben, 200)):
        client.force_login(user, backend=BACKEND)
        answer = client.post("/pipeline/", {"card": row.pk, "stage": "close"})
        assert answer.status_code == status, user
    refused = client.post("/pipeline/", {"card": row.pk, "stage": "nowhere"})
    assert refused.status_code == 204
    assert "no stage" in refused.headers["HX-Trigger"]
    assert Opportunity.objects.get().stage == "close"


def test_another_pipeline_has_its_own_board(browser, cast):
    other = Pipeline.objects.create(name="Renewals")
    other.stages.create(key="due", name="Due", probability=70)
    make(cast, pipeline=other, stage="due")
    assert browser.get("/pipeline/?view=open").context["number"] == 0
    page = browser.get(f"/pipeline/?view=open&pipeline={other.pk}")
    assert [lane["key"] for lane in page.context["lanes"]] == ["due"]
    assert page.context["number"] == 1
