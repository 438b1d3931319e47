"""Bad input by every door: an answer that names the field, and nothing half-written."""

from __future__ import annotations

import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from crm.models import Contact, Import, ImportRow, Lead
from segments.models import Segment
from tests.flows.settling import settle

pytestmark = pytest.mark.django_db
LONG = "x" * 100_000
BACKEND = "django.contrib.auth.backends.ModelBackend"
TEXTS = {"long": LONG, "NUL": "a\x00b", "surrogate": "a\ud800b"}
TREES = {
    "unknown field": (
        {"from": "contact", "where": {"field": "shoe", "op": "eq", "value": "1"}},
        "where.field",
    ),
    "not ending on contacts": ({"from": "lead"}, "from"),
    "NUL": (
        {"from": "contact", "where": {"field": "city", "op": "eq", "value": "\x00"}},
        "where.value",
    ),
    "surrogate": (
        {"from": "contact", "where": {"field": "city", "op": "eq", "value": "\ud800"}},
        "where.value",
    ),
    "long": (
        {"from": "contact", "where": {"field": "city", "op": "eq", "value": LONG}},
        "where.value",
    ),
}


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
@pytest.mark.parametrize("resource", ["contacts", "leads"])
def test_api_names_the_field_of_a_bad_text(api, cast, resource, text):
    answer = api(cast.admin).post(
        f"/api/v1/{resource}/",
        json.dumps({"last_name": text}),
        content_type="application/json",
    )
    assert answer.status_code == 400
    assert [error["attr"] for error in answer.json()["errors"]] == ["last_name"]
    assert not Contact.objects.exists()
    assert not Lead.objects.exists()


@pytest.mark.parametrize("text", [LONG, "a\x00b"], ids=["long", "NUL"])
@pytest.mark.parametrize("address", ["/contacts/new/", "/leads/new/"])
def test_browser_form_names_the_field_of_a_bad_text(client, cast, address, text):
    client.force_login(cast.admin, backend=BACKEND)
    answer = client.post(address, {"last_name": text, "topic": "Quote"})
    assert answer.status_code in (400, 422)
    assert "last_name" in answer.context["form"].errors
    assert not Contact.objects.exists()
    assert not Lead.objects.exists()


@pytest.mark.parametrize(("tree", "where"), TREES.values(), ids=TREES)
def test_preview_and_live_segment_name_the_bad_node(api, cast, tree, where):
    client = api(cast.admin)
    body = json.dumps({"definition": tree})
    told = client.post(
        "/api/v1/segments/preview/", body, content_type="application/json"
    )
    assert told.status_code == 400
    [error] = told.json()["errors"]
    assert error["attr"].removeprefix("definition.") == where, error
    made = client.post(
        "/api/v1/segments/",
        json.dumps({"name": "Broken", "definition": tree}),
        content_type="application/json",
    )
    if made.status_code == 201:  # a draft may be unfinished; it never goes live
        made = client.post(f"/api/v1/segments/{made.json()['id']}/go-live/")
    assert made.status_code == 400
    assert not Segment.objects.filter(state="live").exists()


FILES = {
    "BOM and semicolons": ("\ufeffName;Mail\r\nÄnne;a@x.example\r\n", 1, 0),
    "ragged": ("Name,Mail\nA,a@x.example,extra\nB\nC,c@x.example\n", 1, 2),
    "quoted newline": ('Name,Mail\n"A\nB",a@x.example\n', 1, 0),
    "NUL": ("Name,Mail\nA\x00B,a@x.example\nC,c@x.example\n", 1, 1),
    "long": (f"Name,Mail\n{LONG},a@x.example\nC,c@x.example\n", 1, 1),
}


@pytest.mark.parametrize(("text", "created", "rejected"), FILES.values(), ids=FILES)
def test_import_reports_each_bad_row_and_brings_the_good(
    api, cast, text, created, rejected
):
    columns = {"columns": {"Name": "last_name", "Mail": "email"}}
    body = {
        "file": SimpleUploadedFile("f.csv", text.encode(), "text/csv"),
        "entity": "contact",
        "mapping": json.dumps(columns),
    }
    made = api(cast.admin).post("/api/v1/imports/", body, format="multipart")
    assert made.status_code == 202, made.content
    settle()
    batch = Import.objects.get()
    assert (batch.created, batch.rejected) == (created, rejected)
    assert batch.total == created + rejected
    assert Contact.objects.count() == created
    for row in ImportRow.objects.filter(result="rejected"):
        assert all(error["detail"] for error in row.errors)
