# ruff: noqa: E501 - a table reads best with one case a line
"""Twenty trees that somebody might send to hurt, and what each is answered.

`path` and `code` say why it is refused; None where it is answered, or given up after
the time that a question may take.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

Tree = Any
CITY = {"field": "city", "op": "eq", "value": "Rome"}
OPEN = {"field": "name", "op": "eq", "value": "email.opened"}


@dataclass(frozen=True)
class Hostile:
    """A tree, and the place and code of its refusal."""

    name: str
    tree: Tree
    path: str | None = None
    code: str | None = None

    def __str__(self) -> str:
        return self.name


def people(where: Tree) -> Tree:
    return {"from": "contact", "where": where}


def nested(key: str, depth: int, inner: Tree = CITY) -> Tree:
    """So many brackets around one condition."""
    for _ in range(depth):
        inner = {key: inner if key == "not" else [inner]}
    return inner


def chain(names: list[str], inner: Tree = CITY, **more: Tree) -> Tree:
    """Related of related of related."""
    for name in reversed(names):
        inner = {"related": name, "where": inner, **more}
    return inner


def sets(depth: int) -> Tree:
    tree: Tree = {"from": "contact"}
    for _ in range(depth):
        tree = {"union": [tree]}
    return tree


def counted(number: int) -> Tree:
    """Counts of interactions in windows that share nothing."""
    return [
        {
            "related": "interactions",
            "where": {"and": [
                {"field": "occurred_at", "op": "within_last", "value": {"hours": 9_000 + n}},
                {"field": "url", "op": "contains", "value": f"p/{n}"},
            ]},
            "count": {"op": "gte", "value": 2 + n % 3},
        }
        for n in range(number)
    ]  # fmt: skip


def patterns(number: int) -> Tree:
    """Slow patterns over every long text there is."""
    slow = "*".join("abcdefghijklmnopqrstuvwxyz" * 18)
    return [
        {"field": field, "op": "not_matches", "value": f"*{n}{slow}"[:1_000]}
        for n in range(number)
        for field in ("description", "email", "company_name", "job_title")
    ]


BACK_AND_FORTH = ["account", "contacts"]
# Nine levels of relations lie under the first: as deep as a tree may be.
NINE = [
    "account",
    "contacts",
    "leads",
    "parent_account",
    "contacts",
    "interactions",
    "contact",
    "leads",
]


HOSTILE = [
    Hostile("200 levels of not", people(nested("not", 200)), "", "too_deep"),
    Hostile("200 levels of and", people(nested("and", 200)), "", "too_deep"),
    Hostile("200 levels of relations", people(chain(BACK_AND_FORTH * 100)), "", "too_deep"),
    Hostile("200 levels of union", sets(200), "", "too_deep"),
    Hostile("11 levels of not", people(nested("not", 11)), "where" + ".not" * 10, "too_deep"),
    Hostile("10,000 conditions in a row", people({"and": [CITY] * 10_000}), "where.and", "too_large"),
    Hostile("10,000 conditions in brackets", people({"or": [{"and": [CITY] * 100}] * 100}), "where.or[1].and[96]", "too_large"),
    Hostile("10,000 blocks", {"union": [{"from": "contact"}] * 10_000}, "union", "too_large"),
    Hostile("100,000 values", people({"field": "city", "op": "in", "value": ["x"] * 100_000}), "where.value", "list_too_long"),
    Hostile("a million characters", people({**CITY, "op": "contains", "value": "x" * 1_000_000}), "where.value", "bad_text"),
    Hostile("200 steps", {"from": "contact", "to": BACK_AND_FORTH * 100}, "to", "too_deep"),
    Hostile("a number of 400 digits", people({"field": "consent_level", "op": "gt", "value": 10**400}), "where.value", "bad_value"),
    Hostile("a thousand times back and forth", people({"and": [chain(BACK_AND_FORTH * 4, CITY) for _ in range(22)]})),
    Hostile("ten steps that multiply", {"from": "contact", "to": BACK_AND_FORTH * 5}),
    Hostile("counts of counts", people(chain(NINE, CITY, count={"op": "gte", "value": 2}))),
    Hostile("45 counts that share no scan", people({"or": counted(45)})),
    Hostile("160 slow patterns", people({"or": patterns(40)})),
    Hostile("the name of the source of everything", people({"related": "interactions", "where": {"field": "source_name", "op": "not_contains", "value": "x"}, "count": {"op": "gte", "value": 3}})),
    Hostile("20 lists of 1,000 texts", people({"or": [{"field": "city", "op": "not_in", "value": [f"town {n}" for n in range(1_000)]}] * 20})),
    Hostile("60 sets taken from each other", {"except": [people({"related": "interactions", "where": OPEN})] * 60}),
]  # fmt: skip
assert len(HOSTILE) == 20
