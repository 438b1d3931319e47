"""Whoever changes a record, through whatever door: the journal tells it."""

from __future__ import annotations

import io
from datetime import UTC, datetime

import pytest
from django.core.management import call_command
from django.db import connection

from core.journal.models import Entry
from core.journal.services import acting
from crm.models import Account, Choice, Contact, Lead, Tag
from tests.factories import AccountFactory, ContactFactory, LeadFactory

pytestmark = pytest.mark.django_db


def entries(name, **where):
    return list(Entry.objects.filter(name=name, **where).order_by("id"))


def changes(record):
    kind = type(record)._meta.model_name
    found = entries(f"{kind}.updated", subject_id=record.pk)
    return [entry.data["changes"] for entry in found]


class TestDoors:
    """Each way to write: journaled with old, new and actor."""

    def check(self, contact, cast, old="", new="Rome"):
        [entry] = entries("contact.updated", subject_id=contact.pk)
        assert entry.data == {"changes": {"city": [old, new]}}
        assert (entry.actor_id, entry.via) == (cast.ann.pk, "test")
        assert entry.contact_id == contact.pk

    def test_save_of_an_object(self, cast):
        contact = ContactFactory()
        with acting(cast.ann, "test"):
            contact.city = "Rome"
            contact.save()
        self.check(contact, cast)

    def test_update_of_a_queryset(self, cast):
        contact = ContactFactory()
        with acting(cast.ann, "test"):
            Contact.objects.filter(pk=contact.pk).update(city="Rome")
        self.check(contact, cast)

    def test_bulk_update(self, cast):
        contact, other = ContactFactory(), ContactFactory(city="Rome")
        contact.city = "Rome"
        with acting(cast.ann, "test"):
            Contact.objects.bulk_update([contact, other], ["city"])
        self.check(contact, cast)
        assert changes(other) == []

    def test_upsert_tells_new_rows_from_changed_ones(self, cast):
        contact = ContactFactory()
        with acting(cast.ann, "test"):
            Contact.objects.bulk_create(
                [
                    Contact(pk=contact.pk, city="Rome"),
                    Contact(pk=contact.pk + 1000, city="Oslo"),
                ],
                update_conflicts=True,
                unique_fields=["id"],
                update_fields=["city"],
            )
        self.check(contact, cast)
        [entry] = entries("contact.created", subject_id=contact.pk + 1000)
        assert entry.data["values"]["city"] == "Oslo"

    def test_copy(self, cast):
        with acting(cast.ann, "copy"), connection.cursor() as cursor:
            cursor.copy_expert(
                "COPY crm_tag (name, colour) FROM STDIN", io.StringIO("a\tred\nb\t\n")
            )
        found = entries("tag.created", via="copy", actor_id=cast.ann.pk)
        assert [e.data["values"] for e in found] == [
            {"name": "a", "colour": "red"},
            {"name": "b"},
        ]

    def test_raw_sql_without_an_actor_names_the_database_role(self, cast):
        contact = ContactFactory()
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE crm_contact SET city = 'Rome' WHERE id = %s", [contact.pk]
            )
            cursor.execute("SELECT session_user")
            role = cursor.fetchone()[0]
        [entry] = entries("contact.updated", subject_id=contact.pk)
        assert (entry.actor_id, entry.via) == (None, f"database:{role}")

    def test_cascade(self, cast):
        account = AccountFactory()
        pk = account.pk
        contact = ContactFactory(account=account)
        lead = LeadFactory(parent_account=account)
        with acting(cast.ann, "test"):
            account.delete()
        assert changes(contact) == [{"account": [pk, None]}]
        assert changes(lead) == [{"parent_account": [pk, None]}]
        [entry] = entries("account.deleted", actor_id=cast.ann.pk)
        assert entry.data["values"]["name"] == account.name
        assert entry.account_id == pk


def test_created_entry_holds_what_is_not_blank():
    lead = Lead.objects.create(topic="Boats", tags=["vip"], annual_revenue="12.50")

    [entry] = entries("lead.created", subject_id=lead.pk)
    values = entry.data["values"]
    assert values["topic"] == "Boats"
    assert values["tags"] == ["vip"]
    assert values["annual_revenue"] == 12.5
    assert values["do_not_email"] is False
    assert not values.keys() & {
        *("email", "custom", "profile_links", "parent_contact", "created_at"),
        *("version", "updated_at", "email_norm", "search_text", "sort_name", "id"),
    }


def test_created_entry_holds_a_date_of_creation_that_somebody_gave():
    lead = Lead.objects.create(created_at=datetime(2020, 1, 2, tzinfo=UTC))

    [entry] = entries("lead.created", subject_id=lead.pk)
    assert entry.data["values"]["created_at"].startswith("2020-01-02T00:00:00")


def test_entry_carries_the_people_behind_the_record():
    account = AccountFactory()
    contact = ContactFactory(account=account)
    lead = LeadFactory(parent_contact=contact, parent_account=account)

    [entry] = entries("lead.created", subject_id=lead.pk)
    assert (entry.subject_type, entry.lead_id) == ("lead", lead.pk)
    assert (entry.contact_id, entry.account_id) == (contact.pk, account.pk)


def test_lists_json_numbers_and_dates_are_told_as_values():
    contact = ContactFactory(custom={"size": 1}, tags=["a"], profile_links=[])
    contact.custom = {"size": 2, "deep": {"x": [None, 'q"uote\\']}}
    contact.tags = ["a", 'b "c", {d}']
    contact.consent_level = 3
    contact.birth_date = "1980-02-29"
    contact.save()

    assert changes(contact) == [
        {
            "custom": [{"size": 1}, {"size": 2, "deep": {"x": [None, 'q"uote\\']}}],
            "tags": [["a"], ["a", 'b "c", {d}']],
            "consent_level": [0, 3],
            "birth_date": [None, "1980-02-29"],
        }
    ]


def test_long_and_strange_text_is_kept_whole():
    contact = ContactFactory(description="")
    text = 'He said "no"\\\n\tÄ 😀 ' * 5_000
    Contact.objects.filter(pk=contact.pk).update(description=text)

    assert changes(contact) == [{"description": ["", text]}]


def test_each_row_of_a_large_statement_has_its_own_entry():
    Choice.objects.all().delete()
    Choice.objects.bulk_create(Choice(list="x", value=str(n)) for n in range(3_000))
    Choice.objects.filter(value="7").update(position=1)
    Choice.objects.filter(list="x", active=True).update(active=False)

    made = Entry.objects.filter(name="choice.created", data__values__list="x")
    assert made.count() == 3_000
    ended = Entry.objects.filter(name="choice.updated", data__changes__active__0=True)
    assert ended.values("subject_id").distinct().count() == 3_000


class TestVersion:
    def version(self, record):
        return type(record).objects.values_list("version", flat=True).get(pk=record.pk)

    def test_moves_with_a_visible_change_and_with_it_the_date(self):
        contact = ContactFactory()
        Contact.objects.filter(pk=contact.pk).update(city="Rome")

        after = Contact.objects.get(pk=contact.pk)
        assert after.version == 2
        assert after.updated_at > contact.updated_at

    def test_stays_where_nothing_changed(self):
        contact = ContactFactory(city="Rome")
        Contact.objects.filter(pk=contact.pk).update(city="Rome")

        assert self.version(contact) == 1
        assert changes(contact) == []

    def test_a_quiet_column_moves_nothing_and_is_not_told(self):
        lead = LeadFactory()
        Lead.objects.filter(pk=lead.pk).update(last_activity_at=datetime.now(UTC))

        after = Lead.objects.get(pk=lead.pk)
        assert after.version == 1
        assert after.updated_at == lead.updated_at
        assert after.last_activity_at is not None
        assert changes(lead) == []

    def test_a_stale_object_cannot_turn_it_back(self):
        stale = ContactFactory()
        for city in ("Rome", "Oslo", "Bern"):
            Contact.objects.filter(pk=stale.pk).update(city=city)

        Contact.objects.filter(pk=stale.pk).update(version=1)
        assert self.version(stale) == 4
        stale.save()
        assert self.version(stale) == 5, "an old city was written: a visible change"

    def test_nobody_writes_it(self):
        account = AccountFactory()
        Account.objects.filter(pk=account.pk).update(
            version=77, updated_at="2001-01-01T00:00Z"
        )

        after = Account.objects.get(pk=account.pk)
        assert (after.version, after.updated_at) == (1, account.updated_at)


def test_switch_of_django_pgtrigger_is_not_obeyed():
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL pgtrigger.ignore = '{pgtrigger_journal_created}'")
        cursor.execute(
            "SELECT count(*) FROM pg_proc WHERE proname LIKE 'pgtrigger_journal%' "
            "AND prosrc LIKE '%ignore%'"
        )
        assert cursor.fetchone()[0] == 0
    tag = Tag.objects.create(name="seen")
    assert entries("tag.created", subject_id=tag.pk)


def test_triggers_in_the_models_and_in_the_migrations_agree():
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


def test_rights_are_audited_and_a_password_is_never_told(cast):
    """People and grants, too: who gave whom which right."""
    cast.ann.set_password("a new secret")
    cast.ann.job_title = "Head of marketing"
    cast.ann.save()
    cast.ann.last_login = datetime.now(UTC)
    cast.ann.save()

    assert changes(cast.ann) == [
        {"password": ["***", "***"], "job_title": ["", "Head of marketing"]}
    ]
    [made] = entries("user.created", subject_id=cast.ann.pk)
    assert made.data["values"].get("password", "***") == "***"
