"""A question tells nobody what a list would hide."""

from __future__ import annotations

import json

import pytest

from core.query.language import Context, compile_ids, counts, validate, why
from tests.factories import ContactFactory, LeadFactory

pytestmark = pytest.mark.django_db

SECRET = {"field": "topic", "op": "eq", "value": "secret"}
BY_RELATION = {
    "from": "contact",
    "where": {"related": "leads", "where": SECRET},
}
BY_COUNT = {
    "from": "contact",
    "where": {
        "related": "leads",
        "where": SECRET,
        "count": {"op": "gte", "value": 1},
    },
}
BY_WALK = {"from": "lead", "where": SECRET, "to": ["parent_contact"]}
NEGATED = {"from": "contact", "where": {"not": BY_RELATION["where"]}}


@pytest.fixture
def contact(cast):
    found = ContactFactory()
    LeadFactory(
        topic="secret", parent_contact=found, owner=cast.carl, team=cast.nordics
    )
    return found


@pytest.mark.parametrize("tree", [BY_RELATION, BY_COUNT, BY_WALK])
@pytest.mark.parametrize(
    ("who", "sees"), [("carl", True), ("ben", False), ("sales_manager", True)]
)
def test_hidden_lead_is_not_there_for_who_may_not_see_it(
    cast, contact, tree, who, sees
):
    context = Context(user=getattr(cast, who))
    query = validate(tree, ends_on="contact")
    assert (contact.pk in set(compile_ids(query, context))) is sees
    assert why(query, contact.pk, context)["result"] is sees
    assert bool(counts(query, context)["rows"]) is sees


def test_negation_is_of_what_is_seen(cast, contact):
    query = validate(NEGATED, ends_on="contact")
    assert contact.pk in set(compile_ids(query, Context(user=cast.ben)))
    assert contact.pk not in set(compile_ids(query, Context(user=cast.carl)))


def test_the_organisations_own_question_sees_everything(contact):
    query = validate(BY_RELATION, ends_on="contact")
    assert set(compile_ids(query, Context())) == {contact.pk}


@pytest.mark.parametrize(("who", "found"), [("ben", 0), ("carl", 1)])
def test_list_filtered_by_a_tree_over_the_api(api, cast, contact, who, found):
    client = api(getattr(cast, who))
    answer = client.get("/api/v1/contacts/", {"query": json.dumps(BY_RELATION)})
    assert len(answer.json()["results"]) == found


def test_preview_is_for_those_who_make_segments(api, cast, contact):
    body = {"definition": BY_RELATION}
    url = "/api/v1/segments/preview/"
    assert api(cast.ben).post(url, body, format="json").status_code == 403
    assert api(cast.ann).post(url, body, format="json").json()["count"] == 1
