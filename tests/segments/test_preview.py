"""What the designer asks while somebody edits: numbers, and where they come from."""

from __future__ import annotations

import pytest

from tests.factories import ContactFactory, LeadFactory

URL = "/api/v1/segments/preview/"


@pytest.fixture
def ask(api, cast):
    def post(definition, **more):
        body = {"definition": definition, **more}
        answer = api(cast.ann).post(URL, body, format="json")
        assert answer.status_code == 200, answer.content
        return answer.json()

    return post


def where(*conds, **more):
    return {"from": "contact", "where": {"and": list(conds)}, **more}


NOT_ROME = {"field": "city", "op": "ne", "value": "Rome"}
IS_ROME = {"field": "city", "op": "eq", "value": "Rome"}


class TestCounts:
    @pytest.fixture(autouse=True)
    def people(self, cast):
        cities = ["Rome", "Oslo", "Oslo", "", ""]
        self.contacts = [ContactFactory(city=city) for city in cities]

    def test_every_condition_has_its_count_only_when_asked_for(self, ask):
        assert ask(where(IS_ROME))["tree"] is None
        tree = ask(where(IS_ROME, NOT_ROME), counts=True)["tree"]
        assert [part["rows"] for part in tree["where"]["and"]] == [1, 4]
        assert (tree["where"]["rows"], tree["rows"]) == (0, 0)

    @pytest.mark.parametrize(
        ("cond", "rows", "empty"),
        [
            (NOT_ROME, 4, 2),
            ({"not": IS_ROME}, 4, 2),
            ({"field": "city", "op": "not_in", "value": ["Oslo", "Rome"]}, 2, 2),
            ({"field": "city", "op": "not_contains", "value": "o"}, 2, 2),
            (IS_ROME, 1, None),
            ({"field": "city", "op": "blank"}, 2, None),
            ({"field": "city", "op": "not_blank"}, 3, None),
        ],
    )
    def test_negative_condition_says_how_many_are_only_empty(
        self, ask, cond, rows, empty
    ):
        part = ask(where(cond), counts=True)["tree"]["where"]["and"][0]
        assert (part["rows"], part.get("empty")) == (rows, empty)

    def test_leaving_the_empty_ones_out_leaves_those_who_have_a_value(self, ask):
        without = where(NOT_ROME, {"field": "city", "op": "not_blank"})
        assert (ask(where(NOT_ROME))["count"], ask(without)["count"]) == (4, 2)

    def test_conditions_before_a_walk_count_their_own_rows(self, ask):
        for contact in self.contacts[:2]:
            LeadFactory.create_batch(2, topic="Roofs", parent_contact=contact)
        topic = {"field": "topic", "op": "eq", "value": "Roofs"}
        walk = {
            "from": "lead",
            "where": topic,
            "to": ["parent_contact"],
            "then": IS_ROME,
        }
        found = ask(walk, counts=True)
        assert (found["count"], found["tree"]["where"]["rows"]) == (1, 4)
        assert found["tree"]["then"]["rows"] == 1

    def test_a_relation_counts_who_has_enough_and_what_is_behind(self, ask):
        LeadFactory.create_batch(3, topic="Roofs", parent_contact=self.contacts[0])
        LeadFactory(topic="Roofs", parent_contact=self.contacts[1])
        topic = {"field": "topic", "op": "eq", "value": "Roofs"}
        many = {"related": "leads", "where": topic, "count": {"op": "gte", "value": 2}}
        part = ask(where(many), counts=True)["tree"]["where"]["and"][0]
        assert (part["rows"], part["where"]["rows"]) == (1, 4)


def test_number_of_queries_does_not_grow_with_the_contacts(
    api, cast, django_assert_max_num_queries
):
    client = api(cast.ann)
    body = {"definition": where(NOT_ROME, IS_ROME), "counts": True}
    client.post(URL, body, format="json")
    numbers = []
    for more in (1, 10):
        ContactFactory.create_batch(more)
        with django_assert_max_num_queries(60) as asked:
            client.post(URL, body, format="json")
        numbers.append(len(asked))
    assert numbers[0] == numbers[1]
