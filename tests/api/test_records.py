"""The API's manners on one kind of record."""

from __future__ import annotations

import base64
import json

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from core.api.models import ApiToken, IdempotencyKey
from crm.models import Contact, Lead
from tests.factories import ContactFactory, LeadFactory, TagFactory

pytestmark = pytest.mark.django_db


def attrs(response) -> set[str]:
    assert response.json()["type"] == "validation_error"
    return {error["attr"] for error in response.json()["errors"]}


def test_lead_is_made_read_changed_and_deleted(api, cast):
    client = api(cast.admin)
    made = client.post("/api/v1/leads/", {"topic": "Quote", "last_name": "Wong"})
    assert made.status_code == 201, made.json()
    assert made["ETag"] == '"1"'
    url = f"/api/v1/leads/{made.json()['id']}/"
    assert client.get(url).json() == made.json()
    changed = client.patch(url, {"city": "Rome"})
    assert changed.status_code == 200, changed.json()
    assert changed.json()["city"] == "Rome"
    assert changed.json()["version"] == 2
    assert client.delete(url).status_code == 204
    assert client.get(url).status_code == 404


def test_list_rows_and_details_carry_the_same_keys(api, cast):
    lead = LeadFactory()
    client = api(cast.ann)
    rows = client.get("/api/v1/leads/").json()["results"]
    assert rows == [client.get(f"/api/v1/leads/{lead.pk}/").json()]


def test_unknown_keys_are_refused_by_name(api, cast):
    answer = api(cast.ann).post("/api/v1/leads/", {"last_name": "W", "colour": "red"})
    assert answer.status_code == 400
    assert answer.json() == {
        "type": "validation_error",
        "errors": [
            {
                "code": "unknown_field",
                "detail": "There is no such field.",
                "attr": "colour",
            }
        ],
    }


def test_what_was_read_may_be_sent_back_but_not_otherwise(api, cast):
    client = api(cast.ann)
    contact = ContactFactory()
    url = f"/api/v1/contacts/{contact.pk}/"
    body = client.get(url).json()
    body["city"] = "Oslo"
    answer = client.put(url, body)
    assert answer.status_code == 200, answer.json()
    assert attrs(client.patch(url, {"version": 77, "state": "inactive"})) == {
        "version",
        "state",
    }


def test_lost_race_is_a_412(api, cast):
    client = api(cast.ann)
    contact = ContactFactory()
    url = f"/api/v1/contacts/{contact.pk}/"
    won = client.patch(url, {"city": "Oslo"}, headers={"If-Match": '"1"'})
    assert won.status_code == 200, won.json()
    lost = client.patch(url, {"city": "Rome"}, headers={"If-Match": '"1"'})
    assert lost.status_code == 412
    assert Contact.objects.get().city == "Oslo"
    assert client.delete(url, headers={"If-Match": "1"}).status_code == 412


def test_repeated_post_makes_one_record(api, cast):
    client = api(cast.ann)
    headers = {"Idempotency-Key": "order-1"}
    first = client.post("/api/v1/leads/", {"last_name": "W"}, headers=headers)
    second = client.post("/api/v1/leads/", {"last_name": "W"}, headers=headers)
    assert (first.status_code, first.json()) == (second.status_code, second.json())
    assert second["Idempotency-Replayed"] == "true"
    other = client.post("/api/v1/leads/", {"last_name": "X"}, headers=headers)
    assert other.status_code == 422
    assert Lead.objects.count() == 1


def test_refused_post_stores_no_key(api, cast):
    client = api(cast.ann)
    headers = {"Idempotency-Key": "order-2"}
    assert client.post("/api/v1/leads/", {}, headers=headers).status_code == 400
    assert not IdempotencyKey.objects.exists()
    good = client.post("/api/v1/leads/", {"last_name": "W"}, headers=headers)
    assert good.status_code == 201


@pytest.mark.parametrize(
    "ordering",
    ["created_at", "-created_at", "name", "-name", "sales_ready_at", "-sales_ready_at"],
)
def test_pages_show_every_row_once_both_ways(api, cast, ordering):
    for number in range(5):
        LeadFactory(sales_ready_at="2026-01-01T00:00:00Z" if number % 2 else None)
    client = api(cast.ann)
    url = f"/api/v1/leads/?page_size=2&ordering={ordering}"
    seen, previous = [], None
    while url:
        page = client.get(url).json()
        seen.append([row["id"] for row in page["results"]])
        url, previous = page["next"], page["previous"]
    flat = [pk for page in seen for pk in page]
    assert len(seen) == 3
    assert sorted(flat) == sorted(Lead.objects.values_list("pk", flat=True))
    back = client.get(previous).json()
    assert [row["id"] for row in back["results"]] == seen[1]


def test_count_is_given_when_asked_for(api, cast):
    LeadFactory.create_batch(3)
    client = api(cast.ann)
    assert "count" not in client.get("/api/v1/leads/").json()
    assert client.get("/api/v1/leads/?count=exact").json()["count"] == 3
    assert isinstance(client.get("/api/v1/leads/?count=estimated").json()["count"], int)


def test_filters_and_search_narrow_and_unknown_ones_are_refused(api, cast):
    TagFactory(name="VIP")
    wanted = LeadFactory(city="Rome", tags=["VIP"], topic="Contoso Conference")
    LeadFactory(state="qualified", status_reason="qualified")
    client = api(cast.ann)
    for query in (
        "state=open",
        "state__in=open,disqualified",
        "tag=vip",
        "search=conf contoso",
        f"email={wanted.email.upper()}",
        "orphaned=true&state=open",
    ):
        rows = client.get(f"/api/v1/leads/?{query}").json()["results"]
        assert [row["id"] for row in rows] == [wanted.pk], query
    assert client.get("/api/v1/leads/?colour=red").status_code == 400
    assert client.get("/api/v1/leads/?state=nope").status_code == 400
    assert client.get("/api/v1/leads/?ordering=nope").status_code == 400
    assert client.get("/api/v1/leads/?cursor=nope").status_code == 400
    assert client.get("/api/v1/leads/?page_size=201").status_code == 400
    assert client.get("/api/v1/leads/?search=a%00b").status_code == 400


def test_lookups_are_ids_and_expand_to_objects(api, cast):
    contact = ContactFactory()
    client = api(cast.ann)
    made = client.post(
        "/api/v1/leads/", {"last_name": "W", "parent_contact": contact.pk}
    ).json()
    assert made["parent_contact"] == contact.pk
    url = f"/api/v1/leads/{made['id']}/?expand=parent_contact,owner"
    shown = client.get(url).json()
    assert shown["parent_contact"]["email"] == contact.email
    assert shown["owner"]["username"] == "ann"
    assert client.get("/api/v1/leads/?expand=colour").status_code == 400
    bad = client.post("/api/v1/leads/", {"last_name": "W", "parent_contact": 10**15})
    assert attrs(bad) == {"parent_contact"}


@pytest.mark.parametrize(
    ("body", "attr"),
    [
        ({"last_name": "x" * 100_000}, "last_name"),
        ({"last_name": "W", "topic": "a\x00b"}, "topic"),
        ({"last_name": "W", "topic": "\ud800"}, "topic"),
        ({"last_name": "W", "custom": {"k": "\x00"}}, "custom.k"),
        ({"last_name": "W", "estimated_value": 1e40}, "estimated_value"),
        ({"last_name": "W", "number_of_employees": 10**30}, "number_of_employees"),
        ({"last_name": "W", "number_of_employees": -1}, "number_of_employees"),
        ({"last_name": "W", "email": "no at sign"}, "email"),
        ({"last_name": "W", "lead_source": "Pigeon"}, "lead_source"),
        ({"last_name": "W", "tags": ["Unknown"]}, "tags"),
        ({"last_name": "W", "owner": "me"}, "owner"),
    ],
)
def test_odd_input_is_a_400_that_names_the_field(api, cast, body, attr):
    answer = api(cast.ann).post(
        "/api/v1/leads/", data=json.dumps(body), content_type="application/json"
    )
    assert answer.status_code == 400
    assert attrs(answer) == {attr}
    assert not Lead.objects.exists()


@pytest.mark.parametrize(
    "raw",
    [
        b"{",
        b"[]",
        b'"text"',
        b"null",
        b'{"topic": NaN}',
        b'{"last_name": "W", "owner": 1e400}',
        b'{"last_name": "W", "estimated_value": -1e400}',
        b'{"topic": "a", "topic": "b"}',
        b"\xff\xfe",
        b"[" * 5_000,
        b'{"custom": ' + b"[" * 60 + b"]" * 60 + b"}",
        b'{"number_of_employees": ' + b"9" * 5_000 + b"}",
    ],
)
def test_broken_body_is_a_400(api, cast, raw):
    answer = api(cast.ann).post(
        "/api/v1/leads/", data=raw, content_type="application/json"
    )
    assert answer.status_code == 400, answer.content
    assert answer.json()["errors"]


def test_body_that_is_too_large_is_a_413(api, cast):
    answer = api(cast.ann).post("/api/v1/leads/", {"description": "x" * 1_000_001})
    assert answer.status_code == 413


def test_closed_lead_is_a_409(api, cast):
    lead = LeadFactory(state="qualified", status_reason="qualified")
    answer = api(cast.admin).patch(f"/api/v1/leads/{lead.pk}/", {"topic": "New"})
    assert answer.status_code == 409
    assert answer.json()["errors"][0]["code"] == "lead_closed"


@pytest.mark.parametrize(
    "path",
    ["leads/", "leads/?expand=parent_contact,owner", "contacts/", "activities/"],
)
def test_ten_rows_cost_the_queries_of_one(api, cast, path):
    client = api(cast.ben)

    def queries() -> int:
        with CaptureQueriesContext(
            connection,
        ) as found:
            assert client.get(f"/api/v1/{path}").status_code == 200
        return len(found)

    def add() -> None:
        LeadFactory(parent_contact=ContactFactory(), owner=cast.ben)
        client.post(
            "/api/v1/activities/",
            {
                "regarding_type": "lead",
                "regarding_id": Lead.objects.latest("pk").pk,
                "subject": "Call",
            },
        )

    add()
    one = queries()
    for _ in range(9):
        add()
    assert queries() == one


def test_tree_filters_a_list_and_a_broken_one_names_its_node(api, cast):
    wanted = LeadFactory(city="Rome")
    LeadFactory(city="Oslo")
    client = api(cast.ann)
    tree = {"and": [{"field": "city", "op": "eq", "value": "rome"}]}
    rows = client.get("/api/v1/leads/", {"query": json.dumps(tree)}).json()["results"]
    assert [row["id"] for row in rows] == [wanted.pk]
    tree["and"][0]["field"] = "colour"
    answer = client.get("/api/v1/leads/", {"query": json.dumps(tree)})
    assert answer.status_code == 400
    assert "and[0]" in answer.json()["errors"][0]["attr"]
    assert client.get("/api/v1/leads/?query={").status_code == 400


def test_query_schema_lists_what_can_be_reached(api, cast):
    found = api(cast.ann).get("/api/v1/query/schema/").json()["entities"]
    by_key = {entity["key"]: entity for entity in found}
    assert {"contact", "account", "lead", "interaction"} <= set(by_key)
    topic = next(f for f in by_key["lead"]["fields"] if f["name"] == "topic")
    assert "contains" in topic["operators"]


def test_token_opens_the_api_and_is_not_kept(client, cast, capsys):
    call_command("api_token", "integration")
    token = capsys.readouterr().out.strip()
    assert not ApiToken.objects.filter(digest=token).exists()
    headers = {"Authorization": f"Token {token}"}
    assert client.get("/api/v1/leads/", headers=headers).status_code == 200
    wrong = client.get("/api/v1/leads/", headers={"Authorization": "Token nope"})
    assert wrong.status_code == 401
    assert wrong.json()["errors"][0]["code"] == "authentication_failed"
    cast.integration.roles.clear()
    assert client.get("/api/v1/leads/", headers=headers).status_code == 403
    cast.integration.is_active = False
    cast.integration.save()
    assert client.get("/api/v1/leads/", headers=headers).status_code == 401


def test_session_needs_the_csrf_token(cast):
    strict = APIClient(enforce_csrf_checks=True)
    strict.force_login(cast.ann, backend="django.contrib.auth.backends.ModelBackend")
    assert strict.post("/api/v1/leads/", {"last_name": "W"}).status_code == 403


@pytest.mark.parametrize("ordering", ["estimated_value", "-estimated_value", "-id"])
def test_pages_show_every_row_once_and_the_empty_ones_last(api, cast, ordering):
    for value in (None, 5, 5, None, 1, None, 9):
        LeadFactory(estimated_value=value)
    client = api(cast.ann)
    seen, url = [], f"/api/v1/leads/?ordering={ordering}&page_size=2"
    while url:
        page = client.get(url).json()
        seen += page["results"]
        url, last = page["next"], page
    assert len({row["id"] for row in seen}) == len(seen) == 7
    if ordering != "-id":
        assert [row["estimated_value"] for row in seen[4:]] == [None] * 3
    back = list(last["results"])
    while last["previous"]:
        last = client.get(last["previous"]).json()
        back = last["results"] + back
    assert [row["id"] for row in back] == [row["id"] for row in seen]


@pytest.mark.parametrize(
    ("ordering", "place"),
    [
        ("-id", [None, 2**63, False]),
        ("-id", [None, "1", False]),
        ("name", [None, 1, False]),
        ("name", ["a\x00b", 1, False]),
        ("closed_at", ["yesterday", 1, False]),
        ("name", ["a", 1]),
        ("name", {"a": 1}),
    ],
)
def test_a_cursor_we_never_wrote_is_refused(api, cast, ordering, place):
    text = base64.urlsafe_b64encode(json.dumps(place).encode()).decode()
    url = f"/api/v1/leads/?ordering={ordering}&cursor={text.rstrip('=')}"
    answer = api(cast.ann).get(url)
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["attr"] == "cursor"
