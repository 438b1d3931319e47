"""The pages of segments: who reaches what, what the buttons do, how many queries."""

from __future__ import annotations

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from core.journal.services import acting
from segments.models import Membership, Segment, SegmentException
from segments.services.lifecycle import segment_create, segment_update
from segments.services.membership import members_change
from tests.factories import CampaignFactory, ContactFactory
from tests.segments.conftest import members
from workflows.services.definition import workflow_activate, workflow_create

pytestmark = pytest.mark.django_db
ALL = {"from": "contact"}
BROKEN = {"from": "contact", "where": {"and": [{"field": "shoe_size", "op": "eq"}]}}


@pytest.fixture
def browse(cast):
    """`browse(user)` is a browser signed in as this user."""

    def client(user):
        signed_in = Client()
        signed_in.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        return signed_in

    return client


@pytest.fixture
def make(cast):
    def create(name="Guests", user=None, **data):
        with acting(cast.ann, via="test"):
            return segment_create(user=user or cast.ann, name=name, **data)

    return create


PAGES = ["", "members/", "history/", "usage/"]


@pytest.mark.parametrize("part", PAGES)
def test_every_role_that_reads_segments_sees_the_page(cast, browse, live, part):
    segment = live(ALL, name="Everybody")
    for role, user in cast.by_role().items():
        answer = browse(user).get(f"/segments/{segment.pk}/{part}")
        assert (role, answer.status_code) == (role, 200)
    assert browse(cast.nobody).get(f"/segments/{segment.pk}/{part}").status_code == 403
    assert Client().get(f"/segments/{segment.pk}/{part}").status_code == 302
    assert browse(cast.ann).get(f"/segments/999999/{part}").status_code == 404


def test_only_who_may_sees_the_buttons_and_can_press_them(cast, browse, make):
    segment = make(definition=ALL)
    url = f"/segments/{segment.pk}/"
    for user in (cast.ben, cast.reader, cast.sales_manager, cast.integration):
        assert "Go live" not in browse(user).get(url).content.decode()
        for deed in ("go-live", "stop", "delete"):
            assert browse(user).post(f"{url}do/{deed}/").status_code == 403
        assert browse(user).get(f"{url}edit/").status_code == 403
    assert "Go live" in browse(cast.ann).get(url).content.decode()
    assert browse(cast.ann).post(f"{url}do/dance/").status_code == 404


def test_a_segment_lives_through_its_buttons(cast, browse, make):
    contact = ContactFactory()
    segment, ann = make(definition=ALL), browse(cast.ann)
    url = f"/segments/{segment.pk}/do/"
    said = ann.post(f"{url}go-live/", follow=True).content.decode()
    assert "Live in 0.1 s: 1 contact." in said
    assert members(segment) == {contact.pk}
    assert "0 in, 0 out" in ann.post(f"{url}refresh/", follow=True).content.decode()
    ann.post(f"{url}stop/")
    segment.refresh_from_db()
    assert segment.state == "stopped"
    ann.post(f"{url}duplicate/")
    copy = Segment.objects.get(name="Guests (copy)")
    assert (copy.state, copy.definition) == ("draft", ALL)
    ann.post(f"{url}delete/")
    assert not Segment.objects.filter(pk=segment.pk).exists()


def test_delete_is_refused_with_the_reason(cast, browse, live, make):
    segment = live(ALL, name="Everybody")
    make("On top", definition={"except": [ALL, {"segment": segment.pk}]})
    page = browse(cast.ann).post(f"/segments/{segment.pk}/do/delete/", follow=True)
    assert "It is used by: On top (segment)." in page.content.decode()
    used = browse(cast.ann).get(f"/segments/{segment.pk}/usage/").content.decode()
    assert "On top" in used


def test_going_live_broken_says_where(cast, browse, make):
    segment = make(definition=BROKEN)
    answer = browse(cast.ann).post(f"/segments/{segment.pk}/do/go-live/")
    assert answer["Location"].endswith("?at=where.and%5B0%5D.field")
    segment.refresh_from_db()
    assert segment.state == "draft"


def test_form_creates_both_types(cast, browse):
    ann = browse(cast.ann)
    shared = {"time_zone": "Europe/Amsterdam", "scope": "organisation"}
    ann.post("/segments/new/", {"name": "A", "kind": "dynamic", **shared})
    ann.post("/segments/new/", {"name": "B", "kind": "static", **shared})
    dynamic, static = Segment.objects.order_by("name")
    assert dynamic.definition == {"from": "contact", "where": {"and": []}}
    assert (static.definition, static.owner) == ({}, cast.ann)
    assert ann.get(f"/segments/{static.pk}/")["Location"].endswith("/members/")
    again = ann.post("/segments/new/", {"name": "A", "kind": "dynamic", **shared})
    assert again.status_code == 422


def test_type_is_fixed_after_going_live(cast, browse, live):
    segment = live(ALL)
    page = browse(cast.ann).get(f"/segments/{segment.pk}/edit/").content.decode()
    assert 'name="kind"' not in page


def test_sentence_follows_the_definition_and_the_names_in_it(cast, live, make):
    base = live(ALL, name="Everybody")
    top = make("Top", definition={"except": [ALL, {"segment": base.pk}]})
    assert 'segment "Everybody"' in top.sentence
    with acting(cast.ann, via="test"):
        segment_update(segment_id=base.pk, name="Anybody")
    top.refresh_from_db()
    assert 'segment "Anybody"' in top.sentence
    assert make("Bad", definition=BROKEN).sentence == ""


@pytest.mark.parametrize("path", ["/segments/?view=all", "/segments/?view=all&q=seg"])
def test_list_asks_as_much_for_ten_as_for_one(cast, browse, live, path):
    ann = browse(cast.ann)
    first = live(ALL, name="Segment one")
    with CaptureQueriesContext(
        connection,
    ) as one:
        ann.get(path)
    for number in range(9):
        live({"except": [ALL, {"segment": first.pk}]}, name=f"Segment {number}")
    with CaptureQueriesContext(connection) as ten:
        page = ann.get(path).content.decode()
    assert page.count("<tr>") == 11
    assert len(ten) == len(one)


def test_members_ask_as_much_for_ten_as_for_one(cast, browse, live):
    ContactFactory()
    segment = live(ALL)
    url, ann = f"/segments/{segment.pk}/members/", browse(cast.ann)
    ann.get(url)
    with CaptureQueriesContext(connection) as one:
        ann.get(url)
    added = ContactFactory.create_batch(9)
    Membership.objects.bulk_create(
        Membership(segment=segment, contact=contact) for contact in added
    )
    with CaptureQueriesContext(connection) as ten:
        page = ann.get(url).content.decode()
    assert page.count("<tr>") == 11
    assert len(ten) == len(one)


def test_members_are_searched_sorted_and_exported(cast, browse, live):
    ContactFactory(first_name="Maartje", last_name="Bakker", city="Delft")
    ContactFactory(first_name="=Pieter", last_name="Aerts", city="Gent")
    segment, ann = live(ALL), browse(cast.ann)
    url = f"/segments/{segment.pk}/members/"
    assert "Maartje" not in ann.get(url, {"q": "pieter"}).content.decode()
    page = ann.get(url, {"sort": "-since"}).content.decode()
    assert "Maartje" in page
    lines = b"".join(ann.get(url, {"part": "export"}).streaming_content).decode()
    assert "In since" in lines
    assert "'=Pieter" in lines


def test_contact_is_added_and_taken_out_by_hand(cast, browse, make):
    contact, segment = ContactFactory(), make(kind="static")
    url = f"/segments/{segment.pk}/members/"
    for user in (cast.reader, cast.integration):
        answer = browse(user).post(f"{url}add/", {"contact": contact.pk})
        assert answer.status_code == 403
    # A salesperson has no right to edit segments, but to fill static ones.
    browse(cast.ben).post(f"{url}add/", {"contact": contact.pk})
    row = Membership.objects.get(segment=segment)
    assert (row.contact, row.added_by) == (contact, cast.ben)
    form = {"action": "segment_out", "ids": [contact.pk]}
    assert browse(cast.reader).post(url, form).status_code == 403
    assert browse(cast.ben).post(url, form).status_code == 204
    assert members(segment) == set()


def test_dynamic_segment_is_not_filled_by_hand(cast, browse, live):
    contact = ContactFactory()
    segment = live({"from": "contact", "where": {"or": []}})
    answer = browse(cast.ann).post(
        f"/segments/{segment.pk}/members/add/", {"contact": contact.pk}
    )
    assert answer.status_code == 403
    assert members(segment) == set()


def test_exception_holds_until_it_is_lifted(cast, browse, live):
    contact = ContactFactory()
    segment, ann = live({"from": "contact", "where": {"or": []}}), browse(cast.ann)
    url = f"/segments/{segment.pk}/exceptions/"
    form = {"contact": contact.pk, "mode": "always", "reason": "Our partner"}
    assert browse(cast.ben).post(url, form).status_code == 403
    ann.post(url, form)
    assert members(segment) == {contact.pk}
    shown = ann.get(f"/segments/{segment.pk}/members/").content.decode()
    assert "Our partner" in shown
    ann.post(url, {"contact": contact.pk, "lift": "1"})
    assert not SegmentException.objects.exists()
    assert members(segment) == set()


def test_contact_page_shows_and_changes_segments(cast, browse, make):
    contact, segment = ContactFactory(), make(kind="static", description="Dinner")
    other = make("Other")
    ben = browse(cast.ben)
    url = f"/contacts/{contact.pk}/segments/"
    dialog = ben.get(f"{url}add/").content.decode()
    assert "Dinner" in dialog
    assert "Other" not in dialog
    assert ben.post(f"{url}add/", {"segments": [other.pk]}).status_code == 422
    ben.post(f"{url}add/", {"segments": [segment.pk]}, headers={"HX-Request": "true"})
    page = ben.get(f"/contacts/{contact.pk}/").content.decode()
    assert "in since" in page
    ben.post(f"{url}remove/", {"segments": [segment.pk]})
    assert members(segment) == set()
    assert browse(cast.reader).get(f"{url}add/").status_code == 403
    hidden = browse(cast.reader).get(f"/contacts/{contact.pk}/").content.decode()
    assert "Add to segment" not in hidden


def test_selection_goes_into_segments(cast, browse, make):
    contacts, segment = ContactFactory.create_batch(3), make(kind="static")
    form = {
        "action": "segment_add",
        "ids": [contact.pk for contact in contacts],
        "segments": [segment.pk],
    }
    assert browse(cast.reader).post("/contacts/", form).status_code == 403
    assert browse(cast.ben).post("/contacts/", form).status_code == 204
    assert members(segment) == {contact.pk for contact in contacts}


def test_timeline_and_search_know_segments(cast, browse, make):
    contact, segment = ContactFactory(), make("Spring dinner", kind="static")
    with acting(cast.ann, via="test"):
        members_change(segment_id=segment.pk, add=[contact.pk])
    page = browse(cast.ann).get(f"/contacts/{contact.pk}/").content.decode()
    assert "Entered segment" in page
    found = browse(cast.ann).get("/search/", {"q": "spring d"}).content.decode()
    assert f"/segments/{segment.pk}/" in found


def test_history_tells_conditions_in_words(cast, browse, make):
    segment = make(definition=ALL)
    with acting(cast.ann, via="test"):
        segment_update(
            segment_id=segment.pk,
            definition={
                "from": "contact",
                "where": {"field": "city", "op": "eq", "value": "Rome"},
            },
        )
    page = browse(cast.ann).get(f"/segments/{segment.pk}/history/").content.decode()
    assert "Contacts where city is Rome." in page
    assert "&quot;from&quot;" not in page


def test_counts_need_the_right_to_make_segments(cast, api):
    ContactFactory(city="Rome")
    where = {"and": [{"field": "city", "op": "eq", "value": "rome"}]}
    body = {"definition": {"from": "contact", "where": where}}
    answer = api(cast.ann).post("/api/v1/segments/counts/", body, format="json")
    assert answer.json()["tree"]["where"]["and"][0]["rows"] == 1
    refused = api(cast.ben).post("/api/v1/segments/counts/", body, format="json")
    assert refused.status_code == 403
    body = {"definition": BROKEN}
    answer = api(cast.ann).post("/api/v1/segments/counts/", body, format="json")
    assert answer.json()["errors"][0]["attr"] == "where.and[0].field"


def test_schema_serves_the_designer(cast, api):
    found = api(cast.ann).get("/api/v1/query/schema/").json()
    words = {each["name"]: each["label"] for each in found["operators"]}
    assert words["within_last"] == "is within the last"
    assert "days" in found["units"]
    assert "this_month" in found["periods"]
    assert found["limits"]["depth"] == 10


def test_commands_refresh_and_explain(cast, live, make, capsys):
    contact = ContactFactory()
    segment = live(ALL, name="Everybody")
    call_command("segment_refresh")
    assert "Everybody: 0 in, 0 out" in capsys.readouterr().out
    call_command("segment_explain", segment.pk, contact=contact.pk)
    told = capsys.readouterr().out
    assert "All contacts." in told
    assert '"member": true' in told
    with pytest.raises(CommandError, match=r"where\.and"):
        call_command("segment_explain", make("Bad", definition=BROKEN).pk)


def test_admin_goes_live_and_stops_by_services(cast, browse, make):
    segment = make(definition=ALL)
    url, boss = "/admin/segments/segment/", browse(cast.admin)
    form = {"action": "go_live", "_selected_action": [segment.pk]}
    assert boss.post(url, form).status_code == 302
    segment.refresh_from_db()
    assert segment.state == "live"
    boss.post(url, {**form, "action": "stop"})
    segment.refresh_from_db()
    assert segment.state == "stopped"


def test_dialog_warns_of_what_a_segment_feeds(cast, browse, make):
    campaign = CampaignFactory(name="Spring fair")
    picked = make("Dinner", kind="static", description="Who comes", campaign=campaign)
    with acting(cast.admin, via="test"):
        workflow = workflow_create(
            user=cast.admin,
            name="Send the menu",
            entity="contact",
            on_events=["segment.entered"],
            on_segments=[picked.pk],
            steps=[{"type": "stop", "params": {}}],
        )
        workflow_activate(workflow_id=workflow.pk, user=cast.admin)
    url = f"/contacts/{ContactFactory().pk}/segments/add/"
    dialog = browse(cast.ann).get(url).content.decode()
    assert "Who comes" in dialog
    assert "Campaign: Spring fair" in dialog
    assert "At work now: Send the menu (workflow)" in dialog
    # A salesperson does not see workflows, and is warned all the same.
    assert "At work now: 1 workflow" in browse(cast.ben).get(url).content.decode()
    panel = {"part": "bulk", "action": "segment_add", "ids": [1]}
    bulk = browse(cast.ben).get("/contacts/", panel).content.decode()
    assert "At work now: 1 workflow" in bulk
    used = browse(cast.admin).get(f"/segments/{picked.pk}/usage/").content.decode()
    assert "Send the menu" in used
