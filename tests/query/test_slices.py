"""What a slice says of the whole table: honest, stable, and in few statements."""

from __future__ import annotations

import pytest
from django.db import connection

from core.query import slices
from core.query.language import Context, counts, estimate, evaluating, marked, validate
from core.query.slices import Slice, draw, reachable
from crm.models import Contact
from tests.factories import LeadFactory

pytestmark = pytest.mark.django_db
PEOPLE = 1_000
CITIES = ["Rome", "Oslo", "Oslo", "", "Turin", "Wien", "Wien", "Wien", "Wien", ""]


def clause(field, op, *value):
    return {"field": field, "op": op, **({"value": value[0]} if value else {})}


ROME = clause("city", "eq", "Rome")
NOT_WIEN = clause("city", "ne", "Wien")
HAS_LEAD = {"related": "leads", "where": clause("topic", "starts_with", "Roof")}
TREES = [
    {"from": "contact", "where": {"and": [NOT_WIEN, {"not": ROME}]}},
    {"from": "contact", "where": {"or": [ROME, {"and": [NOT_WIEN, HAS_LEAD]}]}},
    {"from": "contact", "where": {"and": [{"not": HAS_LEAD}, {"or": [ROME]}]}},
    {
        "except": [
            {"union": [{"from": "contact"}, {"from": "contact", "where": ROME}]},
            {"from": "contact", "where": NOT_WIEN},
        ]
    },
    {
        "intersect": [
            {
                "from": "lead",
                "where": clause("topic", "eq", "Roofs"),
                "to": ["parent_contact"],
                "then": NOT_WIEN,
            },
            {"from": "contact", "where": {"not": {"and": [ROME]}}},
        ]
    },
]


@pytest.fixture
def people(db):
    # Numbered from one, so that the same rows are drawn in every run of the tests.
    found = Contact.objects.bulk_create(
        Contact(pk=number + 1, last_name=f"P{number}", city=CITIES[number % 10])
        for number in range(PEOPLE)
    )
    for contact in found[:300:3]:
        LeadFactory(topic="Roofs", parent_contact=contact)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE crm_contact, crm_lead")
    return found


def told(tree):
    query = validate(tree, ends_on="contact")
    with evaluating():
        found = estimate(query, Context())
    found.look_inside(5_000)
    return found, marked(query, found.marks)


def nodes(tree):
    """Every node with a number, in order."""
    if isinstance(tree, list):
        return [node for item in tree for node in nodes(item)]
    if not isinstance(tree, dict):
        return []
    inner = [node for item in tree.values() for node in nodes(item)]
    return [tree, *inner] if "rows" in tree else inner


@pytest.mark.parametrize("tree", TREES)
def test_a_slice_of_everything_counts_as_exactly_as_the_count(people, tree):
    """Groups worked out from their parts are what the database says of them."""
    query = validate(tree, ends_on="contact")
    exact = [(n["rows"], n.get("empty")) for n in nodes(counts(query, Context()))]
    found, marks = told(tree)
    assert [(n["rows"], n.get("empty")) for n in nodes(marks)] == exact
    assert {node["margin"] for node in nodes(marks)} == {0}
    assert found.margin == 0


@pytest.mark.parametrize("tree", TREES)
def test_estimates_lie_within_their_margin(people, tree, monkeypatch):
    monkeypatch.setattr(slices.draw, "__defaults__", (400,))
    query = validate(tree, ends_on="contact")
    exact = nodes(counts(query, Context()))
    found, marks = told(tree)
    assert 300 < len(found.slice.ids) < 500
    for told_node, node in zip(nodes(marks), exact, strict=True):
        assert told_node["margin"] > 0 or told_node["rows"] == node["rows"]
        assert abs(told_node["rows"] - node["rows"]) <= told_node["margin"]


def test_the_margin_holds_in_95_of_100_draws(people, monkeypatch):
    inside = 0
    exact = Contact.objects.filter(city="Rome").count()
    for seed in range(100):
        monkeypatch.setattr(slices, "SEED", seed)
        part = draw(Contact, 300)
        found = Contact.objects.filter(pk__in=part.ids, city="Rome").count()
        inside += abs(part.about(found) - exact) <= part.margin(found)
    assert inside >= 93


def test_the_same_rows_are_drawn_again_and_after_new_ones(people):
    first = draw(Contact, 300)
    assert draw(Contact, 300) == first
    last = people[-1].pk
    Contact.objects.filter(pk__gt=last - 3).delete()
    again = draw(Contact, 300)
    assert set(again.ids) <= set(first.ids)


def test_gaps_in_the_ids_cost_numbers_not_rows(people):
    Contact.objects.exclude(pk__in=[each.pk for each in people[::10]]).delete()
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE crm_contact")
    part = draw(Contact, 100)
    assert 60 < len(part.ids) < 140
    assert abs(part.about(len(part.ids)) - PEOPLE / 10) <= part.margin(len(part.ids))


@pytest.mark.parametrize("found", [0, 1, 50, 99, 100])
def test_nothing_found_and_everything_found_leave_room_for_doubt(found):
    assert Slice(range(100), 100, 10_000).margin(found) > 0
    assert Slice(range(100), 100, 100).margin(found) == 0


def test_an_empty_table_is_told_as_empty(db):
    part = draw(Contact)
    assert (part.ids, part.about(0)) == ([], 0)
    assert not reachable(Contact, 0)


def test_a_tree_costs_as_many_statements_as_it_has_entities(
    people, django_assert_num_queries
):
    query = validate(TREES[1], ends_on="contact")
    with django_assert_num_queries(3):
        found = estimate(query, Context())
    # A savepoint and the settings around it, and one draw and one question for leads.
    with django_assert_num_queries(8):
        found.look_inside(5_000)
