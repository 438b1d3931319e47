"""What the designer asks while somebody edits: numbers, and where they come from."""

from __future__ import annotations

import pytest
from django.db import connection

from core.query.slices import draw
from crm.models import Contact
from segments.services import preview
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


class TestEstimates:
    """With many contacts a preview answers in time, and says where it estimates."""

    @pytest.fixture(autouse=True)
    def people(self, cast):
        cities = ["Rome", "Oslo", "", "Oslo"]
        Contact.objects.bulk_create(
            Contact(
                pk=number + 1,
                last_name=f"P{number}",
                city=cities[number % 4],
                email=f"p{number}@example.com" if number % 3 else "",
                state="inactive" if number % 5 == 0 else "active",
            )
            for number in range(400)
        )
        # The draw depends on how many rows the statistics speak of.
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE crm_contact")

    @pytest.fixture
    def no_time(self, monkeypatch):
        """As many contacts as need an estimate, and nothing cheap enough without."""
        monkeypatch.setattr(preview, "EXACT_UP_TO", 10)
        monkeypatch.setattr(preview, "EXACT_MS", 0)

    @pytest.fixture
    def small_slice(self, monkeypatch):
        monkeypatch.setattr(draw, "__defaults__", (150,))

    def test_few_contacts_are_always_counted(self, ask, monkeypatch):
        monkeypatch.setattr(preview, "EXACT_MS", 0)
        found = ask(where(IS_ROME), counts=True)
        assert (found["exact"], found["margin"], found["count"]) == (True, 0, 100)
        assert "margin" not in found["tree"]["where"]["and"][0]

    def test_what_can_be_counted_in_time_is_counted(self, ask, monkeypatch):
        monkeypatch.setattr(preview, "EXACT_UP_TO", 10)
        monkeypatch.setattr(preview, "EXACT_MS", 60_000)
        found = ask(where(IS_ROME), counts=True)
        assert (found["exact"], found["count"]) == (True, 100)
        assert found["tree"]["where"]["and"][0]["rows"] == 100

    def test_the_rest_is_estimated_and_says_so(self, ask, no_time, small_slice):
        exact = ask(where(NOT_ROME), exact=True)
        about = ask(where(NOT_ROME), counts=True)
        assert (exact["exact"], about["exact"]) == (True, False)
        assert abs(about["count"] - exact["count"]) <= about["margin"]
        assert about["margin"] > 0
        assert abs(about["mailable"] - exact["mailable"]) <= about["margin"]
        assert list(about["reasons"]) == list(exact["reasons"])
        others = sum(about["reasons"].values()) + about["mailable"]
        assert abs(others - about["count"]) <= 2  # each is rounded by itself
        assert len(about["sample"]) == 10
        assert about["sentence"] == exact["sentence"]

    def test_every_condition_is_estimated_with_its_margin(
        self, api, cast, no_time, small_slice
    ):
        body = {"definition": where(NOT_ROME, IS_ROME)}
        asking = api(cast.ann)
        url = "/api/v1/segments/counts/"
        about, exact = (
            asking.post(url, {**body, "exact": wanted}, format="json").json()["tree"]
            for wanted in (False, True)
        )
        for mine, right in zip(
            about["where"]["and"], exact["where"]["and"], strict=True
        ):
            assert abs(mine["rows"] - right["rows"]) <= mine["margin"]
            assert "margin" not in right
        assert abs(about["where"]["and"][0]["empty"] - 100) < 40

    def test_the_sample_shows_only_whom_one_may_see(
        self, cast, no_time, small_slice, monkeypatch
    ):
        monkeypatch.setattr(
            type(Contact.objects), "visible_to", lambda self, user: self.none()
        )
        found = preview.segment_preview(definition=where(IS_ROME), user=cast.ann)
        assert (found.exact, found.sample) == (False, [])
        assert found.count > 0

    def test_an_estimate_costs_as_many_statements_for_more_contacts(
        self, cast, no_time, django_assert_max_num_queries
    ):
        body = {"definition": where(NOT_ROME, IS_ROME), "user": cast.ann}
        preview.segment_preview(**body, counts=True)  # reads the rights once
        numbers = []
        for _ in range(2):
            with django_assert_max_num_queries(25) as asked:
                preview.segment_preview(**body, counts=True)
            numbers.append(len(asked))
            first = 1_000 * len(numbers)
            Contact.objects.bulk_create(Contact(pk=first + n) for n in range(10))
        assert numbers[0] == numbers[1]

    def test_going_live_is_exact(self, live, no_time, small_slice):
        assert live(where(IS_ROME)).member_count == 100

    def test_what_runs_out_of_time_inside_gets_no_number(
        self, ask, no_time, monkeypatch
    ):
        monkeypatch.setattr(preview, "INSIDE_MS", 0)
        topic = {"field": "topic", "op": "eq", "value": "Roofs"}
        found = ask(where({"related": "leads", "where": topic}), counts=True)
        part = found["tree"]["where"]["and"][0]
        assert "rows" in part
        assert "rows" not in part["where"]
