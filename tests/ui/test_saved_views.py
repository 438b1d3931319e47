"""Saved views: a list as somebody left it, for oneself or shared."""

from __future__ import annotations

import json
from urllib.parse import parse_qs, urlparse

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from core.base.errors import Denied, Invalid
from core.ui.models import SavedView
from core.ui.saved import saved_view_create, saved_view_delete, saved_view_update
from tests.factories import LeadFactory

pytestmark = pytest.mark.django_db
LEADS = "lead_list"
IN_ROME = {
    "from": "lead",
    "where": {"field": "city", "op": "eq", "value": "Rome"},
}


def made(user, name="Hot ones", **values):
    values = {"name": name, "base": "open", "params": {"rating": ["hot"]}} | values
    return saved_view_create(user=user, page=LEADS, values=values)


def listed(client, url):
    """The names on the page that an address ends on."""
    answer = client.get(url, follow=True)
    assert answer.status_code == 200
    return {row.last_name for row, _ in answer.context["table"]}


def test_view_opens_with_everything_that_was_saved(client, cast):
    for name, rating, city in (
        ("Hot", "hot", "Rome"),
        ("Cold", "cold", "Rome"),
        ("Away", "hot", "Oslo"),
    ):
        LeadFactory(last_name=name, rating=rating, city=city, owner=cast.ben)
    LeadFactory(last_name="Closed", rating="hot", state="disqualified")
    params = {
        "rating": "hot",
        "query": json.dumps(IN_ROME),
        "sort": "-name",
        "cols": "name.city",
    }
    view = made(cast.ann, params=params)
    client.force_login(cast.ann)
    answer = client.get(reverse(LEADS), {"view": view.key})
    address = parse_qs(urlparse(answer["Location"]).query)
    assert address == {k: [v] for k, v in {**params, "view": view.key}.items()}
    page = client.get(answer["Location"])
    assert {row.last_name for row, _ in page.context["table"]} == {"Hot"}
    assert [c.key for c in page.context["list"].shown_columns] == ["name", "city"]
    assert (page.context["sort_key"], page.context["sort_down"]) == ("name", True)
    assert page.context["list"].conditions.sentence


def test_who_finds_it_and_who_may_change_it(client, cast):
    own = made(cast.ben, "Own")
    team = made(cast.ben, "Team", audience="team")
    everybody = made(cast.admin, "All", audience="all")
    offered = {
        user: set(SavedView.objects.offered_to(user, LEADS))
        for user in (cast.ben, cast.carl, cast.admin)
    }
    assert offered == {
        cast.ben: {own, team, everybody},
        cast.carl: {everybody},
        cast.admin: {everybody},
    }
    with pytest.raises(Denied):
        saved_view_update(view=everybody, user=cast.ben, values={"name": "Mine now"})
    with pytest.raises(Denied):
        saved_view_delete(view=team, user=cast.carl)
    with pytest.raises(Denied, match="own team only"):
        saved_view_update(view=own, user=cast.ben, values={"audience": "all"})


def test_shared_view_shows_only_what_its_reader_may_see(client, cast):
    LeadFactory(last_name="Mine", owner=cast.ben, team=cast.benelux, rating="hot")
    LeadFactory(last_name="Theirs", owner=cast.carl, team=cast.nordics, rating="hot")
    view = made(cast.admin, audience="all")
    client.force_login(cast.ben)
    assert listed(client, f"{reverse(LEADS)}?view={view.key}") == {"Mine"}


@pytest.mark.parametrize(
    ("values", "attr"),
    [
        ({"name": ""}, "name"),
        ({"name": "x" * 61}, "name"),
        ({"params": {"colour": "red"}}, "params"),
        ({"params": {"query": "{"}}, "params"),
        ({"params": "text"}, "params"),
        ({"params": {"created_at_after": "soon"}}, "params"),
        ({"base": "nowhere"}, "base"),
        ({"audience": "world"}, "audience"),
    ],
)
def test_what_the_list_cannot_read_is_refused_at_its_field(cast, values, attr):
    with pytest.raises(Invalid) as refusal:
        made(cast.admin, **values)
    assert refusal.value.attr == attr
    assert not SavedView.objects.exists()


def test_a_name_is_given_once_a_list(cast):
    made(cast.ben)
    with pytest.raises(Invalid, match="view of this name"):
        made(cast.ben)
    made(cast.carl)


def test_one_view_opens_first_and_only_for_its_owner(client, cast):
    LeadFactory(last_name="Hot", rating="hot", owner=cast.ben, team=cast.benelux)
    LeadFactory(last_name="Cold", rating="cold", owner=cast.ben, team=cast.benelux)
    made(cast.ben, "Before", opens_first=True)
    view = made(cast.ben, opens_first=True, audience="team")
    assert SavedView.objects.get(opens_first=True) == view
    client.force_login(cast.ben)
    assert listed(client, reverse(LEADS)) == {"Hot"}
    client.force_login(cast.admin)
    assert listed(client, f"{reverse(LEADS)}?view=all") == {"Hot", "Cold"}


def test_page_saves_replaces_renames_and_deletes(client, cast):
    client.force_login(cast.ben)
    url = reverse("saved_view_new", args=[LEADS])
    sent = {
        "name": " Hot in Rome ",
        "audience": "own",
        "params": "view=mine&rating=hot",
    }
    answer = client.post(url, sent)
    view = SavedView.objects.get()
    assert (view.name, view.base, view.params) == (
        "Hot in Rome",
        "mine",
        {"rating": ["hot"]},
    )
    assert f"view={view.key}" in answer["HX-Redirect"]
    again = client.post(url, sent)
    assert again.status_code == 422
    assert "view of this name" in again.content.decode()
    change = reverse("saved_view", args=[view.pk])
    client.post(
        change, {"do": "replace", "params": f"view={view.key}&rating=cold&after=x"}
    )
    view.refresh_from_db()
    assert (view.base, view.params) == ("mine", {"rating": ["cold"]})
    client.post(change, {"name": "Cold", "audience": "team"})
    view.refresh_from_db()
    assert (view.name, view.audience, view.params) == (
        "Cold",
        "team",
        {"rating": ["cold"]},
    )
    client.force_login(cast.carl)
    assert client.post(change, {"do": "delete"}).status_code == 404
    client.force_login(cast.ben)
    client.post(change, {"do": "delete"})
    assert not SavedView.objects.exists()


def test_conditions_of_the_panel_come_into_the_address(client, cast):
    client.force_login(cast.admin)
    url = reverse(LEADS)
    panel = client.get(url, {"part": "conditions", "rating": "hot"})
    assert 'data-condition="lead"' in panel.content.decode()
    assert 'name="rating" value="hot"' in panel.content.decode()
    where = json.dumps(IN_ROME["where"])
    answer = client.get(url, {"view": "open", "rating": "hot", "where": where})
    address = parse_qs(urlparse(answer["Location"]).query)
    assert json.loads(address["query"][0]) == IN_ROME
    assert address["rating"] == ["hot"]
    broken = client.get(url, {"where": "{"}, follow=True)
    assert "not valid JSON" in broken.content.decode()
    none = client.get(url, {"view": "open", "query": "x", "where": ""})
    assert none["Location"] == f"{url}?view=open"


def test_api_reads_and_writes_views(api, cast):
    client = api(cast.ben)
    body = {"page": LEADS, "name": "Hot", "params": {"rating": ["hot"]}}
    answer = client.post("/api/v1/saved-views/", body)
    assert answer.status_code == 201, answer.json()
    url = f"/api/v1/saved-views/{answer.json()['id']}/"
    assert answer.json()["url"].endswith(f"?view=v{answer.json()['id']}&rating=hot")
    assert client.patch(url, {"audience": "all"}).status_code == 403
    assert client.patch(url, {"params": {"no": "1"}}).json()["errors"][0]["attr"] == (
        "params"
    )
    assert api(cast.carl).get(url).status_code == 404
    made(cast.admin, audience="all")
    rows = client.get("/api/v1/saved-views/", {"page": LEADS}).json()["results"]
    assert {row["name"] for row in rows} == {"Hot", "Hot ones"}
    bad = client.post("/api/v1/saved-views/", {**body, "page": "nowhere"})
    assert bad.json()["errors"][0]["attr"] == "page"
    assert client.delete(url).status_code == 204


def test_ten_saved_views_cost_the_queries_of_one(client, cast):
    client.force_login(cast.ben)
    made(cast.ben)
    client.get(reverse(LEADS), {"view": "all"})
    with CaptureQueriesContext(connection) as one:
        client.get(reverse(LEADS), {"view": "all"})
    for number in range(9):
        made(cast.ben, f"View {number}")
    with CaptureQueriesContext(connection) as ten:
        client.get(reverse(LEADS), {"view": "all"})
    assert len(ten) == len(one)
