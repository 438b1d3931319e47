"""Imports by the browser and by the API."""

from __future__ import annotations

import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext

from core.jobs.models import Job
from core.jobs.running import run_to_end
from crm.models import Contact, Import, Lead

pytestmark = pytest.mark.django_db
MAPPING = {"columns": {"Name": "last_name", "Mail": "email"}}
TEXT = "Name,Mail,Lead Source\nA,a@x.example,Fair\nB,bad,Fair\n=C(),nobody,Fair\n"


def upload(text=TEXT):
    return SimpleUploadedFile("people.csv", text.encode(), "text/csv")


@pytest.fixture
def browser(client, cast):
    def signed_in(user):
        client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        return client

    return signed_in


def finish(batch_id):
    run_to_end(Job.objects.get(pk=Import.objects.get(pk=batch_id).job_id))


def test_api_takes_a_file_and_reports_each_row(api, cast):
    client = api(cast.integration)
    made = client.post(
        "/api/v1/imports/",
        {"file": upload(), "entity": "contact", "mapping": json.dumps(MAPPING)},
        format="multipart",
    )
    assert made.status_code == 202, made.json()
    url = f"/api/v1/imports/{made.json()['id']}/"
    finish(made.json()["id"])

    done = client.get(url).json()
    assert (done["state"], done["total"], done["created"], done["rejected"]) == (
        "completed",
        3,
        1,
        2,
    )
    rows = client.get(f"{url}rows/?result=rejected&page_size=1").json()
    assert rows["results"][0]["errors"][0]["attr"] == "email"
    following = client.get(rows["next"]).json()
    assert [row["row_no"] for row in following["results"]] == [3]
    assert following["next"] is None
    assert client.get(f"{url}rows/?colour=red").status_code == 400


@pytest.mark.parametrize(
    ("changes", "attr"),
    [
        ({"mapping": "{"}, "mapping"),
        ({"mapping": '{"columns": {"Nome": "email"}}'}, "mapping.columns.Nome"),
        ({"entity": "shoe"}, "entity"),
        ({"file": ""}, "file"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_api_names_what_is_wrong_and_keeps_nothing(api, cast, changes, attr):
    body = {"file": upload(), "entity": "contact", "mapping": json.dumps(MAPPING)}

    answer = api(cast.admin).post(
        "/api/v1/imports/", {**body, **changes}, format="multipart"
    )

    assert answer.status_code == 400
    assert {error["attr"] for error in answer.json()["errors"]} == {attr}
    assert not Import.objects.exists()


def test_api_refuses_who_may_not_and_hides_what_is_not_theirs(api, cast):
    body = {"file": upload(), "entity": "contact", "mapping": json.dumps(MAPPING)}
    made = api(cast.ann).post("/api/v1/imports/", body, format="multipart").json()
    body["file"] = upload()

    denied = api(cast.reader).post("/api/v1/imports/", body, format="multipart")

    assert denied.status_code == 403
    hidden = api(cast.sales_manager).get(f"/api/v1/imports/{made['id']}/")
    assert hidden.status_code == 404


def test_browser_uploads_maps_tries_and_imports(browser, cast):
    client = browser(cast.ann)
    sent = client.post("/imports/new/", {"entity": "lead", "file": upload()})
    batch = Import.objects.get()
    assert sent.url == f"/imports/{batch.pk}/map/"
    page = client.get(sent.url).content.decode()
    assert "a@x.example" in page
    assert '<option value="lead_source" selected>' in page

    columns = {"column-0": "last_name", "column-1": "email", "column-2": "lead_source"}
    fill = {"fill-field-0": "topic", "fill-text-0": "Lead {Name}", "add_new": "on"}
    client.post(sent.url, {**columns, **fill, "try": ""})
    finish(batch.pk)
    tried = client.get(f"/imports/{batch.pk}/").content.decode()
    assert "nothing was changed" in tried
    assert not Lead.objects.exists()

    client.post(f"/imports/{batch.pk}/start/")
    waiting = client.get(f"/imports/{batch.pk}/").content.decode()
    assert "hx-trigger" in waiting
    finish(batch.pk)
    part = client.get(f"/imports/{batch.pk}/", headers={"HX-Request": "true"})
    assert "hx-trigger" not in part.content.decode()
    lead = Lead.objects.get()
    assert (lead.topic, lead.lead_source, lead.created_by) == (
        "Lead A",
        "Fair",
        cast.ann,
    )


def test_rejected_rows_come_back_as_a_file_without_formulas(browser, cast):
    client = browser(cast.ann)
    client.post("/imports/new/", {"entity": "contact", "file": upload()})
    batch = Import.objects.get()
    columns = {"column-0": "last_name", "column-1": "email", "start": ""}
    client.post(f"/imports/{batch.pk}/map/", columns)
    finish(batch.pk)

    answer = client.get(f"/imports/{batch.pk}/rejected.csv")
    lines = b"".join(answer.streaming_content).decode("utf-8-sig").splitlines()

    assert lines[0] == "Name,Mail,Lead Source,Why rejected"
    assert lines[1].startswith("B,bad,Fair,email: ")
    assert lines[2].startswith("'=C(),")
    assert Contact.objects.count() == 1


def test_wrong_mapping_and_no_file_are_said_on_the_page(browser, cast):
    client = browser(cast.ann)
    assert client.post("/imports/new/", {"entity": "lead"}).status_code == 400
    empty = client.post("/imports/new/", {"entity": "lead", "file": upload(" ")})
    assert empty.status_code in (302, 400)
    client.post("/imports/new/", {"entity": "lead", "file": upload()})
    batch = Import.objects.latest("id")

    answer = client.post(f"/imports/{batch.pk}/map/", {"column-2": "lead_source"})

    assert answer.status_code == 400
    assert "Nothing says who it is" in answer.content.decode()


def test_stop_ends_the_job_too(browser, cast):
    client = browser(cast.ann)
    client.post("/imports/new/", {"entity": "contact", "file": upload()})
    batch = Import.objects.get()
    client.post(f"/imports/{batch.pk}/map/", {"column-1": "email", "start": ""})

    client.post(f"/imports/{batch.pk}/stop/")
    finish(batch.pk)

    batch.refresh_from_db()
    assert batch.state == "canceled"
    assert not Contact.objects.exists()


def test_others_imports_do_not_exist(browser, cast):
    browser(cast.ann).post("/imports/new/", {"entity": "lead", "file": upload()})
    batch = Import.objects.get()

    for address in ("", "map/", "rejected.csv"):
        answer = browser(cast.sales_manager).get(f"/imports/{batch.pk}/{address}")
        assert answer.status_code == 404
    assert browser(cast.reader).get("/imports/new/").status_code == 403


def test_list_asks_as_often_for_ten_imports_as_for_one(browser, cast):
    client = browser(cast.ann)

    def queries():
        with CaptureQueriesContext(connection) as caught:
            client.get("/imports/")
        return len(caught)

    Import.objects.create(entity="lead", file_name="a.csv", created_by=cast.ann)
    queries()
    one = queries()
    for _ in range(9):
        Import.objects.create(entity="lead", file_name="a.csv", created_by=cast.ann)
    assert queries() == one
