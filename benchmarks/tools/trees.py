"""Twelve segments from a simple field to twelve nested conditions, and their SQL.

The SQL is what somebody who knows the tables would write by hand for the same
question: text without regard to case, empty values as the language treats them,
interactions of machines left out.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

Tree = dict[str, Any]


@dataclass(frozen=True)
class Case:
    """A segment, and the SQL by hand that gives the same ids."""

    name: str
    tree: Tree
    sql: str


def clause(field: str, op: str, value: Any = None) -> Tree:
    """One condition on a field."""
    found = {"field": field, "op": op}
    return found if value is None else {**found, "value": value}


def did(name: str, days: int | None, count: Tree | None = None) -> Tree:
    """The contact did something, in the last so many days, so often."""
    where = [clause("name", "eq", name)]
    if days is not None:
        where.append(clause("occurred_at", "within_last", {"days": days}))
    found = {"related": "interactions", "where": {"and": where}}
    return {**found, "count": count} if count else found


def times(op: str, value: int) -> Tree:
    """How often."""
    return {"op": op, "value": value}


def people(*conditions: Tree) -> Tree:
    """Contacts for whom all of these hold."""
    return {"from": "contact", "where": {"and": list(conditions)}}


FRENCH = people(clause("country", "eq", "France"), clause("state", "eq", "active"))
OF_TOPIC = {
    "from": "lead",
    "where": clause("topic", "eq", "Product pricing"),
    "to": ["parent_contact"],
}
FRENCH_SQL = (
    "SELECT id FROM crm_contact WHERE lower(country) = 'france' AND state = 'active'"
)
OF_TOPIC_SQL = (
    "SELECT DISTINCT parent_contact_id FROM crm_lead WHERE lower(topic) = "
    "'product pricing' AND parent_contact_id IS NOT NULL"
)


def cases(now: datetime) -> list[Case]:
    """The twelve, asked at this moment (a midnight, in UTC)."""
    return [*_simple(now), *_behavioural(now), *_wide(now)]


def _since(now: datetime, days: int) -> str:
    return f"'{(now - timedelta(days=days)).isoformat()}'::timestamptz"


def _up_to(now: datetime) -> str:
    return f"'{now.isoformat()}'::timestamptz"


def _in_window(name: str, now: datetime, days: int) -> str:
    return (
        f"name = '{name}' AND NOT machine AND occurred_at >= {_since(now, days)} "
        f"AND occurred_at <= {_up_to(now)}"
    )


def _simple(now: datetime) -> list[Case]:
    return [
        Case("1 country and state", FRENCH, FRENCH_SQL),
        Case("2 lead topic, then its contact", OF_TOPIC, OF_TOPIC_SQL),
        Case(
            "3 account's industry and an open lead",
            people(
                {"related": "account", "where": clause("industry", "eq", "Banking")},
                {"related": "leads", "where": clause("state", "eq", "open")},
            ),
            "SELECT c.id FROM crm_contact c WHERE c.account_id IN (SELECT id FROM "
            "crm_account WHERE lower(industry) = 'banking') AND c.id IN (SELECT "
            "parent_contact_id FROM crm_lead WHERE state = 'open')",
        ),
        Case(
            "4 negations that find empty values",
            people(
                clause("country", "ne", "India"),
                clause("city", "not_contains", "er"),
                clause("job_title", "not_blank"),
            ),
            "SELECT id FROM crm_contact WHERE lower(country) <> 'india' AND "
            "lower(city) NOT LIKE '%er%' AND job_title <> ''",
        ),
        Case(
            "5 custom field, tags, text, birthday",
            people(
                clause("custom.plan", "eq", "enterprise"),
                clause("tags", "contains_none", ["partner"]),
                clause("email", "ends_with", "example.com"),
                clause("created_at", "older_than", {"years": 1}),
            ),
            "SELECT id FROM crm_contact WHERE lower(custom ->> 'plan') = 'enterprise' "
            "AND NOT EXISTS (SELECT FROM unnest(tags) AS tag WHERE lower(tag) = "
            "'partner') AND lower(email) LIKE '%example.com' AND "
            f"created_at < {_years_ago(now)}",
        ),
    ]


def _years_ago(now: datetime) -> str:
    return f"'{now.replace(year=now.year - 1).isoformat()}'::timestamptz"


def _behavioural(now: datetime) -> list[Case]:
    never = _in_window("email.clicked", now, 90)
    return [
        Case(
            "6 opened 3 times in 30 days, not clicked",
            people(
                did("email.opened", 30, times("gte", 3)),
                {"not": did("email.clicked", 30)},
            ),
            "SELECT contact_id FROM journal_entry WHERE name IN ('email.opened', "
            f"'email.clicked') AND NOT machine AND occurred_at >= {_since(now, 30)} "
            f"AND occurred_at <= {_up_to(now)} AND contact_id IS NOT NULL "
            "GROUP BY contact_id HAVING "
            "count(contact_id) FILTER (WHERE name = 'email.opened') >= 3 AND "
            "count(contact_id) FILTER (WHERE name = 'email.clicked') = 0",
        ),
        Case(
            "7 few people, opened 3 times ever",
            people(
                clause("country", "eq", "Norway"),
                clause("job_title", "eq", "CEO"),
                did("email.opened", None, times("gte", 3)),
            ),
            "SELECT contact_id FROM journal_entry WHERE name = 'email.opened' AND NOT "
            "machine AND contact_id IN (SELECT id FROM crm_contact WHERE "
            "lower(country) = 'norway' AND lower(job_title) = 'ceo') "
            "GROUP BY contact_id HAVING count(contact_id) >= 3",
        ),
        Case(
            "8 not active for 90 days",
            people(
                clause("state", "eq", "active"),
                {"not": did("page.visited", 90)},
            ),
            "SELECT id FROM crm_contact c WHERE state = 'active' AND NOT EXISTS "
            "(SELECT FROM journal_entry e WHERE e.contact_id = c.id AND "
            f"{_in_window('page.visited', now, 90)})",
        ),
        Case(
            "9 two sets together, one of accounts, without clickers",
            {
                "except": [
                    {
                        "intersect": [
                            {"union": [FRENCH, OF_TOPIC]},
                            {
                                "from": "account",
                                "where": clause("number_of_employees", "gte", 80),
                                "to": ["contacts"],
                            },
                        ]
                    },
                    people(did("email.clicked", 90)),
                ]
            },
            f"(({FRENCH_SQL} UNION {OF_TOPIC_SQL}) INTERSECT SELECT c.id FROM "
            "crm_contact c JOIN crm_account a ON a.id = c.account_id WHERE "
            "a.number_of_employees >= 80) EXCEPT SELECT contact_id FROM journal_entry "
            f"WHERE {never}",
        ),
    ]


def _wide(now: datetime) -> list[Case]:
    return [
        Case(
            "10 two open leads, worth something",
            people(
                {
                    "related": "leads",
                    "where": {
                        "and": [
                            clause("state", "eq", "open"),
                            clause("estimated_value", "gt", 20_000),
                        ]
                    },
                    "count": times("gte", 2),
                }
            ),
            "SELECT parent_contact_id FROM crm_lead WHERE state = 'open' AND "
            "estimated_value > 20000 AND parent_contact_id IS NOT NULL "
            "GROUP BY parent_contact_id HAVING count(parent_contact_id) >= 2",
        ),
        Case(
            "11 one of three ways in",
            {
                "from": "contact",
                "where": {
                    "or": [
                        clause("tags", "contains_any", ["vip"]),
                        {
                            "related": "leads",
                            "where": clause("lead_source", "eq", "Trade show"),
                        },
                        did("form.submitted", 30),
                    ]
                },
            },
            "SELECT id FROM crm_contact WHERE EXISTS (SELECT FROM unnest(tags) AS tag "
            "WHERE lower(tag) = 'vip') UNION SELECT parent_contact_id FROM crm_lead "
            "WHERE lower(lead_source) = 'trade show' AND parent_contact_id IS NOT NULL "
            "UNION SELECT contact_id FROM journal_entry WHERE "
            f"{_in_window('form.submitted', now, 30)}",
        ),
        _twelve(now),
    ]


def _twelve(now: datetime) -> Case:
    """Twelve conditions, three levels of brackets, three counts of behaviour."""
    tree = people(
        clause("state", "eq", "active"),
        clause("do_not_email", "eq", False),
        {
            "or": [
                {
                    "and": [
                        clause("country", "in", ["Germany", "France", "Österreich"]),
                        clause("custom.plan", "eq", "team"),
                    ]
                },
                {
                    "and": [
                        {"related": "account", "where": clause("industry", "eq",
                                                               "Software")},
                        {"not": clause("job_title", "contains", "assist")},
                    ]
                },
            ]
        },
        {
            "or": [
                did("email.opened", 30, times("gte", 2)),
                did("page.visited", 90, times("gte", 5)),
                {
                    "related": "leads",
                    "where": {
                        "and": [
                            clause("state", "eq", "open"),
                            clause("lead_source", "eq", "Google"),
                        ]
                    },
                },
            ]
        },
        {"not": did("email.clicked", 7)},
    )  # fmt: skip
    sql = (
        "WITH p AS MATERIALIZED (SELECT c.id FROM crm_contact c WHERE state = 'active' "
        "AND NOT do_not_email AND ((lower(country) IN ('germany', 'france', "
        "'österreich') AND lower(custom ->> 'plan') = 'team') OR (account_id IN "
        "(SELECT id FROM crm_account WHERE lower(industry) = 'software') AND "
        "lower(job_title) NOT LIKE '%assist%'))) SELECT id FROM p WHERE (id IN "
        "(SELECT contact_id FROM journal_entry WHERE "
        f"{_in_window('email.opened', now, 30)} GROUP BY contact_id HAVING "
        "count(contact_id) >= 2) OR id IN (SELECT contact_id FROM journal_entry WHERE "
        f"{_in_window('page.visited', now, 90)} GROUP BY contact_id HAVING "
        "count(contact_id) >= 5) OR id IN (SELECT parent_contact_id FROM crm_lead "
        "WHERE state = 'open' AND lower(lead_source) = 'google' AND parent_contact_id "
        "IS NOT NULL)) AND NOT EXISTS (SELECT FROM journal_entry e WHERE e.contact_id "
        f"= p.id AND {_in_window('email.clicked', now, 7)})"
    )
    return Case("12 twelve conditions, nested", tree, sql)
