"""What ben may not see does not exist for him, by whatever door he asks.

Carl, of another team, has a lead and an opportunity of a person whom everybody sees.
Their names hold a word that must stand in no answer ben gets.
"""

from __future__ import annotations

import json

import pytest
from django.contrib import admin
from django.urls import reverse

from core.journal.models import Entry
from core.journal.services import acting
from crm.services.activities import activity_log, note_add
from sales.services.lead_qualify import lead_qualify
from sales.services.opportunities import opportunity_update
from tests.conftest import ROOMS
from tests.factories import AccountFactory, ContactFactory, LeadFactory

pytestmark = pytest.mark.django_db
BACKEND = "django.contrib.auth.backends.ModelBackend"
SECRET = "Obbligato"
ABSENT = 10**15


class World:
    """A visible contact and account; carl's leads and opportunity beneath them."""

    def __init__(self, cast):
        self.account = AccountFactory(name="Koopman Logistics")
        self.contact = ContactFactory(
            first_name="Maartje",
            last_name="Berg",
            email="maartje@koopman.example",
            account=self.account,
        )
        theirs = {
            "topic": f"Xylophone {SECRET}",
            "last_name": f"Berg {SECRET}",
            "email": "maartje@koopman.example",
            "parent_contact": self.contact,
            "parent_account": self.account,
            "owner": cast.carl,
            "team": cast.nordics,
            "lead_source": "Google",
        }
        with acting(cast.carl, via="browser"):
            self.lead = LeadFactory(**theirs)
            self.closed = LeadFactory(**theirs)
            result = lead_qualify(lead_id=self.closed.pk, user=cast.carl)
            self.opportunity = result.opportunity_record
            opportunity_update(
                opportunity_id=self.opportunity.pk,
                user=cast.carl,
                values={"need": f"Need of {SECRET}"},
            )
            for kind, row in (("lead", self.lead), ("opportunity", self.opportunity)):
                about = {"regarding_type": kind, "regarding_id": row.pk}
                note_add(body=f"Note of {SECRET}", user=cast.carl, **about)
                activity_log(subject=f"Call {SECRET}", user=cast.carl, **about)
        self.own = LeadFactory(
            topic="Own topic",
            owner=cast.ben,
            team=cast.benelux,
            parent_contact=self.contact,
        )


@pytest.fixture
def world(cast):
    return World(cast)


@pytest.fixture
def ben(client, cast):
    client.force_login(cast.ben, backend=BACKEND)
    return client


def read(answer):
    if answer.streaming:
        return b"".join(answer.streaming_content).decode()
    return answer.content.decode()


PAGES = [
    "/",
    "/?area=marketing",
    "/search/?q=xylophone",
    "/lookup/lead/?q=xylophone",
    "/lookup/opportunity/?q=xylophone",
    "/lookup/contact/?q=maartje",
    "/reports/lead-sources/",
    "/activities/?view=open",
    "/activities/?view=done",
    "/activities/?view=open&part=export",
    *(
        f"/{name}/?{query}"
        for name in ("leads", "opportunities", "contacts", "accounts")
        for query in (
            "",
            "q=xylophone",
            "part=counts",
            "part=export",
            "view=closed",
            "view=open",
            "view=sales_ready",
            "view=unassigned",
            "view=all",
        )
    ),
]


@pytest.mark.parametrize("path", PAGES)
def test_no_page_names_them(ben, world, path):
    answer = ben.get(path)
    assert answer.status_code == 200
    assert SECRET not in read(answer)


def test_the_pages_of_the_person_and_the_company_keep_it(ben, world):
    for row, name in (
        (world.contact, "contact"),
        (world.account, "account"),
        (world.own, "lead"),
    ):
        url = reverse(name, args=[row.pk])
        for query in (
            "",
            "?part=timeline",
            "?part=timeline&kind=milestone",
            "?part=audit",
        ):
            answer = ben.get(url + query)
            assert answer.status_code == 200
            assert SECRET not in read(answer), url + query


def test_whoever_sees_them_reads_of_them_on_the_page_of_the_person(client, cast, world):
    client.force_login(cast.carl, backend=BACKEND)
    assert SECRET in read(client.get(reverse("contact", args=[world.contact.pk])))
    page = read(client.get(reverse("opportunity", args=[world.opportunity.pk])))
    assert f"/leads/{world.closed.pk}/" in page


def test_the_panel_that_qualifies_an_own_lead_keeps_it(ben, world):
    answer = ben.get(reverse("lead_qualify", args=[world.own.pk]))
    assert answer.status_code == 200
    assert SECRET not in read(answer)


RESOURCES = [
    "leads",
    "opportunities",
    "contacts",
    "accounts",
    "activities",
    "notes",
    "suggestions",
    "jobs",
    "reports/lead-sources",
]
EXPANDED = {
    "leads": "parent_contact,parent_account",
    "opportunities": "originating_lead,contact,account",
    "contacts": "account",
    "activities": "lead,contact",
    "notes": "lead,contact",
}


@pytest.mark.parametrize("resource", RESOURCES)
def test_no_list_of_the_api_names_them(api, cast, world, resource):
    client = api(cast.ben)
    queries = ["", "count=exact", "search=xylophone"]
    if resource in EXPANDED:
        queries.append(f"expand={EXPANDED[resource]}")
    for query in queries:
        answer = client.get(f"/api/v1/{resource}/?{query}")
        assert answer.status_code in (200, 400), (resource, query)
        assert SECRET not in answer.content.decode(), (resource, query)


def related(relation, **where):
    clause = {"field": "topic", "op": "contains", "value": "xylophone"} | where
    return {"related": relation, "where": clause}


QUESTIONS = {
    "contacts": [
        related("leads"),
        related("opportunities", field="name"),
        related("leads") | {"count": {"op": "gte", "value": 2}},
        {
            "related": "account",
            "where": {
                "related": "leads",
                "where": {"field": "topic", "op": "contains", "value": "xylo"},
            },
        },
    ],
    "accounts": [related("leads"), related("opportunities", field="name")],
    "leads": [{"field": "topic", "op": "contains", "value": "xylophone"}],
    "opportunities": [{"field": "name", "op": "contains", "value": "xylophone"}],
}


@pytest.mark.parametrize("resource", sorted(QUESTIONS))
def test_no_question_tells_what_stands_in_them(api, cast, world, resource):
    for tree in QUESTIONS[resource]:
        url = f"/api/v1/{resource}/?query={json.dumps(tree)}"
        answer = api(cast.ben).get(url)
        assert answer.status_code == 200, answer.content
        assert answer.json()["results"] == [], tree
        assert api(cast.carl).get(url).json()["results"] != [], tree


def test_no_preview_of_a_segment_counts_them(api, cast, world):
    tree = {
        "from": "lead",
        "where": {"field": "topic", "op": "contains", "value": "xylophone"},
        "to": ["parent_contact"],
    }
    answer = api(cast.ann).post("/api/v1/segments/preview/", {"definition": tree})
    assert answer.json()["count"] == 1
    # Counting is for those who make segments.
    answer = api(cast.ben).post("/api/v1/segments/preview/", {"definition": tree})
    assert answer.status_code == 403


def test_the_admin_names_them_nowhere(ben, world):
    for model in admin.site._registry:
        if model.__module__.split(".")[0] not in ROOMS:
            continue
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist"
        for query in ({}, {"q": "xylophone"}):
            answer = ben.get(reverse(name), query)
            assert answer.status_code in (200, 403), model
            assert SECRET not in read(answer), model
    for row in (world.contact, world.own):
        opts = row._meta
        url = reverse(f"admin:{opts.app_label}_{opts.model_name}_change", args=[row.pk])
        for address in (url, url.replace("change", "history")):
            assert SECRET not in read(ben.get(address)), address


def test_the_autocomplete_of_the_admin_names_them_nowhere(ben, world):
    for app, model, field in (
        ("sales", "opportunity", "originating_lead"),
        ("crm", "activity", "lead"),
        ("crm", "note", "lead"),
    ):
        asked = {"app_label": app, "model_name": model, "field_name": field}
        answer = ben.get("/admin/autocomplete/", asked | {"term": "xylophone"})
        assert SECRET not in read(answer), (model, field)


DEEDS = {
    "lead": (
        "lead",
        "lead_edit",
        "lead_qualify",
        "lead_disqualify",
        "lead_return",
        "lead_reactivate",
        "lead_mark_sales_ready",
        "lead_take_over",
        "lead_process",
    ),
    "opportunity": (
        "opportunity",
        "opportunity_edit",
        "opportunity_win",
        "opportunity_lose",
        "opportunity_reopen",
        "opportunity_process",
    ),
}
ACTIONS = {
    "leads": (
        "",
        "assign/",
        "disqualify/",
        "mark-sales-ready/",
        "qualify/",
        "reactivate/",
        "return-to-marketing/",
        "tags/",
        "take-over/",
        "scores/",
    ),
    "opportunities": ("", "assign/", "lose/", "reopen/", "tags/", "win/"),
}


def told(answer, pk):
    """What an answer says, whatever number was asked for."""
    return answer.status_code, read(answer).replace(str(pk), "PK")


def same(ask, hidden):
    """Asking for the hidden one and for one that never was: the same answer."""
    one, other = told(ask(hidden), hidden), told(ask(ABSENT), ABSENT)
    assert one[0] == other[0] == 404
    assert SECRET not in one[1]
    return one[1] == other[1]


@pytest.mark.parametrize("entity", sorted(DEEDS))
def test_hidden_and_absent_are_one_in_the_browser(ben, world, entity):
    hidden = getattr(world, entity).pk
    for name in DEEDS[entity]:
        for method in (ben.get, ben.post):
            same(lambda pk, n=name, m=method: m(reverse(n, args=[pk])), hidden)
    for part in ("timeline", "audit", "field", "show"):
        url = reverse(entity, args=[hidden])
        assert ben.get(f"{url}?part={part}&field=topic").status_code == 404
    for name in ("record_delete", "record_activate", "record_deactivate"):
        same(lambda pk, n=name: ben.post(reverse(n, args=[entity, pk])), hidden)
    same(
        lambda pk: ben.post(reverse("compose", args=[entity, pk, "note"]), {"body": 1}),
        hidden,
    )


@pytest.mark.parametrize("resource", sorted(ACTIONS))
def test_hidden_and_absent_are_one_in_the_api(api, cast, world, resource):
    client = api(cast.ben)
    entity = {"leads": "lead", "opportunities": "opportunity"}[resource]
    hidden = getattr(world, entity).pk
    for action in ACTIONS[resource]:
        methods = (client.post,)
        if not action:
            methods = (client.get, client.patch, client.delete)
        if action == "scores/":
            methods = (client.get,)
        for method in methods:
            assert same(
                lambda pk, a=action, m=method: m(f"/api/v1/{resource}/{pk}/{a}"),
                hidden,
            ), action


def test_hidden_and_absent_are_one_where_many_are_named(api, ben, cast, world):
    client = api(cast.ben)
    for path, body in (("qualify/", {}), ("disqualify/", {})):
        answers = [
            client.post(f"/api/v1/leads/{path}", {"ids": [pk]} | body)
            for pk in (world.lead.pk, ABSENT)
        ]
        assert told(answers[0], world.lead.pk) == told(answers[1], ABSENT)
    for action in ("qualify", "disqualify", "assign"):
        answers = [
            ben.post(
                "/leads/",
                {"action": action, "ids": [pk], "status_reason": "lost", "owner": ""},
            )
            for pk in (world.lead.pk, ABSENT)
        ]
        assert answers[0].headers.items() == answers[1].headers.items(), action
    world.lead.refresh_from_db()
    assert world.lead.state == "open"
    assert world.lead.owner == cast.carl


def test_hidden_and_absent_are_one_where_another_record_names_them(api, cast, world):
    client = api(cast.ben)
    asks = {
        "opportunity": lambda pk: client.post(
            "/api/v1/opportunities/", {"name": "Mine", "originating_lead": pk}
        ),
        "interaction": lambda pk: client.post(
            "/api/v1/interactions/", {"name": "page.visited", "lead": pk}
        ),
        "note": lambda pk: client.post(
            "/api/v1/notes/",
            {"regarding_type": "lead", "regarding_id": pk, "body": "x"},
        ),
    }
    for what, ask in asks.items():
        one, other = ask(world.lead.pk), ask(ABSENT)
        assert told(one, world.lead.pk) == told(other, ABSENT), what
        assert SECRET not in read(one)
    assert not Entry.objects.filter(name="page.visited").exists()
