"""Processes, reasons and parties through the API, the settings and the admin."""

from __future__ import annotations

import json

import pytest
from django.urls import reverse
from rest_framework.test import APIClient

from core.journal.models import Entry
from crm.models import Lead, LeadParty, Process, StatusReason
from crm.services.lead_lifecycle import lead_disqualify
from sales.processes.designer import stages_changed, stages_typed
from sales.services.opportunities import opportunity_create, opportunity_update
from tests.factories import (
    AccountFactory,
    ActivityFactory,
    ContactFactory,
    LeadFactory,
)

pytestmark = pytest.mark.django_db


def api(user):
    client = APIClient()
    client.force_authenticate(user)
    return client


STAGES = [
    {"name": "Meet", "entity": "lead", "steps": [{"label": "Shook hands"}]},
    {
        "name": "Agree",
        "entity": "lead",
        "hands_over_to": "sales",
        "steps": [{"label": "Who", "field": "owner", "required": True}],
    },
]


def test_an_administrator_defines_a_process_and_a_lead_goes_through_it(cast):
    boss, lead = api(cast.admin), LeadFactory(owner=cast.ben, team=cast.benelux)
    made = boss.post(
        "/api/v1/processes/",
        {"key": "partner", "name": "Partner leads", "stages": STAGES},
        format="json",
    )
    assert made.status_code == 201, made.data
    assert [stage["key"] for stage in made.data["stages"]] == ["meet", "agree"]
    url = f"/api/v1/leads/{lead.pk}/"
    ben = api(cast.ben)
    said = ben.post(f"{url}move/", {"move": "switch", "process": "partner"})
    assert (said.data["process"], said.data["stage"]) == ("partner", "meet")
    said = ben.post(f"{url}steps/", {"values": {"shook_hands": True}}, format="json")
    assert said.data["stages"][0]["steps"][0]["value"] is True
    said = ben.post(f"{url}move/", {"move": "next", "from_stage": "meet"})
    assert (said.data["process"], said.data["stage"]) == ("sales", "agree")
    assert [s["name"] for s in said.data["stages"]][:2] == ["Agree", "Qualify"]
    lead.refresh_from_db()
    assert lead.sales_ready
    assert len(ben.get(f"{url}process/").data["history"]) == 2
    rows = ben.get("/api/v1/leads/", {"stage": "agree", "process": "sales"})
    assert [row["id"] for row in rows.data["results"]] == [lead.pk]
    asked = {"from": "lead", "where": {"field": "stage", "op": "eq", "value": "agree"}}
    found = ben.get("/api/v1/leads/", {"query": json.dumps(asked)})
    assert [row["id"] for row in found.data["results"]] == [lead.pk]
    gone = boss.patch(
        f"/api/v1/processes/{made.data['id']}/",
        {"stages": STAGES[:1]},
        format="json",
    )
    assert gone.status_code in (200, 409)


@pytest.mark.parametrize(
    ("stages", "attr"),
    [
        ([], "stages"),
        ([{"name": ""}], "stages.0.name"),
        ([{"name": "A", "entity": "contact"}], "stages.0.entity"),
        ([{"name": "A"}, {"name": "A"}], "stages"),
        (
            [{"name": "A", "steps": [{"label": "x", "field": "password"}]}],
            "stages.0.steps.0.field",
        ),
        (
            [{"name": "A", "steps": [{"label": "x", "moves_to": "b"}]}],
            "stages.0.steps.0.moves_to",
        ),
        ([{"name": "A", "entity": "opportunity"}, {"name": "B"}], "stages"),
        ([{"name": "A", "hands_over_to": "nobody"}], "stages.0.hands_over_to"),
        ("nonsense", "stages"),
    ],
)
def test_a_wrong_definition_is_refused_at_its_place(stages, attr, cast):
    sent = {"key": "p", "name": "P", "stages": stages}
    answer = api(cast.admin).post("/api/v1/processes/", sent, format="json")
    assert answer.status_code == 400
    assert attr in {each["attr"] for each in answer.json()["errors"]}


def test_a_stage_in_which_leads_stand_does_not_go_away(cast):
    LeadFactory(stage="teleprospecting_acceptance")
    row = Process.objects.get(key="marketing")
    keep = [s for s in row.stages if s["key"] != "teleprospecting_acceptance"]
    for stage in keep:
        for step in stage["steps"]:
            step["moves_to"] = ""
    boss, url = api(cast.admin), f"/api/v1/processes/{row.pk}/"
    answer = boss.patch(url, {"stages": keep}, format="json")
    assert answer.status_code == 409
    assert answer.json()["errors"][0]["code"] == "stage_in_use"
    Lead.objects.update(stage="inquiry")
    assert boss.patch(url, {"stages": keep}, format="json").status_code == 200
    needed = [s for s in keep if s["key"] != "sales_acceptance"]
    assert boss.patch(url, {"stages": needed}, format="json").status_code == 409
    assert boss.delete(url).status_code == 409


def test_a_move_says_what_it_lacks(cast):
    lead = LeadFactory(owner=cast.ben, team=cast.benelux)
    url, ben = f"/api/v1/leads/{lead.pk}/move/", api(cast.ben)
    assert ben.post(url, {"move": "enter"}).status_code == 400
    assert ben.post(url, {"move": "next", "process": "x"}).status_code == 400
    assert ben.post(url, {"move": "enter", "stage": "nowhere"}).status_code == 400
    assert ben.post(url, {"move": "fly"}).status_code == 400
    stale = ben.post(url, {"move": "next"}, HTTP_IF_MATCH='"99"')
    assert stale.status_code == 412
    assert api(cast.reader).post(url, {"move": "next"}).status_code == 403
    assert api(cast.carl).post(url, {"move": "next"}).status_code == 404


def test_bar_and_board_move_together(cast):
    row = opportunity_create(user=cast.ben, values={"name": "Pilot"})
    url = f"/api/v1/opportunities/{row.pk}/move/"
    assert api(cast.ben).post(url, {"move": "next"}).data["stage"] == "propose"
    row.refresh_from_db()
    assert (row.stage, row.probability) == ("propose", 60)
    opportunity_update(opportunity_id=row.pk, user=cast.ben, values={"stage": "close"})
    row.refresh_from_db()
    assert row.process_stage == "close"


def test_status_reasons_over_the_api(cast):
    sent = {
        "entity": "lead",
        "state": "disqualified",
        "value": "no_budget",
        "label": "No budget",
    }
    made = api(cast.admin).post("/api/v1/status-reasons/", sent)
    assert made.status_code == 201
    assert api(cast.ann).post("/api/v1/status-reasons/", sent).status_code == 403
    lead = LeadFactory(owner=cast.ben, team=cast.benelux)
    said = api(cast.ben).post(
        f"/api/v1/leads/{lead.pk}/disqualify/", {"status_reason": "no_budget"}
    )
    assert (said.status_code, said.data["status_reason"]) == (200, "no_budget")


def test_people_and_accounts_of_a_lead_also_of_a_closed_one(cast):
    lead = LeadFactory(owner=cast.ben, team=cast.benelux)
    person, firm = ContactFactory(), AccountFactory()
    lead_disqualify(lead_id=lead.pk, user=cast.ben)
    ben, url = api(cast.ben), f"/api/v1/leads/{lead.pk}/"
    made = ben.post(f"{url}associate/", {"contact": person.pk, "role": "Influencer"})
    assert made.status_code == 200, made.data
    again = ben.post(f"{url}associate/", {"contact": person.pk, "role": "Influencer"})
    assert again.status_code == 400
    ben.post(f"{url}associate/", {"account": firm.pk, "role": "Partner"})
    assert ben.post(f"{url}associate/", {"role": "Partner"}).status_code == 400
    names = [row["role"] for row in ben.get(f"{url}parties/").data]
    assert names == ["Influencer", "Partner"]
    told = Entry.objects.filter(name="lead_party.created", lead_id=lead.pk)
    assert told.count() == 2
    asked = {
        "from": "lead",
        "where": {
            "related": "parties",
            "where": {"field": "role", "op": "eq", "value": "partner"},
        },
    }
    found = ben.get("/api/v1/leads/", {"query": json.dumps(asked)})
    assert [row["id"] for row in found.data["results"]] == [lead.pk]
    ben.post(f"{url}disassociate/", {"party": made.data["id"]})
    assert LeadParty.objects.count() == 1
    reader = api(cast.reader)
    assert reader.post(f"{url}disassociate/", {"party": 1}).status_code == 403


def test_a_lead_out_of_a_contact_and_out_of_a_call(cast):
    person = ContactFactory(first_name="Ada", last_name="Byron", email="a@b.example")
    LeadFactory(parent_contact=person, lead_source="Web")
    ben = api(cast.ben)
    made = ben.post(f"/api/v1/contacts/{person.pk}/create-lead/", {"topic": "More"})
    assert made.status_code == 201, made.data
    assert made.data["parent_contact"] == person.pk
    assert (made.data["last_name"], made.data["lead_source"]) == ("Byron", "Web")
    assert (made.data["process"], made.data["stage"]) == ("sales", "qualify")
    call = ActivityFactory(
        kind="phone_call",
        subject="Wants a quote",
        regarding_type="contact",
        regarding_id=person.pk,
        contact=person,
    )
    made = ben.post(f"/api/v1/activities/{call.pk}/create-lead/", {})
    assert (made.status_code, made.data["topic"]) == (201, "Wants a quote")
    call.refresh_from_db()
    assert call.lead_id == made.data["id"]
    assert (
        api(cast.reader).post(f"/api/v1/contacts/{person.pk}/create-lead/").status_code
        == 403
    )


def test_the_designer_adds_moves_and_saves(client, cast):
    client.force_login(cast.admin)
    url = reverse("process_create")
    page = client.post(url, {"name": "Partner", "do": "add_stage"}).content.decode()
    assert "stage-0-name" in page
    typed = {
        "name": "Partner",
        "active": "on",
        "stages": "1",
        "stage-0-name": "Meet",
        "stage-0-entity": "lead",
        "stage-0-steps": "1",
        "stage-0-step-0-label": "Budget known",
        "stage-0-step-0-field": "budget",
        "stage-0-step-0-required": "on",
    }
    assert client.post(url, typed | {"stage-0-name": ""}).status_code == 422
    assert client.post(url, typed).status_code == 302
    made = Process.objects.get(key="partner")
    assert made.stages[0]["steps"][0]["required"] is True
    client.force_login(cast.ann)
    assert client.get(url).status_code == 403
    assert client.get(reverse("process_list")).status_code == 200


def test_buttons_of_the_designer_change_what_was_typed():
    typed = {"stages": "2", "stage-0-name": "A", "stage-1-name": "B"}
    stages = stages_changed(stages_typed(typed), "down:0")
    assert [stage["name"] for stage in stages] == ["B", "A"]
    stages = stages_changed(stages, "add_step:1")
    assert len(stages[1]["steps"]) == 1
    assert len(stages_changed(stages, "remove_step:1:0")[1]["steps"]) == 0
    assert len(stages_changed(stages, "remove:0")) == 1
    assert len(stages_changed(stages, "remove:9")) == 1


def test_reasons_are_added_and_retired_on_their_page(client, cast):
    client.force_login(cast.admin)
    url = reverse("status_reason_list")
    sent = {"entity": "lead", "state": "disqualified", "label": "No budget"}
    client.post(url, sent)
    row = StatusReason.objects.get(value="no_budget")
    client.post(url, {"reason": row.pk, "label": "Too dear"})
    row.refresh_from_db()
    assert (row.label, row.active) == ("Too dear", False)
    client.force_login(cast.ben)
    assert client.post(url, sent).status_code == 403
