"""The main job, through the public doors only: the API, the pages, the public form.

From a file of 9,240 leads to contacts, a segment, scores, a salesperson's list, an
opportunity, and a new lead from a landing page. HANDOFF_LEADS_CSV names the real file.
"""

from __future__ import annotations

import csv
import json
import os
from collections import Counter
from pathlib import Path

import pytest
from django.test import Client

from crm.models import Contact, Lead
from scoring.models import LeadScore
from tests.flows import x_education_shape as shape
from tests.flows.settling import settle

pytestmark = pytest.mark.django_db

CUSTOM = {"visits": "TotalVisits", "seconds": "Total Time Spent on Website"}
MAPPING = {
    **shape.MAPPING,
    "columns": {
        **shape.MAPPING["columns"],
        **{column: f"custom.{key}" for key, column in CUSTOM.items()},
    },
}
OLARK_CHAT = {
    "from": "lead",
    "where": {"field": "lead_source", "op": "eq", "value": "olark chat"},
    "to": ["parent_contact"],
}
READY = 60
RULES = [
    ("lead_source", "eq", "reference", 40),
    ("custom.seconds", "gte", 1000, 30),
    ("custom.visits", "gte", 5, 15),
    ("country", "eq", "India", 5),
    ("do_not_email", "eq", True, -20),
]
FIELDS = [
    {
        "name": "email",
        "label": "Email",
        "kind": "email",
        "required": True,
        "contact": "email",
        "lead": "email",
    },
    {
        "name": "last_name",
        "label": "Last name",
        "contact": "last_name",
        "lead": "last_name",
    },
]


def file_of_leads(folder: Path) -> Path:
    """The real file where HANDOFF_LEADS_CSV names it, else one of its shape."""
    real = os.environ.get("HANDOFF_LEADS_CSV")
    return Path(real) if real else shape.write(folder / "Leads.csv")


def points_of(row: dict[str, str]) -> list[int]:
    """What each rule gives a row of the file, computed by hand."""

    def number(name: str) -> float:
        return float(row[name] or 0)

    holds = [
        row["Lead Source"].lower() == "reference",
        number(CUSTOM["seconds"]) >= 1000,
        number(CUSTOM["visits"]) >= 5,
        row["Country"].lower() == "india",
        row["Do Not Email"] == "Yes",
    ]
    return [rule[3] for rule, held in zip(RULES, holds, strict=True) if held]


class Doors:
    """One signed-in client of the API, whose answers must be good."""

    def __init__(self, client):
        self.client = client

    def get(self, path, **query):
        answer = self.client.get(f"/api/v1/{path}", query)
        assert answer.status_code == 200, answer.content
        return answer.json()

    def count(self, path, **query):
        return self.get(path, count="exact", page_size=1, **query)["count"]

    def post(self, path, data=None, **options):
        answer = self.client.post(f"/api/v1/{path}", data or {}, **options)
        assert answer.status_code in (200, 201, 202), answer.content
        return answer.json()

    def every(self, path):
        """All rows of a list, page by page."""
        following = f"/api/v1/{path}&page_size=200"
        while following:
            page = self.client.get(following).json()
            yield from page["results"]
            following = page["next"]


def test_main_job(api, cast, tmp_path):
    path = file_of_leads(tmp_path)
    with path.open(newline="", encoding="utf-8-sig") as file:
        rows = list(csv.DictReader(file))
    manager, admin = Doors(api(cast.marketing_manager)), Doors(api(cast.admin))
    make_custom_fields(admin)

    bring_leads(manager, path)
    give_contacts(manager)
    find_with_a_segment(manager)
    ready = score(manager, rows)
    see_in_the_list(api(cast.ben), ready)
    qualify_one(Doors(api(cast.ben)))
    capture_one(manager)


def make_custom_fields(admin):
    for key, label in CUSTOM.items():
        admin.post(
            "custom-fields/",
            {"entity": "lead", "key": key, "label": label, "kind": "number"},
        )


def bring_leads(manager, path):
    """Every row of the file is in the report, and every one became a lead."""
    with path.open("rb") as file:
        body = {"file": file, "entity": "lead", "mapping": json.dumps(MAPPING)}
        made = manager.post("imports/", body, format="multipart")
    settle()
    report = manager.get(f"imports/{made['id']}/")
    parts = [report[k] for k in ("created", "updated", "unchanged", "rejected")]
    assert report["state"] == "completed"
    assert sum(parts) == report["total"] == shape.ROWS
    assert parts == [shape.ROWS, 0, 0, 0]
    assert manager.count("leads/", state="open") == shape.ROWS
    assert manager.count("contacts/") == 0


def give_contacts(manager):
    """The shipped workflow on demand; first dry, and a second run finds nobody."""
    [workflow] = [
        row
        for row in manager.get("workflows/")["results"]
        if row["key"] == "orphaned-lead-contacts"
    ]
    assert workflow["state"] == "inactive"
    address = f"workflows/{workflow['id']}"
    told = manager.post(f"{address}/dry-run/")
    assert told["count"] == shape.ROWS
    assert manager.count("contacts/") == 0

    job = manager.post(f"{address}/run/")
    settle()
    done = manager.get(f"jobs/{job['id']}/")
    assert (done["state"], done["done"]) == ("completed", shape.ROWS)
    assert done["result"]["contacts_created"] == shape.ROWS
    again = manager.post(f"{address}/run/")
    settle()
    assert manager.get(f"jobs/{again['id']}/")["done"] == 0

    assert not Lead.objects.filter(parent_contact=None).exists()
    assert manager.count("contacts/", marketing_only="true") == shape.ROWS
    assert manager.count("contacts/") == shape.ROWS
    refused = manager.count("contacts/", do_not_email="true")
    assert refused == shape.DO_NOT_EMAIL


def find_with_a_segment(manager):
    """Leads of one source, by a block that walks to their contacts."""
    told = manager.post("segments/preview/", {"definition": OLARK_CHAT})
    segment = manager.post(
        "segments/", {"name": "Olark chat", "definition": OLARK_CHAT}
    )
    live = manager.post(f"segments/{segment['id']}/go-live/")
    olark = shape.SOURCES["Olark Chat"]
    assert told["count"] == live["member_count"] == olark
    assert manager.count(f"segments/{segment['id']}/members/") == olark


def score(manager, rows):
    """Five rules; each lead has the score computed by hand, and its parts add up."""
    rules = [
        {
            "name": f"{name} {op} {value}",
            "condition": {"field": name, "op": op, "value": value},
            "points": points,
        }
        for name, op, value, points in RULES
    ]
    model = manager.post(
        "scoring-models/",
        {"name": "Fit", "sales_ready_score": READY, "rules": rules},
    )
    manager.post(f"scoring-models/{model['id']}/go-live/")
    settle()

    expected = {row["Prospect ID"]: points_of(row) for row in rows}
    scores = LeadScore.objects.select_related("lead")
    assert scores.count() == shape.ROWS
    for found in scores:
        points = expected[found.lead.external_id]
        assert found.score == sum(found.breakdown.values()) == sum(points)
        assert Counter(found.breakdown.values()) == Counter(points)
    ready = {key for key, points in expected.items() if sum(points) >= READY}
    assert 0 < len(ready) < shape.ROWS
    told = manager.get(f"leads/{scores[0].lead_id}/scores/")[0]
    assert sum(part["points"] for part in told["breakdown"]) == told["score"]
    return ready


def see_in_the_list(client, ready):
    """A salesperson's list of sales-ready leads holds exactly those over the line."""
    rows = Doors(client).every("leads/?state=open&sales_ready=true")
    assert {row["external_id"] for row in rows} == ready
    page = client.get("/leads/", {"view": "sales_ready"})
    assert page.status_code == 200
    assert "Prospect " in page.content.decode()


def qualify_one(seller):
    """Taken over, then one account, one contact (the one it had), one opportunity."""
    lead = seller.get("leads/", sales_ready="true", page_size=1)["results"][0]
    seller.post(f"leads/{lead['id']}/take-over/")
    answer = seller.client.patch(
        f"/api/v1/leads/{lead['id']}/", {"company_name": "Meridian Training"}
    )
    assert answer.status_code == 200, answer.content
    made = seller.post(f"leads/{lead['id']}/qualify/")
    settle()

    assert seller.get(f"leads/{lead['id']}/")["state"] == "qualified"
    opportunity = seller.get("opportunities/")["results"][0]
    assert opportunity["originating_lead"] == lead["id"]
    assert seller.get("accounts/")["results"][0]["name"] == "Meridian Training"
    contact = seller.get(f"contacts/{lead['parent_contact']}/")
    assert contact["marketing_only"] is False, "sales knows this person now"
    assert made["opportunity"], made
    assert Contact.objects.count() == shape.ROWS
    again = seller.client.post(f"/api/v1/leads/{lead['id']}/qualify/", {})
    assert again.status_code == 409


def capture_one(manager):
    """A stranger answers the form of a landing page and is a scored lead."""
    form = manager.post("forms/", {"name": "Ask us", "fields": FIELDS})
    manager.post(f"forms/{form['id']}/go-live/")
    page = manager.post(
        "pages/",
        {
            "title": "Evening courses",
            "slug": "evening-courses",
            "content": "<h1>Evening courses</h1><div data-form></div>",
            "form": form["id"],
            "lead_source": "Reference",
        },
    )
    manager.post(f"pages/{page['id']}/go-live/")
    stranger = Client()
    shown = stranger.get("/p/evening-courses/")
    assert shown.status_code == 200
    assert "Evening courses" in shown.content.decode()
    sent = stranger.post(
        f"/f/{form['id']}/",
        json.dumps(
            {
                "email": "New.Person@example.com",
                "last_name": "Okafor",
                "page": "evening-courses",
            }
        ),
        content_type="application/json",
    )
    assert sent.status_code == 201, sent.content
    settle()

    [submission] = manager.get("submissions/")["results"]
    assert submission["state"] == "success", submission
    lead = manager.get(f"leads/{submission['lead']}/")
    assert (lead["last_name"], lead["lead_source"]) == ("Okafor", "Reference")
    assert lead["parent_contact"] == submission["contact"]
    assert manager.get(f"leads/{lead['id']}/scores/")[0]["score"] == RULES[0][3]
