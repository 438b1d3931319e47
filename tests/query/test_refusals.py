# ruff: noqa: E501 - a table reads best with one case a line
"""Broken and hostile trees are refused at once, with the path of the bad node."""

from __future__ import annotations

import pytest

from core.query.language import QueryError, validate

CITY = {"field": "city", "op": "eq", "value": "Rome"}


def block(where):
    return {"from": "contact", "where": where}


def nested(depth, inner=CITY):
    for _ in range(depth):
        inner = {"not": inner}
    return inner


@pytest.mark.parametrize(
    ("tree", "path", "code"),
    [
        (None, "", "not_an_object"),
        ([], "", "not_an_object"),
        ("contact", "", "not_an_object"),
        ({}, "", "unknown_node"),
        ({"from": "password"}, "from", "unknown_entity"),
        ({"from": ["contact"]}, "from", "unknown_entity"),
        ({"from": "user"}, "from", "unknown_entity"),
        ({"from": "contact", "limit": 3}, "limit", "unknown_key"),
        ({"from": "lead"}, "from", "wrong_end"),
        ({"from": "lead", "to": ["owner"]}, "to[0]", "wrong_end"),
        ({"from": "lead", "to": ["secrets"]}, "to[0]", "unknown_relation"),
        ({"from": "lead", "to": "parent_contact"}, "to", "bad_value"),
        ({"from": "contact", "then": CITY}, "then", "unknown_key"),
        ({"union": []}, "union", "bad_value"),
        ({"union": [{"from": "contact"}, {"from": "lead"}]}, "union[1].from", "wrong_end"),
        ({"union": [{"from": "contact"}], "except": []}, "except", "unknown_key"),
        ({"segment": "1"}, "segment", "bad_value"),
        ({"segment": 99}, "segment", "unknown_segment"),
        (block({"field": "password", "op": "blank"}), "where.field", "unknown_field"),
        (block({"field": "owner__password", "op": "blank"}), "where.field", "unknown_field"),
        (block({"field": "custom.none", "op": "blank"}), "where.field", "unknown_field"),
        (block({"field": "city", "op": "regex", "value": "a"}), "where.op", "unknown_operator"),
        (block({"field": "city", "op": ["eq"], "value": "a"}), "where.op", "unknown_operator"),
        (block({"field": "city", "op": "gt", "value": "a"}), "where.op", "unknown_operator"),
        (block({"and": [CITY, CITY, {**CITY, "op": "near"}]}), "where.and[2].op", "unknown_operator"),
        (block({**CITY, "value": ""}), "where.value", "bad_value"),
        (block({**CITY, "value": None}), "where.value", "bad_value"),
        (block({**CITY, "value": 5}), "where.value", "bad_value"),
        (block({**CITY, "value": "x" * 1001}), "where.value", "bad_text"),
        (block({**CITY, "value": "a\x00b"}), "where.value", "bad_text"),
        (block({**CITY, "value": "\ud800"}), "where.value", "bad_text"),
        (block({"field": "city", "op": "in", "value": ["a", 5]}), "where.value[1]", "bad_value"),
        (block({"field": "city", "op": "in", "value": ["a"] * 1001}), "where.value", "list_too_long"),
        (block({"field": "consent_level", "op": "eq", "value": float("nan")}), "where.value", "bad_value"),
        (block({"field": "consent_level", "op": "eq", "value": 10**400}), "where.value", "bad_value"),
        (block({"field": "consent_level", "op": "eq", "value": True}), "where.value", "bad_value"),
        (block({"field": "consent_level", "op": "between", "value": [1]}), "where.value", "bad_value"),
        (block({"field": "birth_date", "op": "on", "value": "2023-02-29"}), "where.value", "bad_value"),
        (block({"field": "birth_date", "op": "on", "value": "2023-02-01T10:00"}), "where.value", "bad_value"),
        (block({"field": "birth_date", "op": "within_last", "value": {"days": -1}}), "where.value.days", "bad_value"),
        (block({"field": "birth_date", "op": "within_last", "value": {"eons": 1}}), "where.value", "bad_value"),
        (block({"field": "birth_date", "op": "period", "value": "last_century"}), "where.value", "bad_value"),
        (block({"related": "leads", "count": {"op": "gte", "value": -1}}), "where.count.value", "bad_value"),
        (block({"related": "leads", "count": {"op": "like", "value": 1}}), "where.count.op", "unknown_operator"),
        (block({"related": "leads", "where": {"and": [{"or": 5}]}}), "where.where.and[0].or", "not_a_list"),
        (block({"and": [CITY] * 201}), "where.and", "too_large"),
        (block({"and": [{"or": [CITY] * 20}] * 20}), "where.and[9].or[8]", "too_large"),
        (block(nested(10)), "where" + ".not" * 10, "too_deep"),
    ],
)  # fmt: skip
@pytest.mark.django_db
def test_a_broken_tree_is_refused_at_its_path(tree, path, code, segments):
    with pytest.raises(QueryError) as caught:
        validate(tree, ends_on="contact")
    assert (caught.value.path, caught.value.code) == (path, code)
    assert caught.value.attr == (path or None)


def test_ten_levels_are_accepted():
    validate(block(nested(9)), ends_on="contact")


@pytest.mark.parametrize("depth", [100, 10_000, 100_000])
def test_a_deep_tree_is_refused_and_never_crashes(depth):
    with pytest.raises(QueryError, match="levels"):
        validate(block(nested(depth)), ends_on="contact")


def test_a_block_that_ends_elsewhere_is_told_which_relation_to_add():
    with pytest.raises(QueryError, match='add "parent_contact" to "to"'):
        validate({"from": "lead"}, ends_on="contact")


def test_other_entities_are_refused_where_only_one_may_start():
    with pytest.raises(QueryError) as caught:
        validate({"from": "contact"}, starts_from="lead", ends_on="lead")
    assert caught.value.path == "from"


def test_a_bare_condition_is_a_block_of_the_entity_asked_for():
    query = validate(
        {"field": "topic", "op": "contains", "value": "bike"},
        starts_from="lead",
        ends_on="lead",
    )
    assert query.end.key == "lead"


def test_a_bare_condition_names_its_bad_node():
    with pytest.raises(QueryError) as caught:
        validate({"and": [{"field": "x", "op": "eq"}]}, starts_from="lead")
    assert caught.value.path == "and[0].field"
