"""What ben may not see does not exist for him, by whatever door he asks.

Carl, of another team, has a lead and an opportunity of a person whom everybody sees.
Their names hold a word that must stand in no answer ben gets.
"""

from __future__ import annotations

import json

import pytest
from django.contrib import admin
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from core.journal.models import Entry
from core.journal.pump import pump_to_rest
from core.journal.services import acting
from core.notifications.models import Notification
from core.ui.saved import saved_view_create
from crm.merge.services import records_merge
from crm.models import DeletedRecord, DuplicatePair
from crm.services.activities import activity_log, note_add
from crm.services.attachments import attachment_add
from crm.services.lead_parties import lead_associate
from crm.services.records import record_delete
from sales.services import parts
from sales.services.lead_qualify import lead_qualify
from sales.services.opportunities import opportunity_update
from segments.services.lifecycle import segment_create
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
            self.hang_more_on_them(cast, theirs)
        self.own = LeadFactory(
            topic="Own topic",
            owner=cast.ben,
            team=cast.benelux,
            parent_contact=self.contact,
        )

    def hang_more_on_them(self, cast, theirs):
        """Files, people, lines, mentions, a merge, a pair, and one in the bin."""
        twin, part, gone = (LeadFactory(**theirs) for _ in range(3))
        for kind, row in (("lead", self.lead), ("opportunity", self.opportunity)):
            file = SimpleUploadedFile(f"{SECRET}.txt", b"Plain text")
            about = {"regarding_type": kind, "regarding_id": row.pk}
            self.file = attachment_add(file=file, user=cast.carl, **about)
            note_add(body=f"@ben look at {SECRET}", user=cast.carl, **about)
        deal = {"opportunity_id": self.opportunity.pk, "user": cast.carl}
        self.stakeholder = parts.stakeholder_add(
            values={"contact": self.contact, "note": f"Wants {SECRET}"}, **deal
        )
        self.line = parts.line_add(
            values={"description": f"Line {SECRET}", "price": 5}, **deal
        )
        lead_associate(
            lead_id=self.lead.pk,
            user=cast.carl,
            role=f"Friend of {SECRET}",
            contact_id=self.contact.pk,
        )
        self.merge = records_merge(
            entity="lead", survivor=twin.pk, merged=[part.pk], user=cast.carl
        )
        self.pair = DuplicatePair.objects.create(
            entity="lead",
            first_id=self.lead.pk,
            second_id=twin.pk,
            score=0.9,
            reason=f"Both say {SECRET}",
        )
        self.merged_away = part.pk
        values = {"name": f"View of {SECRET}", "base": "open", "params": {}}
        self.view = saved_view_create(user=cast.carl, page="lead_list", values=values)
        record_delete(record=gone, user=None)
        self.deleted = DeletedRecord.objects.get(record_id=gone.pk)


@pytest.fixture
def world(cast, settings, tmp_path):
    settings.MEDIA_ROOT = str(tmp_path)
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
    "/pipeline/",
    "/forecast/",
    "/forecast/?by=team",
    "/duplicates/",
    "/duplicates/?entity=lead",
    "/duplicates/?state=later",
    "/notifications/",
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
    "attachments",
    "opportunity-lines",
    "opportunity-competitors",
    "stakeholders",
    "duplicates",
    "merges",
    "saved-views",
    "notifications",
    "suggestions",
    "jobs",
    "reports/forecast",
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
        "lead_undo_qualify",
        "lead_qualify_now",
        "lead_associate",
    ),
    "opportunity": (
        "opportunity",
        "opportunity_edit",
        "opportunity_win",
        "opportunity_lose",
        "opportunity_reopen",
        "opportunity_process",
        "line_create",
        "rival_create",
        "stakeholder_create",
    ),
}
READ = ("scores/", "parties/", "process/", "assignments/")
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
        "undo-qualify/",
        "merge/",
        "move/",
        "associate/",
        "disassociate/",
        "assign-by-rules/",
        *READ,
    ),
    "opportunities": ("", "assign/", "lose/", "reopen/", "tags/", "win/", "move/"),
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
    if entity == "lead":
        same(lambda pk: ben.post(reverse("lead_assign_by_rules", args=[pk])), hidden)
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
        if action in READ:
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


def test_hidden_and_absent_are_one_for_what_hangs_on_them(api, ben, cast, world):
    client = api(cast.ben)
    parts_of_them = {
        "attachments/{}/": world.file,
        "attachments/{}/content/": world.file,
        "stakeholders/{}/": world.stakeholder,
        "opportunity-lines/{}/": world.line,
        "merges/{}/": world.merge,
        "duplicates/{}/": world.pair,
        "saved-views/{}/": world.view,
    }
    for path, row in parts_of_them.items():
        address = f"/api/v1/{path}"
        assert same(lambda pk, a=address: client.get(a.format(pk)), row.pk), path
    posted = {
        "file_download": world.file,
        "file_remove": world.file,
        "line_edit": world.line,
        "stakeholder_edit": world.stakeholder,
        "merge_undo": world.merge,
        "duplicate_decide": world.pair,
        "saved_view": world.view,
        "bin_restore": world.deleted,
    }
    for name, row in posted.items():
        for method in (ben.get, ben.post):
            status = method(reverse(name, args=[row.pk])).status_code
            assert status in (404, 405), name
    assert ben.get(reverse("lead", args=[world.merged_away])).status_code == 404
    assert client.get(f"/api/v1/leads/{world.merged_away}/").status_code == 404
    assert client.get("/api/v1/bin/").status_code == 403


def test_merging_and_attaching_reach_nobody_hidden(api, ben, cast, world):
    client, own = api(cast.ben), f"/api/v1/leads/{world.own.pk}"
    for pk in (world.lead.pk, ABSENT):
        answer = client.post(f"{own}/merge/", {"records": [pk]})
        assert answer.status_code == 400
        assert answer.json()["errors"][0]["attr"] == "records[0]"
        page = ben.get("/merge/lead/", {"ids": f"{world.own.pk},{pk}"})
        assert SECRET not in read(page)
        file = SimpleUploadedFile("a.txt", b"text")
        about = {"regarding_type": "lead", "regarding_id": pk, "file": file}
        answer = client.post("/api/v1/attachments/", about, format="multipart")
        assert answer.status_code == 400
        assert answer.json()["errors"][0]["attr"] == "regarding_id"


def test_ben_is_told_of_nothing_that_is_hidden(ben, cast, world):
    pump_to_rest()
    told = Notification.objects.filter(user=cast.ben)
    assert not told.exclude(kind="lead_assigned", subject_id=world.own.pk).exists()


def test_forecasts_hold_no_hidden_amounts(api, cast, world):
    with acting(cast.carl, via="browser"):
        values = {"estimated_close": timezone.localdate()}
        opportunity_update(
            opportunity_id=world.opportunity.pk, user=cast.carl, values=values
        )
    url = "/api/v1/reports/forecast/"
    numbers = read(api(cast.ben).get(url))
    assert str(cast.carl) not in numbers
    assert str(cast.carl) in read(api(cast.carl).get(url))


def test_filling_a_segment_by_a_query_does_not_ask_them(api, cast, world):
    tree = {
        "from": "lead",
        "where": {"field": "topic", "op": "contains", "value": "xylophone"},
        "to": ["parent_contact"],
    }
    segment = segment_create(user=cast.ann, name="By hand", kind="static")
    url = f"/api/v1/segments/{segment.pk}/members/by-query/"
    for who, number in ((cast.ben, 0), (cast.carl, 1)):
        answer = api(who).post(url, {"definition": tree})
        assert answer.status_code == 202, answer.content
        assert answer.json()["total"] == number
