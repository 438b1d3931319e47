"""Every resource with every role, and every record with every kind of stranger."""

from __future__ import annotations

import pytest

from core.api.router import router
from crm.models import Activity, Note
from tests.access.routes import ALL, API, UNOWNED
from tests.factories import AccountFactory, ContactFactory, LeadFactory

pytestmark = pytest.mark.django_db


def test_every_resource_has_an_expectation():
    registered = {prefix for prefix, _, _ in router.registry}
    assert registered - set(API) == set()


@pytest.mark.parametrize("resource", sorted(API))
def test_resource_answers_each_role_as_the_table_says(api, cast, client, resource):
    readers, makers = API[resource]
    registered = {prefix for prefix, _, _ in router.registry}
    if resource not in registered:
        readers = set()
    url = f"/api/v1/{resource}/"
    assert client.get(url).status_code in (401, 403, 405)
    for role, user in cast.by_role().items():
        caller = api(user)
        if readers:
            read = caller.get(url).status_code
            assert (read == 200) == (role in readers), (role, read)
            assert read in (200, 403)
        made = caller.post(url, {"nonsense": 1}).status_code
        if makers:
            # 400: the role may, the body is wrong.
            assert (made == 400) == (role in makers), (role, made)
            assert made in (400, 403)
        else:
            assert made in (403, 405), (role, made)


def test_nobody_without_a_role_gets_anything(api, cast):
    for resource in API:
        assert api(cast.nobody).get(f"/api/v1/{resource}/").status_code == 403


@pytest.mark.parametrize(
    ("resource", "factory"),
    [
        ("contacts", ContactFactory),
        ("accounts", AccountFactory),
        ("leads", LeadFactory),
    ],
)
def test_unowned_record_is_changed_by_whom_the_table_says(api, cast, resource, factory):
    record = factory()
    url = f"/api/v1/{resource}/{record.pk}/"
    for role, user in cast.by_role().items():
        got = api(user).patch(url, {"city": "Rome"}).status_code
        assert got == (200 if role in UNOWNED[resource] else 403), (role, got)


@pytest.fixture
def leads(cast):
    gone = LeadFactory(owner=cast.ben, team=cast.benelux)
    pk = gone.pk
    gone.delete()
    return {
        "own": LeadFactory(owner=cast.ben, team=cast.benelux).pk,
        "team": LeadFactory(owner=cast.sales_manager, team=cast.benelux).pk,
        "unowned": LeadFactory().pk,
        "other": LeadFactory(owner=cast.carl, team=cast.nordics).pk,
        "deleted": pk,
        "random": 10**15,
    }


# What a salesperson gets: (read, change, delete, assign).
SALESPERSON = {
    "own": (200, 200, 403, 200),
    "team": (200, 403, 403, 403),
    "unowned": (200, 403, 403, 403),
    "other": (404, 404, 404, 404),
    "deleted": (404, 404, 404, 404),
    "random": (404, 404, 404, 404),
}


@pytest.mark.parametrize("which", sorted(SALESPERSON))
def test_lead_by_every_door_of_the_api(api, cast, leads, which):
    client = api(cast.ben)
    url = f"/api/v1/leads/{leads[which]}/"
    got = (
        client.get(url).status_code,
        client.patch(url, {"city": "Rome"}).status_code,
        client.delete(url).status_code,
        client.post(f"{url}assign/", {"owner": cast.ben.pk}).status_code,
    )
    assert got == SALESPERSON[which]


def test_hidden_and_absent_answers_are_equal(api, cast, leads):
    client = api(cast.ben)
    hidden = client.get(f"/api/v1/leads/{leads['other']}/")
    absent = client.get(f"/api/v1/leads/{leads['random']}/")
    assert hidden.content == absent.content


def test_hidden_leads_leak_through_no_list(api, cast, leads):
    client = api(cast.ben)
    seen = {leads[name] for name in ("own", "team", "unowned")}
    page = client.get("/api/v1/leads/?count=exact").json()
    assert {row["id"] for row in page["results"]} == seen
    assert page["count"] == 3
    for query in ("ordering=name", f"id__in={leads['other']}", "search=interest"):
        rows = client.get(f"/api/v1/leads/?{query}").json()["results"]
        assert {row["id"] for row in rows} <= seen, query


def test_hidden_lead_cannot_be_spoken_of(api, cast, leads):
    client = api(cast.ben)
    for resource in ("activities", "notes"):
        body = {"regarding_type": "lead", "subject": "x", "body": "x"}
        body.pop("body" if resource == "activities" else "subject")
        answers = [
            client.post(f"/api/v1/{resource}/", {**body, "regarding_id": leads[which]})
            for which in ("other", "random")
        ]
        assert [answer.status_code for answer in answers] == [400, 400]
    assert not Activity.objects.exists()
    assert not Note.objects.exists()


def test_notes_and_activities_follow_what_they_are_about(api, cast, leads):
    carl = api(cast.carl)
    body = {"regarding_type": "lead", "regarding_id": leads["other"]}
    note = carl.post("/api/v1/notes/", {**body, "body": "Secret"}).json()
    call = carl.post("/api/v1/activities/", {**body, "subject": "Call"}).json()
    for path in (f"notes/{note['id']}/", f"activities/{call['id']}/"):
        assert carl.get(f"/api/v1/{path}").status_code == 200
        assert api(cast.ben).get(f"/api/v1/{path}").status_code == 404
        assert api(cast.sales_manager).get(f"/api/v1/{path}").status_code == 200
    mine = api(cast.ben).post(
        "/api/v1/activities/",
        {
            "regarding_type": "lead",
            "regarding_id": leads["own"],
            "subject": "Call",
            "owner": cast.carl.pk,
        },
    )
    assert mine.status_code == 201, mine.json()
    assert carl.get(f"/api/v1/activities/{mine.json()['id']}/").status_code == 200


def test_rights_are_read_at_every_request(api, cast, leads):
    client = api(cast.ben)
    url = f"/api/v1/leads/{leads['own']}/"
    assert client.patch(url, {"city": "Rome"}).status_code == 200
    cast.ben.roles.clear()
    assert client.patch(url, {"city": "Oslo"}).status_code == 403


def test_the_table_knows_every_role(cast):
    assert set(cast.by_role()) == ALL
