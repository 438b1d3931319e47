"""Compound segments: flows of live segments, from left to right."""

from __future__ import annotations

import pytest

from core.base.errors import Invalid
from segments.flow import Part, definition_of, flow_of, mentions
from segments.references import in_order
from segments.services.lifecycle import (
    segment_create,
    segment_go_live,
    segment_stop,
    segment_update,
)
from tests.factories import ContactFactory
from tests.segments.conftest import members, settle
from tests.segments.test_versions import city

U, N, E = "union", "intersect", "except"
FLOWS = [
    ([], {}),
    ([(U, 1)], {"segment": 1}),
    ([(U, 1), (U, 2), (U, 3)], {U: [{"segment": 1}, {"segment": 2}, {"segment": 3}]}),
    (
        [(U, 1), (U, 2), (E, 3), (N, 4)],
        {N: [{E: [{U: [{"segment": 1}, {"segment": 2}]}, {"segment": 3}]},
             {"segment": 4}]},
    ),
]  # fmt: skip


@pytest.mark.parametrize(("parts", "definition"), FLOWS)
def test_flow_and_definition_say_the_same(parts, definition):
    flow = [Part(*part) for part in parts]
    assert definition_of(flow) == definition
    assert not definition or flow_of(definition) == flow


@pytest.mark.parametrize(
    ("definition", "attr"),
    [
        ({"from": "contact"}, "definition"),
        ({U: []}, "definition"),
        ({"segment": "1"}, "definition"),
        ({"segment": True}, "definition"),
        ({U: [{"segment": 1}, {E: [{"segment": 2}]}]}, "definition.union[1]"),
        ({U: [{E: [{"from": "lead"}]}]}, "definition.union[0].except[0]"),
        ([], "definition"),
    ],
)
def test_what_is_no_flow_is_refused_at_its_place(definition, attr):
    with pytest.raises(Invalid) as caught:
        flow_of(definition)
    assert caught.value.attr == attr


def test_mentions_are_found_in_any_json():
    tree = {"and": [{"segment": 3}, {"params": {"segment": 4}}, {"segment": True}]}
    assert mentions([tree, None, "segment"]) == {3, 4}


@pytest.fixture
def people(db):
    return [
        ContactFactory(city=name, first_name=first)
        for name, first in (("Rome", "A"), ("Rome", "B"), ("Oslo", "A"), ("Bern", "A"))
    ]


@pytest.fixture
def compound(cast):
    def make(name, *parts):
        return segment_create(
            user=cast.ann,
            name=name,
            kind="compound",
            definition=definition_of([Part(*part) for part in parts]),
        )

    return make


def first_is_a():
    where = {"field": "first_name", "op": "eq", "value": "A"}
    return {"from": "contact", "where": where}


@pytest.mark.django_db
class TestCompound:
    def test_joins_are_taken_from_left_to_right(self, people, live, compound):
        rome, oslo, first = (live(each) for each in (city("Rome"), city("Oslo"),
                                                     first_is_a()))  # fmt: skip
        flow = ((U, rome.pk), (U, oslo.pk), (N, first.pk))
        segment = segment_go_live(segment_id=compound("Both", *flow).pk)
        assert members(segment) == {people[0].pk, people[2].pk}
        assert "Segment" in segment.sentence or "segment" in segment.sentence
        other = ((U, rome.pk), (N, first.pk), (U, oslo.pk), (E, oslo.pk))
        segment = segment_go_live(segment_id=compound("Other", *other).pk)
        assert members(segment) == {people[0].pk}

    def test_it_follows_its_parts(self, people, live, compound):
        rome = live(city("Rome"))
        top = segment_go_live(segment_id=compound("Top", (U, rome.pk)).pk)
        above = segment_go_live(segment_id=compound("Above", (U, top.pk)).pk)
        people[3].city = "Rome"
        people[3].save()
        settle()
        assert (
            members(above) == members(top) == {p.pk for p in people if p != people[2]}
        )

    def test_only_live_segments_are_joined(self, live, compound):
        rome = live(city("Rome"), name="Romans")
        segment_stop(segment_id=rome.pk)
        top = compound("Top", (U, rome.pk))
        with pytest.raises(Invalid, match="Not live: Romans") as caught:
            segment_go_live(segment_id=top.pk)
        assert caught.value.attr == "definition"

    def test_it_holds_no_conditions_of_its_own(self, cast):
        with pytest.raises(Invalid):
            segment_create(
                user=cast.ann, name="Top", kind="compound", definition=city("Rome")
            )

    def test_circle_is_refused_when_it_is_saved_and_named(self, live, compound):
        rome = live(city("Rome"), name="Romans")
        low = segment_go_live(segment_id=compound("Low", (U, rome.pk)).pk)
        top = segment_go_live(segment_id=compound("Top", (U, low.pk)).pk)
        wrong = {U: [{"segment": rome.pk}, {"segment": top.pk}]}
        with pytest.raises(Invalid) as caught:
            segment_update(segment_id=low.pk, definition=wrong)
        assert "Low > Top > Low" in caught.value.detail

    def test_order_of_refreshes_follows_who_stands_on_whom(self, live, compound):
        rome = live(city("Rome"))
        low = compound("Low", (U, rome.pk))
        top = compound("Top", (U, low.pk), (E, rome.pk))
        assert in_order([top, low, rome]) == [rome, low, top]
