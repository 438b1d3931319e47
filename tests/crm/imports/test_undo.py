"""Undoing an import: what goes, what gets its values back, what stays and why."""

from __future__ import annotations

import json

import pytest
from django.core.files.base import ContentFile
from django.db import connection
from django.test.utils import CaptureQueriesContext

from core.base.errors import Denied, Refused
from core.jobs.models import Job, JobProblem
from core.jobs.running import run_chunk, run_to_end
from core.journal.models import Entry
from core.journal.services import acting, record
from crm.imports.running import import_run
from crm.imports.services import import_create
from crm.imports.undo import running
from crm.imports.undo.services import import_undo, undo_preview
from crm.models import Account, Activity, Contact, DeletedRecord, Import, Lead, Product
from crm.services.activities import note_add
from crm.services.bin import bin_restore
from crm.services.lead_contacts import lead_contacts_create
from crm.services.lead_lifecycle import lead_disqualify
from crm.services.records import record_delete, record_update
from sales.models import Opportunity
from sales.services.opportunities import opportunity_create
from tests.factories import ContactFactory, LeadFactory, NoteFactory

pytestmark = pytest.mark.django_db
MAPPING = {
    "columns": {"Key": "external_id", "Name": "last_name", "Mail": "email"},
    "match": ["email"],
}
LEADS = "Key,Name,Mail\n1,Ann,ann@x.example\n2,Ben,ben@x.example\n"


@pytest.fixture
def take_back(cast):
    def run(batch, user=None):
        job = run_to_end(import_undo(batch=batch, user=user or cast.admin))
        assert job.state == "completed", job.error
        batch.refresh_from_db()
        return {row.row_no: row for row in batch.rows.order_by("row_no")}

    return run


def codes(row):
    return [(line["attr"], line["code"]) for line in row.undo_why]


def test_what_nobody_touched_goes_to_the_bin_and_can_come_back(bring, take_back, cast):
    batch = bring("lead", LEADS, MAPPING, user=cast.ann)
    pk = batch.rows.get(row_no=1).record_id

    rows = take_back(batch)

    assert {row.undo for row in rows.values()} == {"undone"}
    assert (batch.undo_state, batch.undone, batch.undo_kept) == ("completed", 2, 0)
    assert not Lead.objects.exists()
    kept = DeletedRecord.objects.get(entity="lead", record_id=pk)
    assert kept.deleted_by == cast.admin
    assert bin_restore(deleted_id=kept.pk, user=cast.admin).last_name == "Ann"
    entry = Entry.objects.filter(name="lead.deleted").first()
    assert (entry.actor_id, entry.via) == (cast.admin.pk, f"import_undo:{batch.pk}")


def note(lead, cast):
    note_add(regarding_type="lead", regarding_id=lead.pk, body="Hello", user=cast.ann)


def edit(lead, cast):
    with acting(cast.ann, "browser"):
        record_update(record=lead, values={"city": "Oslo"}, user=cast.ann)


def automation(lead, cast):
    with acting(None, "scoring"):
        Lead.objects.filter(pk=lead.pk).update(rating="hot")


def close(lead, cast):
    with acting(None, "scoring"):
        lead_disqualify(lead_id=lead.pk, user=None, status_reason="lost")


def visit(lead, cast):
    record("page.visited", subject=("lead", lead.pk), lead_id=lead.pk)


def scan(lead, cast):
    record("email.opened", subject=("lead", lead.pk), lead_id=lead.pk, machine=True)


def machine_task(lead, cast):
    Activity.objects.create(
        kind="task", subject="Call", regarding_type="lead", regarding_id=lead.pk
    )


def task(lead, cast):
    Activity.objects.create(
        kind="task",
        subject="Call",
        regarding_type="lead",
        regarding_id=lead.pk,
        created_by=cast.ann,
    )


def sell(lead, cast):
    opportunity_create(user=None, values={"name": "O", "originating_lead": lead.pk})


def delete(lead, cast):
    record_delete(record=lead, user=cast.admin)


def nothing(lead, cast):
    pass


@pytest.mark.parametrize(
    ("deed", "undo", "expected"),
    [
        (nothing, "undone", []),
        (automation, "undone", []),
        (scan, "undone", []),
        (machine_task, "undone", []),
        (note, "kept", [("", "held")]),
        (task, "kept", [("", "held")]),
        (sell, "kept", [("", "held")]),
        (edit, "kept", [("", "changed")]),
        (close, "kept", [("", "closed")]),
        (visit, "kept", [("", "interaction")]),
        (delete, "gone", []),
    ],
)
def test_what_somebody_built_on_stays_with_the_reason(
    bring, take_back, cast, deed, undo, expected
):
    batch = bring("lead", LEADS, MAPPING)
    lead = Lead.objects.get(external_id="1")
    deed(lead, cast)
    before = undo_preview(batch=batch, user=cast.admin).of["leads"]

    rows = take_back(batch)

    assert (rows[1].undo, codes(rows[1])) == (undo, expected)
    assert rows[2].undo == "undone"
    assert Lead.objects.filter(pk=lead.pk).exists() is (undo == "kept")
    assert before["goes"] == 1 + (undo == "undone")
    assert before["kept"] == (undo == "kept")


@pytest.mark.parametrize(
    ("later", "city", "phone", "undo"),
    [
        ({}, "Rome", "", "undone"),
        ({"city": "Paris"}, "Paris", "", "partly"),
        ({"description": "x"}, "Rome", "", "undone"),
        ({"city": "Paris", "phone": "2"}, "Paris", "2", "kept"),
        ({"city": "Rome"}, "Rome", "", "undone"),
    ],
)
def test_a_changed_record_gets_back_what_is_still_the_imports(
    bring, take_back, cast, later, city, phone, undo
):
    person = ContactFactory(email="a@x.example", city="Rome", phone="", custom={})
    batch = bring(
        "contact",
        "Mail,City,Phone\na@x.example,Oslo,1\n",
        {"columns": {"Mail": "email", "City": "city", "Phone": "phone"}},
    )
    with acting(cast.ann, "browser"):
        record_update(record=person, values=later, user=cast.ann)

    row = take_back(batch)[1]

    person.refresh_from_db()
    assert (person.city, person.phone, row.undo) == (city, phone, undo)
    if undo != "undone":
        assert {line["attr"] for line in row.undo_why} == set(later)


def test_values_of_every_kind_come_back_exactly(bring, take_back, cast):
    lead = LeadFactory(
        email="a@x.example",
        estimated_value="123456789012.45",
        tags=["Old"],
        owner=cast.ben,
        do_not_email=False,
        number_of_employees=None,
        profile_links=["https://a.example/"],
    )
    before = Lead.objects.filter(pk=lead.pk).values().get()
    header = "Mail,Value,Tags,Owner,Mute,Staff,Links\n"
    batch = bring(
        "lead",
        header + "a@x.example,7.5,New,ann,yes,12,https://b.example/\n",
        {
            "columns": {
                "Mail": "email",
                "Value": "estimated_value",
                "Tags": "tags",
                "Owner": "owner",
                "Mute": "do_not_email",
                "Staff": "number_of_employees",
                "Links": "profile_links",
            }
        },
    )
    assert batch.updated == 1, list(batch.rows.values())

    assert take_back(batch)[1].undo == "undone"

    after = Lead.objects.filter(pk=lead.pk).values().get()
    moved = {name for name in before if before[name] != after[name]}
    assert moved <= {"version", "updated_at"}


def test_contacts_and_accounts_beside_the_rows_go_where_nothing_hangs_on_them(
    bring, take_back, cast
):
    text = (
        "Key,Name,Mail,Company\n1,Ann,ann@x.example,Acme\n2,Ben,ben@x.example,Bolt\n"
        "3,Cy,cy@x.example,\n"
    )
    columns = {**MAPPING["columns"], "Company": "company_name"}
    known = ContactFactory(email="cy@x.example", account=None)
    batch = bring(
        "lead",
        text,
        {"columns": columns, "create_contacts": True, "create_accounts": True},
    )
    assert (batch.contacts_created, batch.accounts_created) == (2, 2)
    person = Contact.objects.get(email="ben@x.example")
    note_add(regarding_type="contact", regarding_id=person.pk, body="Hi", user=cast.ann)

    rows = take_back(batch)

    assert not Lead.objects.exists()
    assert set(Contact.objects.values_list("pk", flat=True)) == {known.pk, person.pk}
    assert [account.name for account in Account.objects.all()] == ["Bolt"]
    assert (batch.contacts_undone, batch.accounts_undone) == (1, 1)
    assert codes(rows[2]) == [("contact", "held"), ("account", "held")]


def test_a_matched_contact_may_be_emailed_again(bring, take_back):
    person = ContactFactory(email="ann@x.example", do_not_email=False)
    columns = {**MAPPING["columns"], "Mute": "do_not_email"}
    batch = bring(
        "lead",
        "Key,Name,Mail,Mute\n1,Ann,ann@x.example,yes\n",
        {"columns": columns, "create_contacts": True},
    )
    person.refresh_from_db()
    assert person.do_not_email is True

    take_back(batch)

    person.refresh_from_db()
    assert person.do_not_email is False


def test_a_contact_that_another_lead_has_too_stays(bring, take_back):
    batch = bring("lead", LEADS, {**MAPPING, "create_contacts": True})
    other = LeadFactory(email="ann@x.example")
    lead_contacts_create(lead_ids=[other.pk])

    rows = take_back(batch)

    assert [person.email for person in Contact.objects.all()] == ["ann@x.example"]
    assert codes(rows[1]) == [("contact", "held")]


def test_accounts_go_with_their_parents(bring, take_back):
    mapping = {"columns": {"Name": "name", "Parent": "parent"}}
    bring("account", "Name,Parent\nTop,\n", mapping)
    batch = bring("account", "Name,Parent\nA,Top\n", mapping)
    again = bring("account", "Name,Parent\nB,A\n", mapping)

    kept = take_back(batch)[1]
    take_back(again)

    assert (kept.undo, codes(kept)) == ("kept", [("", "held")])
    assert {account.name for account in Account.objects.all()} == {"Top", "A"}


def test_products_and_opportunities_go_too(bring, take_back):
    batch = bring("opportunity", "Name\nDeal\n", {"columns": {"Name": "name"}})
    product = bring("product", "Name\nBike\n", {"columns": {"Name": "name"}})

    take_back(batch)
    take_back(product)

    assert not Opportunity.objects.exists()
    assert not Product.objects.filter(name="Bike").exists()


def test_the_same_file_makes_the_records_again(bring, take_back):
    batch = bring("lead", LEADS, MAPPING)
    take_back(batch)

    again = bring("lead", LEADS, MAPPING)

    assert (again.created, Lead.objects.count()) == (2, 2)


def test_two_rows_of_one_record_have_one_outcome(bring, take_back, monkeypatch):
    monkeypatch.setattr(running, "CHUNK", 1)
    text = "Key,Name,Mail\n1,Ann,ann@x.example\n1,Anna,ann@x.example\n"
    batch = bring("lead", text, MAPPING)

    rows = take_back(batch)

    assert [row.undo for row in rows.values()] == ["undone", "undone"]


def test_only_a_finished_import_is_undone_and_only_once(bring, take_back, cast):
    tried = bring("lead", LEADS, MAPPING, dry_run=True)
    batch = import_create(
        user=cast.admin,
        entity="lead",
        file=ContentFile(LEADS.encode()),
        file_name="l.csv",
        mapping=MAPPING,
    )

    def code(each):
        with pytest.raises(Refused) as refused:
            import_undo(batch=each, user=cast.admin)
        return refused.value.code

    assert code(tried) == "dry_run"
    assert code(batch) == "not_finished"
    import_run(import_id=batch.pk)
    job = import_undo(batch=batch, user=cast.admin)
    assert code(batch) == "undo_running"
    run_to_end(job)
    assert code(batch) == "undone"


def test_a_canceled_undo_goes_on_where_it_stopped(bring, cast, monkeypatch):
    monkeypatch.setattr(running, "CHUNK", 1)
    batch = bring("lead", LEADS, MAPPING)
    job = import_undo(batch=batch, user=cast.admin)
    assert run_chunk(job.pk)
    job.refresh_from_db()
    job.cancel_requested = True
    job.save()
    run_to_end(job)
    batch.refresh_from_db()
    assert (batch.undo_state, batch.undone) == ("canceled", 1)

    run_to_end(import_undo(batch=batch, user=cast.admin))

    batch.refresh_from_db()
    assert (batch.undo_state, batch.undone, Lead.objects.count()) == ("completed", 2, 0)


def test_a_chunk_that_dies_leaves_nothing_behind(bring, cast, monkeypatch):
    batch = bring("lead", LEADS, MAPPING)
    job = import_undo(batch=batch, user=cast.admin)
    real = running._count

    def die(*args):
        raise RuntimeError("killed")

    monkeypatch.setattr(running, "_count", die)
    run_chunk(job.pk)
    assert Lead.objects.count() == 2
    assert not DeletedRecord.objects.exists()
    assert not batch.rows.exclude(undo="").exists()

    monkeypatch.setattr(running, "_count", real)
    job.refresh_from_db()
    type(job).objects.filter(pk=job.pk).update(due_at=job.created_at)
    run_to_end(job)
    batch.refresh_from_db()
    assert (batch.undone, DeletedRecord.objects.count()) == (2, 2)
    assert not JobProblem.objects.exists()


def test_rights_on_the_records_are_needed(bring, cast):
    batch = bring("lead", LEADS, MAPPING, user=cast.ann)

    with pytest.raises(Denied):
        import_undo(batch=batch, user=cast.reader)


def test_what_was_imported_before_stays_and_says_so(bring, take_back):
    batch = bring("lead", LEADS, MAPPING)
    record_id = LeadFactory().pk
    batch.rows.filter(row_no=1).update(record_id=record_id)

    row = take_back(batch)[1]

    assert (row.undo, codes(row)) == ("kept", [("", "untraced")])
    assert Lead.objects.filter(pk=record_id).exists()


def test_as_many_queries_for_thirty_rows_as_for_two(bring, cast):
    def queries(count):
        lines = "".join(f"{count}-{n},P,p{count}-{n}@x.example\n" for n in range(count))
        batch = bring("lead", "Key,Name,Mail\n" + lines, MAPPING)
        job = import_undo(batch=batch, user=cast.admin)
        with CaptureQueriesContext(connection) as caught:
            run_to_end(job)
        batch.refresh_from_db()
        assert batch.undone == count
        return len(caught)

    queries(1)
    assert queries(30) == queries(2)


def test_api_undoes_and_reports(api, cast, bring):
    client = api(cast.admin)
    batch = bring("lead", LEADS, MAPPING, user=cast.admin)
    lead = Lead.objects.get(external_id="1")
    NoteFactory(regarding_type="lead", regarding_id=lead.pk, created_by=cast.ann)
    url = f"/api/v1/imports/{batch.pk}/"

    asked = client.post(f"{url}undo/", {"dry_run": True}, format="json")
    assert asked.json()["of"]["leads"]["goes"] == 1, asked.json()
    answer = client.post(f"{url}undo/")
    assert answer.status_code == 202
    again = client.post(f"{url}undo/")
    assert (again.status_code, again.json()["errors"][0]["code"]) == (
        409,
        "undo_running",
    )
    batch.refresh_from_db()
    run_to_end(Job.objects.get(pk=answer.json()["id"]))
    rows = client.get(f"{url}rows/?undo=kept").json()["results"]
    assert [(row["row_no"], row["undo_why"][0]["code"]) for row in rows] == [
        (1, "held")
    ]
    assert json.loads(json.dumps(client.get(url).json()))["undone"] == 1


def test_browser_says_before_what_goes_then_shows_the_report(client, cast, bring):
    client.force_login(cast.admin)
    batch = bring("lead", LEADS, MAPPING, user=cast.admin)
    edit(Lead.objects.get(external_id="1"), cast)
    page = client.get(f"/imports/{batch.pk}/").content.decode()
    assert "Undo import" in page
    panel = client.get(f"/imports/{batch.pk}/undo/").content.decode()
    assert "Go to the bin" in panel
    assert "Somebody changed it since." in panel

    client.post(f"/imports/{batch.pk}/undo/")
    waiting = client.get(f"/imports/{batch.pk}/").content.decode()
    assert "Stop the undo" in waiting
    run_to_end(Job.objects.get(pk=Import.objects.get(pk=batch.pk).undo_job_id))
    shown = client.get(f"/imports/{batch.pk}/?undo=kept").content.decode()
    assert "Somebody changed it since." in shown
    assert "Undo import" not in shown
    report = client.get(f"/imports/{batch.pk}/report.csv")
    lines = b"".join(report.streaming_content).decode("utf-8-sig").splitlines()
    assert lines[1].endswith("Kept,Somebody changed it since.")
    assert client.post(f"/imports/{batch.pk}/undo/").status_code == 409
