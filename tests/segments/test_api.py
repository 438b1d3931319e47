"""Segments over the API."""

from __future__ import annotations

import pytest

from tests.factories import ContactFactory, LeadFactory

pytestmark = pytest.mark.django_db
ROME = {"from": "contact", "where": {"field": "city", "op": "eq", "value": "Rome"}}
URL = "/api/v1/segments/"


def test_segment_is_made_previewed_and_goes_live(api, cast):
    contact = ContactFactory(city="Rome")
    client = api(cast.ann)
    preview = client.post(f"{URL}preview/", {"definition": ROME}, format="json")
    assert preview.status_code == 200, preview.content
    assert preview.json()["count"] == preview.json()["mailable"] == 1
    assert preview.json()["sample"][0]["id"] == contact.pk

    made = client.post(URL, {"name": "Romans", "definition": ROME}, format="json")
    assert made.status_code == 201, made.content
    address = f"{URL}{made.json()['id']}/"
    live = client.post(f"{address}go-live/")
    assert (live.status_code, live.json()["member_count"]) == (200, 1)
    members = client.get(f"{address}members/").json()
    assert [row["id"] for row in members["results"]] == [contact.pk]
    why = client.get(f"{address}why/", {"contact": contact.pk}).json()
    assert (why["member"], why["result"], why["tree"]["result"]) == (True, True, True)


@pytest.mark.parametrize(
    ("definition", "attr"),
    [
        ({"from": "contact", "where": {"field": "shoe", "op": "blank"}}, "where.field"),
        ({"from": "lead"}, "from"),
        ([], None),
    ],
)
def test_broken_preview_names_the_place(api, cast, definition, attr):
    answer = api(cast.ann).post(
        f"{URL}preview/", {"definition": definition}, format="json"
    )
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["attr"] == attr


def test_block_that_does_not_end_on_contacts_says_which_relation_to_add(api, cast):
    LeadFactory()
    answer = api(cast.ann).post(
        f"{URL}preview/", {"definition": {"from": "lead"}}, format="json"
    )
    assert "parent_contact" in answer.json()["errors"][0]["detail"]


class TestStaticMembers:
    def make(self, api, cast):
        client = api(cast.ann)
        made = client.post(URL, {"name": "Picked", "kind": "static"}, format="json")
        return f"{URL}{made.json()['id']}/members/"

    @pytest.mark.parametrize(
        ("who", "status"),
        [("ann", 200), ("ben", 200), ("sales_manager", 200), ("reader", 403)],
    )
    def test_whoever_may_add_members_needs_no_right_on_the_segment(
        self, api, cast, who, status
    ):
        address = self.make(api, cast)
        body = {"add": [ContactFactory().pk]}
        answer = api(getattr(cast, who)).post(address, body, format="json")
        assert answer.status_code == status, answer.content

    def test_dynamic_segment_takes_no_members_by_hand(self, api, cast):
        client = api(cast.ann)
        made = client.post(URL, {"name": "Romans", "definition": ROME}, format="json")
        address = f"{URL}{made.json()['id']}/members/"
        answer = client.post(address, {"add": [ContactFactory().pk]}, format="json")
        assert (answer.status_code, answer.json()["errors"][0]["code"]) == (
            409,
            "not_static",
        )


@pytest.mark.parametrize(
    ("who", "create", "publish"),
    [
        ("admin", 201, 200),
        ("marketing_manager", 201, 200),
        ("ann", 201, 200),
        ("ben", 403, 403),
        ("sales_manager", 403, 403),
        ("reader", 403, 403),
    ],
)
def test_who_may_make_and_publish(api, cast, who, create, publish):
    client = api(getattr(cast, who))
    body = {"name": "Romans", "definition": ROME}
    assert client.post(URL, body, format="json").status_code == create
    other = api(cast.admin).post(
        URL, {"name": "Other", "definition": ROME, "owner": cast.ann.pk}, format="json"
    )
    address = f"{URL}{other.json()['id']}/go-live/"
    assert client.post(address).status_code == publish


OSLO = {"from": "contact", "where": {"field": "city", "op": "eq", "value": "Oslo"}}


def test_changes_are_compared_published_and_taken_back(api, cast):
    ContactFactory(city="Rome")
    oslo = ContactFactory(city="Oslo")
    client = api(cast.ann)
    made = client.post(URL, {"name": "Romans", "definition": ROME}, format="json")
    address = f"{URL}{made.json()['id']}/"
    client.post(f"{address}go-live/")
    assert client.get(f"{address}difference/").status_code == 409
    shown = client.patch(address, {"definition": OSLO}, format="json").json()
    assert shown["definition"] == ROME
    assert (shown["draft"]["definition"], shown["draft"]["by"]) == (OSLO, cast.ann.pk)
    # What was read may be sent back as it is.
    assert client.put(address, shown, format="json").status_code == 200

    found = client.get(f"{address}difference/").json()
    assert (found["entering"], found["leaving"], found["after"]) == (1, 1, 1)
    entering = client.get(f"{address}difference/contacts/").json()["results"]
    assert [row["id"] for row in entering] == [oslo.pk]
    wrong = client.get(f"{address}difference/contacts/", {"way": "sideways"})
    assert wrong.status_code == 400

    assert client.post(f"{address}publish/").json()["draft"] is None
    versions = client.get(f"{address}versions/").json()["results"]
    assert [row["number"] for row in versions] == [2, 1]
    body = {"number": 1}
    back = client.post(f"{address}return-to-version/", body, format="json")
    assert back.json()["draft"]["definition"] == ROME
    assert client.post(f"{address}discard/").json()["draft"] is None
    refused = client.post(f"{address}discard/")
    assert (refused.status_code, refused.json()["errors"][0]["code"]) == (
        409,
        "no_changes",
    )


def test_compound_segment_is_written_as_a_flow(api, cast):
    client = api(cast.ann)
    parts = []
    for name, tree in (("A", ROME), ("B", OSLO)):
        made = client.post(URL, {"name": name, "definition": tree}, format="json")
        parts.append(made.json()["id"])
        client.post(f"{URL}{parts[-1]}/go-live/")
    flow = [{"segment": parts[0]}, {"join": "except", "segment": parts[1]}]
    body = {"name": "Both", "kind": "compound", "flow": flow}
    made = client.post(URL, body, format="json").json()
    assert made["definition"] == {"except": [{"segment": pk} for pk in parts]}
    assert made["flow"] == [{"join": "union", **flow[0]}, flow[1]]
    # Stopping a part is refused until somebody says that they know.
    client.post(f"{URL}{made['id']}/go-live/")
    stop = f"{URL}{parts[0]}/stop/"
    refused = client.post(stop)
    assert (refused.status_code, refused.json()["errors"][0]["code"]) == (409, "in_use")
    known = client.post(stop, {"ignore_uses": True}, format="json")
    assert known.status_code == 200
