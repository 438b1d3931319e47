"""Edits of conditions: what goes in comes back, and each edit gives what it says."""

from __future__ import annotations

import json

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import MARKS
from tests.browser.segments.conftest import designer, draft

pytestmark = MARKS


DEFINITIONS = [
    {"from": "contact"},
    {"from": "contact", "where": {"and": []}},
    {"from": "contact", "where": {"or": []}},
    {
        "from": "lead",
        "where": {"field": "lead_source", "op": "eq", "value": "olark chat"},
        "to": ["parent_contact"],
    },
    {
        "to": ["parent_account", "contacts"],
        "then": {"not": {"field": "city", "op": "blank"}},
        "where": {"and": [{"field": "state", "op": "eq", "value": "open"}]},
        "from": "lead",
    },
    {
        "from": "contact",
        "where": {
            "not": {
                "or": [
                    {"field": "tags", "op": "contains_any", "value": ["vip", "ab"]},
                    {
                        "not": {
                            "not": {
                                "field": "marketing_only",
                                "op": "eq",
                                "value": True,
                            }
                        }
                    },
                    {
                        "not": {
                            "and": [{"field": "city", "op": "in", "value": ["Rome"]}]
                        }
                    },
                ]
            }
        },
    },
    {
        "from": "contact",
        "where": {
            "and": [
                {
                    "related": "interactions",
                    "where": {
                        "and": [
                            {"field": "name", "op": "eq", "value": "page.visited"},
                            {
                                "field": "occurred_at",
                                "op": "within_last",
                                "value": {"days": 30},
                            },
                        ]
                    },
                    "count": {"op": "gte", "value": 3},
                },
                {"related": "leads", "count": {"op": "eq", "value": 0}},
                {"related": "account"},
                {"related": "leads", "count": {"op": "between", "value": [1, 4]}},
                {"field": "birth_date", "op": "anniversary", "value": {"days": -2}},
                {"field": "created_at", "op": "period", "value": "last_quarter"},
                {
                    "field": "created_at",
                    "op": "between",
                    "value": ["2024-01-01", "2024-02-29T10:30"],
                },
                {"field": "created_at", "op": "older_than", "value": {"months": 6}},
                {"field": "id", "op": "between", "value": [0, 12.5]},
                {"field": "id", "op": "in", "value": [1, 2]},
                {"field": "do_not_email", "op": "in", "value": [True, False]},
                {"field": "owner", "op": "in", "value": [1]},
                {"field": "account", "op": "ne", "value": 7},
                {"field": "email", "op": "matches", "value": "*@ex?mple.com"},
            ]
        },
    },
    {
        "except": [
            {"union": [{"from": "contact"}, {"from": "account", "to": ["contacts"]}]},
            {
                "intersect": [
                    {"from": "contact"},
                    {"from": "lead", "to": ["parent_contact"]},
                ]
            },
            {"from": "contact", "where": {"field": "city", "op": "not_blank"}},
        ]
    },
    {"union": [{"from": "contact"}]},
]


def deep(levels):
    cond = {"field": "city", "op": "eq", "value": "Rome"}
    for level in range(levels):
        cond = {"or" if level % 2 else "and": [cond]}
    return {"from": "contact", "where": cond}


@pytest.mark.parametrize(
    "definition", [*DEFINITIONS, deep(9)], ids=lambda d: json.dumps(d)[:50]
)
def test_definition_comes_back_as_it_went_in(open_page, marketer, definition):
    segment = draft(marketer, definition)
    page = designer(open_page, segment)
    read = page.evaluate(
        """async () => {
            document.getElementById("way-json").click();
            return document.getElementById("designer-text").value;
        }"""
    )
    assert json.loads(read) == definition
    assert json.dumps(json.loads(read)) == json.dumps(segment.definition)
    # A change and its undoing leave it as it was, and saving writes just that.
    page.click("#way-conditions")
    page.evaluate("document.querySelector('#designer-problem').textContent")
    page.click("[data-focus='join/except']")
    page.click(".sd-join [data-start=contact]")
    page.click("[data-do=undo]")
    expect(page.locator("[data-do=save]")).to_be_disabled()
    page.click("[data-do=redo]")
    page.click("[data-do=undo]")
    page.click("[data-focus='join/union']")
    page.click(".sd-join [data-start=contact]")
    page.click("[data-do=save]")
    page.wait_for_selector(".h-toast:has-text('Saved')")
    segment.refresh_from_db()
    if "union" in definition:
        assert segment.definition["union"][:-1] == definition["union"]
    else:
        assert segment.definition == {"union": [definition, {"from": "contact"}]}
    assert page.faults == []


EDITS = """async () => {
  const t = await import("/static/js/segment-designer/tree.js");
  const a = {field: "a", op: "blank"}, b = {field: "b", op: "blank"};
  const c = {field: "c", op: "blank"};
  const base = (where) => ({from: "contact", where});
  const bare = t.addTo({from: "contact"}, ["where"], a);
  const two = t.addTo(bare, ["where"], b);
  const filled = t.leaveOutEmpty(two, ["where", "and", 0], "a");
  const { rangeOf } = await import("/static/js/segment-designer/json-places.js");
  const list = {field: 'br"ace}', op: "in", value: [1, -2.5e3, null]};
  const odd = base({and: [list, {op: "x"}]});
  const text = JSON.stringify(odd, null, 3);
  return {
    bare, two,
    any: t.setJoin(two, ["where"], "any"),
    none: t.addTo(base({not: a}), ["where"], b),
    one: t.removeAt(two, ["where", "and", 0]),
    nothing: t.removeAt(bare, ["where"]),
    wrapped: t.wrapAt(two, ["where", "and", 1]),
    out: t.moveBy(base({and: [a, {or: [b, c]}]}), ["where", "and", 1, "or", 0], -1),
    into: t.moveTo(base({and: [a, b, {or: [c]}]}), ["where", "and", 0],
                   ["where", "and", 2], 1),
    itself: t.moveTo(base({and: [{or: [a]}]}), ["where", "and", 0],
                     ["where", "and", 0], 0),
    place: t.parsePlace("except[0].where.and[2].op"),
    text: t.placeText(["except", 0, "where", "and", 2, "op"]),
    unset: t.removeSet({except: [base(a), base(b)]}, ["except", 1]),
    unfinished: t.finished(base({or: [a, {field: "x", op: "eq", value: ""}]})),
    filled, isFilled: t.emptyLeftOut(filled, ["where", "and", 0], "a"),
    filledAlone: t.leaveOutEmpty(base(a), ["where"], "a"),
    filledInAny: t.leaveOutEmpty(base({or: [a, b]}), ["where", "or", 0], "a"),
    setMoved: t.moveSet({union: [base(a), base(b)]}, ["union", 1], -1),
    range: text.slice(...rangeOf(text, ["where", "and", 1, "op"])),
  };
}"""


def test_edits_of_conditions(open_page, marketer):
    page = open_page("/segments/")
    done = page.evaluate(EDITS)
    a, b, c = ({"field": name, "op": "blank"} for name in "abc")

    def base(where):
        return {"from": "contact", "where": where}

    assert done["bare"] == base(a)
    assert done["two"] == base({"and": [a, b]})
    assert done["any"] == base({"or": [a, b]})
    assert done["none"] == base({"not": {"or": [a, b]}})
    assert done["one"] == base(b)
    assert done["nothing"] == {"from": "contact"}
    assert done["wrapped"] == base({"and": [a, {"or": [b]}]})
    assert done["out"]["whole"] == base({"and": [a, b, {"or": [c]}]})
    assert done["out"]["place"] == ["where", "and", 1]
    assert done["into"] == base({"and": [b, {"or": [c, a]}]})
    assert done["itself"] == base({"and": [{"or": [a]}]})
    assert done["place"] == ["except", 0, "where", "and", 2, "op"]
    assert done["text"] == "except[0].where.and[2].op"
    assert done["unset"] == base(a)
    assert done["unfinished"] == {
        "whole": base({"or": [a, {"or": []}]}),
        "left": ["where.or[1]"],
    }
    with_a = {"field": "a", "op": "not_blank"}
    assert done["filled"] == base({"and": [a, with_a, b]})
    assert done["filledAlone"] == base({"and": [a, with_a]})
    assert done["filledInAny"] == base({"or": [{"and": [a, with_a]}, b]})
    assert done["isFilled"] is True
    assert done["setMoved"] == {"union": [base(b), base(a)]}
    assert done["range"] == '"x"'
