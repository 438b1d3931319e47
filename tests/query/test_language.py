"""Operators at their edges, limits while running, and what a query depends on."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from django.db import connection

from core.journal.models import Entry
from core.query.language import (
    Context,
    QueryTimeout,
    affected_ids,
    compile_ids,
    count_ids,
    counts,
    dependencies,
    describe,
    evaluating,
    list_ids,
    matching,
    next_change,
    validate,
    why,
)
from crm.models import Contact, CustomField
from tests.factories import AccountFactory, ContactFactory, LeadFactory

NOW = datetime(2026, 3, 29, 10, tzinfo=UTC)
BERLIN = Context("Europe/Berlin", NOW)


def ask(where, context=BERLIN):
    query = validate({"from": "contact", "where": where}, ends_on="contact")
    found = Contact.objects.filter(pk__in=compile_ids(query, context))
    return set(found.values_list("city", flat=True))


def clause(field, op, *value):
    return {"field": field, "op": op, **({"value": value[0]} if value else {})}


@pytest.mark.parametrize(
    ("op", "value", "found"),
    [
        ("eq", "ROME", {"Rome"}),
        ("ne", "rome", {"", "50% off", "a_b", "Ärzte"}),
        ("contains", "%", {"50% off"}),
        ("not_contains", "%", {"", "Rome", "a_b", "Ärzte"}),
        ("matches", "a_?", {"a_b"}),
        ("matches", "*", {"Rome", "50% off", "a_b", "Ärzte"}),
        ("not_matches", "*", {""}),
        ("starts_with", "ä", {"Ärzte"}),
        ("in", ["rome", "A_B"], {"Rome", "a_b"}),
        ("not_in", ["rome", "A_B"], {"", "50% off", "Ärzte"}),
        ("ends_with", "E", {"Rome", "Ärzte"}),
    ],
)
@pytest.mark.django_db
def test_text_operators(op, value, found):
    for city in ("", "Rome", "50% off", "a_b", "Ärzte"):
        ContactFactory(city=city)
    assert ask(clause("city", op, value)) == found


@pytest.mark.parametrize(
    ("op", "value", "born"),
    [
        ("anniversary", {"days": 0}, {"2001-02-28", "2000-02-29"}),
        ("anniversary", {"days": 1}, {"1999-03-01"}),
        ("on", "2000-02-29", {"2000-02-29"}),
        ("before", "2000-02-29", {"1999-03-01"}),
        ("after", "2000-02-29", {"2001-02-28"}),
        ("between", ["1999-03-01", "2000-02-29"], {"1999-03-01", "2000-02-29"}),
        ("older_than", {"years": 25}, {"1999-03-01"}),
    ],
)
@pytest.mark.django_db
def test_leap_days_and_days_at_the_edge(op, value, born):
    for day in ("1999-03-01", "2000-02-29", "2001-02-28"):
        ContactFactory(birth_date=date.fromisoformat(day), city=day)
    ContactFactory(birth_date=None, city="unborn")
    context = Context("UTC", datetime(2025, 2, 28, 12, tzinfo=UTC))
    assert ask(clause("birth_date", op, value), context) == born


@pytest.mark.django_db
def test_the_day_of_the_change_to_summer_time_has_23_hours():
    for city, moment in {
        "before": datetime(2026, 3, 28, 22, 59, 59, tzinfo=UTC),
        "first": datetime(2026, 3, 28, 23, tzinfo=UTC),
        "last": datetime(2026, 3, 29, 21, 59, 59, tzinfo=UTC),
        "after": datetime(2026, 3, 29, 22, tzinfo=UTC),
    }.items():
        ContactFactory(city=city, created_at=moment)
    assert ask(clause("created_at", "period", "today")) == {"first", "last"}
    assert ask(clause("created_at", "on", "2026-03-29")) == {"first", "last"}


@pytest.mark.django_db
def test_text_in_a_number_field_is_neither_a_number_nor_empty():
    CustomField.objects.create(entity="contact", key="size", label="S", kind="number")
    ContactFactory(city="text", custom={"size": "many"})
    ContactFactory(city="number", custom={"size": 5})
    ContactFactory(city="none", custom={"size": None})
    assert ask(clause("custom.size", "gte", 5)) == {"number"}
    assert ask(clause("custom.size", "ne", 5)) == {"text", "none"}
    assert ask(clause("custom.size", "blank")) == {"none"}


@pytest.mark.django_db
def test_what_machines_did_counts_only_where_asked_for():
    person, robot = ContactFactory(city="person"), ContactFactory(city="robot")
    for contact, machine in ((person, False), (robot, True)):
        Entry.objects.create(
            name="email.opened", contact_id=contact.pk, machine=machine, occurred_at=NOW
        )
    assert ask({"related": "interactions"}) == {"person"}
    machine = {"related": "interactions", "where": clause("machine", "eq", True)}
    assert ask(machine) == {"robot"}


@pytest.mark.django_db
def test_a_query_that_takes_too_long_ends_in_a_typed_error():
    query = validate({"from": "contact"})
    with (
        pytest.raises(QueryTimeout),
        evaluating(timeout_ms=20),
        connection.cursor() as cursor,
    ):
        cursor.execute("SELECT pg_sleep(5)")
    assert count_ids(query, BERLIN, timeout_ms=5000) == 0
    with connection.cursor() as cursor:
        cursor.execute("SHOW statement_timeout")
        assert cursor.fetchone() == ("0",)


@pytest.mark.django_db
def test_an_id_is_found_once_however_many_leads_lead_to_it():
    contact = ContactFactory()
    LeadFactory.create_batch(3, parent_contact=contact, topic="Bikes")
    LeadFactory(parent_contact=None, topic="Bikes")
    tree = {
        "from": "lead",
        "where": clause("topic", "eq", "bikes"),
        "to": ["parent_contact"],
    }
    query = validate(tree, ends_on="contact")
    assert list_ids(query, BERLIN) == [contact.pk]
    assert "crm_contact" not in str(compile_ids(query, BERLIN).query)
    assert matching(query, [contact.pk, contact.pk + 1], BERLIN) == {contact.pk}


@pytest.mark.django_db
def test_counts_of_one_window_share_one_scan():
    def behaviour(name, op, value):
        where = [
            clause("name", "eq", name),
            clause("occurred_at", "within_last", {"days": 30}),
        ]
        count = {"op": op, "value": value}
        return {"related": "interactions", "where": {"and": where}, "count": count}

    both = [behaviour("email.opened", "gte", 3), behaviour("email.clicked", "eq", 0)]
    query = validate({"from": "contact", "where": {"and": both}})
    assert str(compile_ids(query, BERLIN).query).count("GROUP BY") == 1


@pytest.mark.django_db
def test_why_and_counts_answer_every_node():
    account = AccountFactory(industry="Banking")
    contact = ContactFactory(city="Rome", account=account)
    ContactFactory(city="")
    tree = {
        "from": "contact",
        "where": {
            "and": [
                clause("city", "ne", "Paris"),
                {"related": "account", "where": clause("industry", "eq", "media")},
            ]
        },
    }
    query = validate(tree, ends_on="contact")
    told = why(query, contact.pk, BERLIN)
    city, related = told["where"]["and"]
    assert not told["result"]
    assert city["result"]
    assert not related["result"]
    assert related["found"] == 0
    counted = counts(query, BERLIN)
    assert counted["where"]["and"][0]["rows"] == 2
    assert counted["where"]["and"][0]["empty"] == 1
    assert "result" not in tree["where"]


@pytest.mark.django_db
def test_a_query_says_what_it_reads(segments):
    tree = {
        "union": [
            {
                "from": "account",
                "where": {
                    "related": "leads",
                    "where": clause("topic", "eq", "bikes"),
                },
                "to": ["contacts"],
            },
            {
                "from": "contact",
                "where": {
                    "related": "interactions",
                    "where": {
                        "and": [
                            clause("name", "in", ["email.opened", "email.clicked"]),
                            clause("occurred_at", "within_last", {"days": 7}),
                        ]
                    },
                },
            },
            {"segment": 2},
        ]
    }
    query = validate(tree, ends_on="contact")
    found = dependencies(query)
    assert found.fields["contact"] == {"account"}
    assert found.fields["lead"] == {"parent_account", "topic"}
    assert found.interaction_names == {"email.opened", "email.clicked"}
    assert found.segments == {2}
    assert found.uses_time
    assert found.reads("lead", {"topic"})
    assert not found.reads("lead", {"city"})
    assert not found.reads_event("interaction", "page.visited")
    assert next_change(query, BERLIN) == datetime(2026, 3, 29, 11, tzinfo=UTC)


@pytest.mark.django_db
def test_a_changed_lead_leads_back_to_the_contacts_it_can_move():
    account = AccountFactory()
    contact = ContactFactory(account=account)
    ContactFactory()
    lead = LeadFactory(parent_account=account)
    where = {"related": "account", "where": {"related": "leads"}}
    query = validate({"from": "contact", "where": where})
    assert affected_ids(query, "lead", [lead.pk]) == {contact.pk}
    assert affected_ids(query, "interaction", [1]) == set()


@pytest.mark.django_db
def test_the_schema_names_entities_fields_and_relations():
    CustomField.objects.create(entity="lead", key="size", label="Size", kind="number")
    entities = {item["name"]: item for item in describe()["entities"]}
    assert {"contact", "account", "lead", "interaction"} <= set(entities)
    fields = {item["name"]: item for item in entities["lead"]["fields"]}
    assert fields["custom.size"]["type"] == "number"
    assert {"value": "open", "label": "Open"} in fields["state"]["choices"]
    ways = {item["name"]: item["target"] for item in entities["lead"]["relations"]}
    assert ways["parent_contact"] == "contact"
