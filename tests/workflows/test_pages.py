"""Workflows in the browser: who may do what, dry run, report, steps, budgets."""

from __future__ import annotations

import csv
import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from core.jobs.models import Job
from core.jobs.running import run_to_end
from core.journal.models import Entry
from crm.models import Contact, Lead
from tests.factories import AccountFactory, LeadFactory
from tests.workflows.conftest import settle, step
from workflows.models import Run, Workflow
from workflows.shipped import ORPHANED_LEADS

pytestmark = pytest.mark.django_db
BACKEND = "django.contrib.auth.backends.ModelBackend"

READERS = {"administrator", "marketing_manager", "marketer", "sales_manager"}
CHANGERS = {"administrator", "marketing_manager"}


@pytest.fixture
def shipped():
    return Workflow.objects.get(key=ORPHANED_LEADS)


@pytest.fixture
def manager(client, cast):
    client.force_login(cast.marketing_manager, backend=BACKEND)
    return client


@pytest.fixture
def orphans():
    named = [LeadFactory(email=f"p{n}@example.com") for n in range(3)]
    nameless = LeadFactory(first_name="", last_name="", email="", topic="Nobody")
    return [*named, nameless]


def words(html):
    """What one reads, without tags."""
    return " ".join(re.sub(r"<[^>]+>", "", html).split())


def finished(client, shipped):
    """Run the workflow now; gives the job, ended."""
    answer = client.post(f"/workflows/{shipped.pk}/run/")
    assert answer.status_code == 302
    job = Job.objects.latest("pk")
    assert answer.url == f"/workflows/{shipped.pk}/jobs/{job.pk}/"
    return run_to_end(job)


def test_pages_open_for_who_reads_workflows(client, cast, shipped):
    pages = ["", f"{shipped.pk}/", f"{shipped.pk}/run/", f"{shipped.pk}/runs/"]
    pages += [f"{shipped.pk}/history/", f"{shipped.pk}/run/?part=figures"]
    for role, user in cast.by_role().items():
        client.force_login(user, backend=BACKEND)
        for page in pages:
            got = client.get(f"/workflows/{page}").status_code
            assert got == (200 if role in READERS else 403), (role, page)


def test_deeds_are_for_who_may_change_workflows(client, cast, shipped):
    deeds = ("activate/", "deactivate/", "run/", "runs/retry/", "steps/", "edit/")
    for role, user in cast.by_role().items():
        if role in CHANGERS:
            continue
        client.force_login(user, backend=BACKEND)
        for deed in deeds:
            got = client.post(f"/workflows/{shipped.pk}/{deed}", {"do": "remove"})
            # The editor asks the rows first: to strangers there is nothing.
            hidden = role not in READERS and deed == "edit/"
            assert got.status_code == (404 if hidden else 403), (role, deed)
    shipped.refresh_from_db()
    assert not shipped.is_active
    assert not Job.objects.exists()


def test_workflow_is_activated_and_deactivated(manager, shipped):
    assert manager.post(f"/workflows/{shipped.pk}/activate/").status_code == 302
    page = manager.get(f"/workflows/{shipped.pk}/").text
    assert "Deactivate" in page
    assert manager.post(f"/workflows/{shipped.pk}/activate/").status_code == 409
    assert manager.post(f"/workflows/{shipped.pk}/deactivate/").status_code == 302


def test_dry_run_says_whom_it_touches_and_who_is_left_out(manager, shipped, orphans):
    page = manager.get(f"/workflows/{shipped.pk}/run/?part=figures").text
    assert "Run now for 3 leads" in words(page)
    assert "neither a name nor an email" in page
    for lead in orphans[:3]:
        assert f"/leads/{lead.pk}/" in page
    assert not Contact.objects.exists()


def test_marketer_sees_the_dry_run_without_the_button(client, cast, shipped, orphans):
    client.force_login(cast.ann, backend=BACKEND)
    page = client.get(f"/workflows/{shipped.pk}/run/?part=figures").text
    assert "Run now for" not in page
    assert "data-count" in page


def test_run_now_ends_in_a_report_whose_numbers_open_their_rows(
    manager, shipped, orphans
):
    job = finished(manager, shipped)
    report = manager.get(f"/workflows/{shipped.pk}/jobs/{job.pk}/").text
    assert "Report" in report
    assert "Contacts created" in report
    rows = f"/workflows/{shipped.pk}/runs/?job={job.pk}&figure=contacts_created"
    assert manager.get(rows).text.count("w-run") >= 3
    assert Contact.objects.filter(marketing_only=True).count() == 3


def test_passed_over_records_are_listed_with_the_reason(manager, shipped, active):
    lead = LeadFactory(first_name="=cmd", last_name="Doe")
    workflow = active(step("set_marketing_only", marketing_only=True))
    job = finished(manager, workflow)
    report = manager.get(f"/workflows/{workflow.pk}/jobs/{job.pk}/").text
    assert "The lead has no contact." in report
    answer = manager.get(f"/workflows/{workflow.pk}/jobs/{job.pk}/passed-over.csv")
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    rows = list(csv.reader(text.splitlines()))
    assert rows == [
        ["Id", "Name", "Why"],
        [str(lead.pk), "'=cmd Doe", "The lead has no contact."],
    ]


def test_numbers_stand_at_the_steps(manager, active):
    workflow = active(
        {
            "type": "branch",
            "params": {"condition": {"field": "city", "op": "eq", "value": "Rome"}},
            "then": [step("set_field", field="rating", value="hot")],
            "else": [
                step("wait", **{"for": {"days": 2}}),
                step("set_field", field="rating", value="cold"),
            ],
        },
        on_created=True,
    )
    LeadFactory(city="Rome")
    LeadFactory(city="Oslo")
    settle()
    page = manager.get(f"/workflows/{workflow.pk}/").text
    assert "1 waiting" in words(page)
    panel = manager.get(f"/workflows/{workflow.pk}/?part=step&step=0").text
    assert "50%" in panel
    assert "Rome" in panel


def test_steps_are_added_changed_moved_and_removed(manager, shipped):
    address = f"/workflows/{shipped.pk}/steps/"

    def send(**data):
        shipped.refresh_from_db()
        answer = manager.post(address, {"version": shipped.version, **data})
        shipped.refresh_from_db()
        return answer

    wait = {"type": "wait", "number": 2, "unit": "days"}
    assert send(do="insert", at="1", **wait).status_code == 200
    assert shipped.steps[1]["params"] == {"for": {"days": 2}}
    assert send(do="save", step="1", number=3, unit="hours").status_code == 200
    assert shipped.steps[1]["params"] == {"for": {"hours": 3}}
    send(do="up", step="1")
    assert [each["type"] for each in shipped.steps] == ["wait", "create_contact"]
    send(do="remove", step="0")
    assert [each["type"] for each in shipped.steps] == ["create_contact"]


def test_what_is_wrong_with_a_step_is_said_at_its_setting(manager, shipped):
    address = f"/workflows/{shipped.pk}/steps/"
    data = {"do": "insert", "at": "1", "type": "set_field", "version": shipped.version}
    answer = manager.post(address, {**data, "field": "email", "value": "no address"})
    assert answer.status_code == 422
    assert 'id="id_value_error"' in answer.text
    shipped.refresh_from_db()
    assert len(shipped.steps) == 1


def test_a_broken_condition_is_refused_at_its_field(manager):
    data = {"name": "Broken", "entity": "lead", "on_demand": "on"}
    for condition in ('{"field": "nope", "op": "eq", "value": 1}', "{", "[1]"):
        answer = manager.post("/workflows/new/", {**data, "condition": condition})
        assert answer.status_code == 422
        assert 'id="id_condition_error"' in answer.text
    assert not Workflow.objects.filter(name="Broken").exists()


def test_a_workflow_without_steps_is_not_activated(manager, cast):
    answer = manager.post(
        "/workflows/new/", {"name": "Empty", "entity": "lead", "on_demand": "on"}
    )
    workflow = Workflow.objects.get(name="Empty")
    assert answer.url == f"/workflows/{workflow.pk}/"
    answer = manager.post(f"/workflows/{workflow.pk}/activate/")
    assert answer.status_code == 400
    assert "Add at least one step." in answer.text


def test_failed_runs_are_tried_again(manager, active):
    workflow = active(step("set_field", field="rating", value="hot"), on_created=True)
    LeadFactory()
    settle()
    Run.objects.update(state="failed", error="Lost", position="0", log=[])
    page = manager.get(f"/workflows/{workflow.pk}/runs/?state=failed").text
    assert "Retry all failed" in page
    assert manager.post(f"/workflows/{workflow.pk}/runs/retry/").status_code == 302
    settle()
    assert Run.objects.get().state == "completed"
    assert Entry.objects.filter(name="workflow.retried").exists()


def test_timeline_and_history_name_the_workflow(manager, shipped, orphans):
    finished(manager, shipped)
    contact = Contact.objects.first()
    assert f"by {shipped.name}" in manager.get(f"/contacts/{contact.pk}/").text
    audit = manager.get(f"/contacts/{contact.pk}/?part=audit").text
    assert shipped.name in audit


def queries(client, path):
    with CaptureQueriesContext(
        connection,
    ) as context:
        assert client.get(path).status_code == 200
    return len(context)


def test_as_many_queries_for_ten_rows_as_for_one(manager, active, shipped):
    workflow = active(step("set_field", field="rating", value="hot"), on_created=True)
    account = AccountFactory()
    paths = (
        f"/workflows/{workflow.pk}/runs/",
        f"/workflows/{workflow.pk}/?step=0",
        f"/workflows/{shipped.pk}/run/?part=figures",
        "/workflows/",
    )
    LeadFactory()
    settle()
    for path in paths:
        queries(manager, path)
    one = [queries(manager, path) for path in paths]
    for _ in range(9):
        LeadFactory()
        LeadFactory(parent_account=account)
    for number in range(9):
        active(step("stop"), name=f"More {number}")
    settle()
    assert Lead.objects.count() > 10
    assert [queries(manager, path) for path in paths] == one


def test_home_of_marketing_leads_to_the_dry_run(client, cast, shipped, orphans):
    for user, button in (
        (cast.ann, "See dry run"),
        (cast.marketing_manager, "Create contacts"),
    ):
        client.force_login(user, backend=BACKEND)
        page = client.get("/").text
        assert f'href="/workflows/{shipped.pk}/run/"' in page
        assert button in page
