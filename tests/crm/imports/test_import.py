"""Imports from the file to the records, with a report that adds up."""

from __future__ import annotations

import json

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection
from django.test.utils import CaptureQueriesContext

from core.base.errors import Denied, Invalid
from core.journal.models import Entry
from crm.imports import running
from crm.imports.running import import_run, import_run_chunk
from crm.models import (
    Account,
    Choice,
    Contact,
    CustomField,
    Import,
    ImportRow,
    Lead,
    Tag,
)
from tests.crm.imports.test_files import PLAIN
from tests.factories import AccountFactory, ContactFactory, LeadFactory

pytestmark = pytest.mark.django_db
MAPPING = {"columns": {"Name": "last_name", "Mail": "email", "City": "city"}}
HEAD = "Name,Mail,City\n"


def reasons(batch):
    rows = batch.rows.filter(result="rejected").order_by("row_no")
    return {row.row_no: [(e["attr"], e["code"]) for e in row.errors] for row in rows}


def test_rows_become_records_and_are_reported(bring, totals):
    ContactFactory(last_name="Old", email="old@x.example", city="Rome")

    batch = bring(
        "contact",
        HEAD
        + "New,new@x.example,Paris\n"
        + "Old,OLD@x.example ,Oslo\n"
        + "Bad,nobody,Paris\n"
        + "Short,a@x.example\n",
        MAPPING,
    )

    assert totals(batch) == (1, 1, 0, 2)
    assert reasons(batch) == {3: [("email", "email")], 4: [("", "ragged")]}
    assert Contact.objects.get(email__iexact="old@x.example").city == "Oslo"
    new = Contact.objects.get(email="new@x.example")
    assert (new.last_name, new.marketing_only) == ("New", False)
    assert batch.rows.get(row_no=1).record_id == new.pk


def test_second_run_changes_nothing(bring, totals):
    text = HEAD + "A,a@x.example,Paris\nB,b@x.example,\nC,c@x.example,Bonn\n"
    bring("contact", text, MAPPING)
    before = Entry.objects.filter(name__startswith="contact.").count()

    batch = bring("contact", text, MAPPING)

    assert totals(batch) == (0, 0, 3, 0)
    assert Entry.objects.filter(name__startswith="contact.").count() == before


def test_rows_of_one_person_make_one_record(bring, totals):
    batch = bring(
        "contact",
        HEAD + "A,a@x.example,\nA, A@X.example,Paris\nA,a@x.example,Paris\n",
        MAPPING,
    )

    assert totals(batch) == (1, 1, 1, 0)
    assert Contact.objects.get().city == "Paris"


def test_external_id_matches_first_and_keeps_two_records_of_one_address_apart(
    bring, totals
):
    text = "Id,Name,Mail\n7,Anna,home@x.example\n8,Ben,home@x.example\n"
    mapping = {"columns": {"Id": "external_id", "Name": "last_name", "Mail": "email"}}

    assert totals(bring("contact", text, mapping)) == (2, 0, 0, 0)
    renamed = text.replace("Ben", "Bob")
    assert totals(bring("contact", renamed, mapping)) == (0, 1, 1, 0)
    assert set(Contact.objects.values_list("last_name", flat=True)) == {"Anna", "Bob"}


def test_record_without_external_id_takes_it_over(bring, totals):
    known = ContactFactory(email="a@x.example")
    mapping = {"columns": {"Id": "external_id", "Mail": "email"}}

    assert totals(bring("contact", "Id,Mail\n7,a@x.example\n", mapping)) == (0, 1, 0, 0)
    known.refresh_from_db()
    assert known.external_id == "7"


def test_empty_cell_and_null_word_leave_what_is_known(bring):
    ContactFactory(email="a@x.example", city="Rome")
    mapping = {**MAPPING, "values": {"city": {"Select": None}}}

    bring("contact", HEAD + "A,a@x.example,Select\nB,b@x.example,select\n", mapping)

    assert Contact.objects.get(email="a@x.example").city == "Rome"
    assert Contact.objects.get(email="b@x.example").city == ""


def test_preference_only_tightens(bring):
    ContactFactory(email="a@x.example", do_not_email=True)
    mapping = {"columns": {"Mail": "email", "Refuses": "do_not_email"}}

    bring("contact", "Mail,Refuses\na@x.example,No\nb@x.example,Yes\n", mapping)

    assert set(Contact.objects.values_list("do_not_email", flat=True)) == {True}


def test_unknown_list_value_is_a_reported_row_unless_the_list_is_open(bring, totals):
    mapping = {"columns": {"Mail": "email", "Source": "lead_source"}}
    text = (
        "Mail,Source\na@x.example,google\nb@x.example,Zeppelin\nc@x.example,zeppelin\n"
    )

    closed = bring("lead", text, mapping)
    opened = bring("lead", text, {**mapping, "values": {"lead_source": "*"}})

    assert totals(closed) == (1, 0, 0, 2)
    assert reasons(closed)[2] == [("lead_source", "unknown")]
    assert totals(opened) == (2, 0, 1, 0)
    found = Lead.objects.order_by("email").values_list("lead_source", flat=True)
    assert list(found) == ["Google", "Zeppelin", "Zeppelin"]
    assert Choice.objects.filter(value__iexact="zeppelin").count() == 1


def test_look_ups_find_by_words_and_report_what_they_do_not_know(bring, totals, cast):
    AccountFactory(name="Contoso")
    mapping = {
        "columns": {"Mail": "email", "Company": "account", "Owner": "owner"},
    }

    batch = bring(
        "contact",
        "Mail,Company,Owner\na@x.example,contoso,ben\nb@x.example,Fabrikam,\n",
        mapping,
    )

    assert totals(batch) == (1, 0, 0, 1)
    made = Contact.objects.get(email="a@x.example")
    assert (made.account.name, made.owner) == ("Contoso", cast.ben)
    assert reasons(batch) == {2: [("account", "unknown")]}


def test_custom_fields_tags_and_constants(bring, totals):
    CustomField.objects.create(entity="lead", key="size", label="Size", kind="number")
    mapping = {
        "columns": {"Mail": "email", "Size": "custom.size", "Tags": "tags"},
        "constants": {"topic": "Fair 2026", "decision_maker": True},
    }
    text = 'Mail,Size,Tags\na@x.example,"1,5","VIP; new"\nb@x.example,large,\n'

    batch = bring("lead", text, {**mapping, "values": {"tags": "*"}})

    assert totals(batch) == (1, 0, 0, 1)
    lead = Lead.objects.get()
    assert (lead.custom, lead.tags, lead.topic) == (
        {"size": 1.5},
        ["VIP", "new"],
        "Fair 2026",
    )
    assert lead.decision_maker
    assert set(Tag.objects.values_list("name", flat=True)) >= {"VIP", "new"}


def test_closed_lead_is_refused_as_a_row_but_unchanged_where_nothing_differs(
    bring, totals
):
    LeadFactory(
        external_id="7", last_name="A", state="qualified", status_reason="qualified"
    )
    mapping = {"columns": {"Id": "external_id", "Name": "last_name"}}

    assert totals(bring("lead", "Id,Name\n7,A\n", mapping)) == (0, 0, 1, 0)
    refused = bring("lead", "Id,Name\n7,B\n", mapping)
    assert totals(refused) == (0, 0, 0, 1)
    assert reasons(refused) == {1: [("", "closed")]}


def test_closed_leads_of_the_past_come_in_closed(bring, totals):
    mapping = {
        "columns": {"Name": "last_name", "State": "state", "Why": "status_reason"}
    }

    batch = bring(
        "lead",
        "Name,State,Why\nA,Disqualified,\nB,qualified,qualified\nC,open,lost\n",
        {**mapping, "match": []},
    )

    assert totals(batch) == (2, 0, 0, 1)
    assert reasons(batch) == {3: [("status_reason", "choice")]}
    lost = Lead.objects.get(last_name="A")
    assert (lost.status_reason, lost.closed_at is not None) == ("lost", True)


def test_nul_and_half_surrogates_are_reported_at_their_row(bring, totals):
    data = (
        HEAD.encode()
        + b"A\x00,a@x.example,\nB\xed\xa0\x80,b@x.example,\nC,c@x.example,"
    )

    batch = bring("contact", data + b"\n", MAPPING)

    assert totals(batch) == (1, 0, 0, 2)
    assert {code for errors in reasons(batch).values() for _, code in errors} == {
        "unstorable"
    }


def test_long_name_is_reported_at_its_field(bring):
    batch = bring("contact", HEAD + f"{'x' * 100_000},a@x.example,\n", MAPPING)

    assert reasons(batch) == {1: [("last_name", "too_long")]}
    assert not Contact.objects.exists()


def test_row_that_says_nobody_is_reported(bring):
    batch = bring("contact", HEAD + ",,Paris\n,,\n", MAPPING)

    assert reasons(batch) == {1: [("last_name", "required")], 2: [("", "empty")]}


def test_create_contacts_makes_marketing_only_contacts_once(bring, totals):
    ContactFactory(email="old@x.example", marketing_only=False)
    mapping = {
        "columns": {"Name": "last_name", "Mail": "email", "No": "do_not_email"},
        "match": [],
        "create_contacts": True,
        "create_accounts": True,
        "templates": {"company_name": "{Firm}"},
    }
    text = (
        "Name,Mail,No,Firm\nA,a@x.example,No,Contoso\nB,a@x.example,Yes,contoso\n"
        "C,old@x.example,Yes,\n"
    )

    batch = bring("lead", text, mapping)

    assert totals(batch)[0] == 3
    assert (batch.contacts_created, batch.accounts_created) == (1, 1)
    assert not Lead.objects.filter(parent_contact=None).exists()
    made = Contact.objects.get(email="a@x.example")
    assert made.marketing_only
    assert made.do_not_email
    assert made.account == Account.objects.get(name="Contoso")
    assert Contact.objects.get(email="old@x.example").do_not_email


def test_dry_run_says_what_would_be_and_leaves_nothing(bring, totals):
    mapping = {**MAPPING, "create_contacts": True}

    batch = bring("lead", HEAD + "A,a@x.example,\nB,bad,\n", mapping, dry_run=True)

    assert totals(batch) == (1, 0, 0, 1)
    assert batch.contacts_created == 1
    assert not Lead.objects.exists()
    assert not Contact.objects.exists()
    assert batch.rows.get(row_no=1).record_id is None


def test_import_resumes_where_it_was_killed(bring, totals, monkeypatch):
    monkeypatch.setattr(running, "CHUNK", 2)
    monkeypatch.setattr(running, "STAGE_CHUNK", 3)
    text = HEAD + "".join(f"P{n},p{n}@x.example,\n" for n in range(7))
    killed = []

    def die(*args, **kwargs):
        if len(killed) < 3:
            killed.append(True)
            raise RuntimeError("killed")
        return noted(*args, **kwargs)

    noted = running._note
    monkeypatch.setattr(running, "_note", die)
    for _ in range(3):
        with pytest.raises(RuntimeError):
            bring("contact", text, MAPPING)
    batch = import_run(import_id=Import.objects.order_by("id").first().pk)

    assert totals(batch) == (7, 0, 0, 0)
    assert Contact.objects.count() == 7


def test_canceled_import_stops(bring):
    batch = bring("contact", HEAD + "A,a@x.example,\n", MAPPING, dry_run=True)
    Import.objects.filter(pk=batch.pk).update(state="canceled")

    assert import_run_chunk(import_id=batch.pk)


def test_user_without_the_right_is_denied(bring, cast):
    with pytest.raises(Denied):
        bring("contact", HEAD + "A,a@x.example,\n", MAPPING, user=cast.reader)

    assert not Import.objects.exists()


def test_rows_beyond_the_users_reach_are_rejected_and_new_ones_are_theirs(
    bring, totals, cast
):
    ContactFactory(email="anns@x.example", owner=cast.ann, team=cast.marketing)
    ContactFactory(email="bens@x.example", owner=cast.ben, team=cast.benelux)

    batch = bring(
        "contact",
        "Mail,City\nanns@x.example,Oslo\nbens@x.example,Ghent\nnew@x.example,\n",
        {"columns": {"Mail": "email", "City": "city"}},
        user=cast.sales_manager,
    )

    assert totals(batch) == (1, 1, 0, 1)
    assert reasons(batch) == {1: [("", "permission_denied")]}
    assert Contact.objects.get(email="new@x.example").owner == cast.sales_manager


def test_changes_are_journaled_with_the_importing_user(bring, cast):
    batch = bring("contact", HEAD + "A,a@x.example,\n", MAPPING, user=cast.ann)

    entry = Entry.objects.get(name="contact.created")
    assert (entry.actor_id, entry.via) == (cast.ann.pk, f"import:{batch.pk}")


def test_wrong_mapping_leaves_nothing(bring):
    with pytest.raises(Invalid):
        bring("contact", PLAIN, {"columns": {"first_name": "shoe_size"}})

    assert not Import.objects.exists()


def test_ten_rows_cost_as_many_queries_as_one(bring):
    def queries(count):
        at = f"{count}.example" if count > 1 else f"{Contact.objects.count()}.example"
        text = HEAD + "".join(f"P,{n}@{at},Rome\n" for n in range(count))
        with CaptureQueriesContext(connection) as caught:
            bring("contact", text, MAPPING)
        return len(caught)

    queries(1)
    assert queries(1) == queries(10)


def test_command_imports_and_prints_the_totals(tmp_path, capsys, cast):
    file, mapping = tmp_path / "people.csv", tmp_path / "map.json"
    file.write_text(HEAD + "A,a@x.example,\nB,bad,\n")
    mapping.write_text(json.dumps(MAPPING))

    call_command("import_file", "contact", file, mapping=mapping, user="ann")

    said = capsys.readouterr().out.split()
    assert said[said.index("created") + 1] == "1"
    assert said[said.index("rejected") + 1] == "1"
    assert Contact.objects.get().created_by == cast.ann


def test_command_names_the_fault(tmp_path):
    file, mapping = tmp_path / "people.csv", tmp_path / "map.json"
    file.write_text(HEAD)
    mapping.write_text('{"columns": {"Name": "shoe_size"}}')

    with pytest.raises(CommandError, match=r"mapping\.columns\.Name"):
        call_command("import_file", "contact", file, mapping=mapping)


def test_rows_of_an_import_go_with_it(bring):
    batch = bring("contact", HEAD + "A,a@x.example,\n", MAPPING)

    batch.delete()

    assert not ImportRow.objects.exists()
