"""The templates of segments that every installation has."""

from __future__ import annotations

from typing import Any

from segments.models import SegmentTemplate


def _visited(days: int) -> dict[str, Any]:
    names = ["page.visited", "website.visited"]
    return {
        "and": [
            {"field": "name", "op": "in", "value": names},
            {"field": "occurred_at", "op": "within_last", "value": {"days": days}},
        ]
    }


def _contacts(*conds: dict[str, Any]) -> dict[str, Any]:
    return {"from": "contact", "where": {"and": list(conds)}}


def _ask(at: str, ask: str) -> dict[str, str]:
    return {"at": at, "ask": ask}


_OPEN_LEAD = {"field": "state", "op": "eq", "value": "open"}
_NONE = {"op": "eq", "value": 0}
_EMAIL = {"field": "email", "op": "not_blank"}

# Key, name, what it is for, conditions, what is asked.
TEMPLATES: tuple[tuple[str, str, str, dict[str, Any], list[dict[str, str]]], ...] = (
    (
        "leads-of-a-topic",
        "People behind leads of one topic",
        "Everybody whose lead names a topic, for example a conference.",
        {
            "from": "lead",
            "where": {"field": "topic", "op": "contains", "value": ""},
            "to": ["parent_contact"],
        },
        [_ask("where", "Which topic, or a part of it?")],
    ),
    (
        "leads-of-a-source",
        "People from one lead source",
        "Everybody with an open lead from one source.",
        {
            "from": "lead",
            "where": {
                "and": [_OPEN_LEAD, {"field": "lead_source", "op": "in", "value": []}]
            },
            "to": ["parent_contact"],
        },
        [_ask("where.and[1]", "Which lead sources?")],
    ),
    (
        "interested-without-lead",
        "Interested, and no open lead yet",
        "Visited at least three times lately, and nobody works on them.",
        _contacts(
            {
                "related": "interactions",
                "where": _visited(30),
                "count": {"op": "gte", "value": 3},
            },
            {"related": "leads", "where": _OPEN_LEAD, "count": _NONE},
        ),
        [],
    ),
    (
        "quiet",
        "Quiet for a while",
        "Known for at least half a year, and nothing happened lately.",
        _contacts(
            {"field": "created_at", "op": "older_than", "value": {"months": 6}},
            {
                "related": "interactions",
                "where": {
                    "field": "occurred_at",
                    "op": "within_last",
                    "value": {"days": 90},
                },
                "count": _NONE,
            },
        ),
        [_ask("where.and[1].where", "Quiet for how long?")],
    ),
    (
        "industry-and-country",
        "Companies of an industry and country",
        "Contacts whose account is in these industries and countries.",
        _contacts(
            {
                "related": "account",
                "where": {
                    "and": [
                        {"field": "industry", "op": "in", "value": []},
                        {"field": "country", "op": "in", "value": []},
                    ]
                },
            }
        ),
        [
            _ask("where.and[0].where.and[0]", "Which industries?"),
            _ask("where.and[0].where.and[1]", "Which countries?"),
        ],
    ),
    (
        "new-contacts",
        "New contacts",
        "Everybody who came in lately.",
        _contacts({"field": "created_at", "op": "within_last", "value": {"days": 30}}),
        [_ask("where.and[0]", "Within how many days?")],
    ),
    (
        "birthday-soon",
        "Birthday in a week",
        "For a greeting: the segment moves on by itself every day.",
        _contacts({"field": "birth_date", "op": "anniversary", "value": {"days": 7}}),
        [_ask("where.and[0]", "How many days ahead?")],
    ),
    (
        "may-be-mailed",
        "May be mailed",
        "Has an email address and allows email and bulk email.",
        _contacts(
            _EMAIL,
            {"field": "do_not_email", "op": "eq", "value": False},
            {"field": "do_not_bulk_email", "op": "eq", "value": False},
            {"field": "state", "op": "eq", "value": "active"},
        ),
        [],
    ),
)


def ensure_templates() -> None:
    """Make the shipped templates; one that somebody changed stays as it is."""
    known = set(SegmentTemplate.objects.values_list("key", flat=True))
    taken = set(SegmentTemplate.objects.values_list("name", flat=True))
    SegmentTemplate.objects.bulk_create(
        SegmentTemplate(
            key=key,
            name=name if name not in taken else f"{name} (shipped)",
            description=description,
            definition=definition,
            placeholders=placeholders,
        )
        for key, name, description, definition, placeholders in TEMPLATES
        if key not in known
    )
