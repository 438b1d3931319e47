"""Live segments, and the scoring model that decides who is ready for sales."""

from __future__ import annotations

from typing import Any

from config.demo.leads import CONFERENCE_TOPIC
from config.demo.world import World
from core.access.models import User
from core.jobs.running import run_to_end
from core.journal.services import acting
from scoring.services.lifecycle import scoring_model_create, scoring_model_go_live
from segments.models import Segment
from segments.services.lifecycle import segment_create, segment_go_live
from segments.services.membership import members_change

ZONE = "Europe/Amsterdam"
BOARD = 9


def _is(field: str, value: Any, op: str = "eq") -> dict[str, Any]:
    return {"field": field, "op": op, "value": value}


def _within(days: int) -> dict[str, Any]:
    return _is("occurred_at", {"days": days}, "within_last")


_BENELUX = _is("country", ["Netherlands", "Belgium"], "in")
_PRICING = [
    _is("name", "website.visited"),
    _is("url", "/pricing/", "contains"),
]

# name: what it is for, and its definition
SEGMENTS: dict[str, tuple[str, dict[str, Any]]] = {
    "Contoso Ltd Conference": (
        "Everybody who became a lead at the conference.",
        {
            "from": "lead",
            "where": {"and": [_is("topic", CONFERENCE_TOPIC)]},
            "to": ["parent_contact"],
        },
    ),
    "Pricing visitors, 30 days": (
        "Looked at prices lately.",
        {
            "from": "contact",
            "where": {
                "related": "interactions",
                "where": {"and": [*_PRICING, _within(30)]},
            },
        },
    ),
    "Warm logistics, Benelux": (
        "Logistics companies of the Benelux, with three visits or more in 90 days.",
        {
            "from": "contact",
            "where": {
                "and": [
                    {
                        "related": "account",
                        "where": {"and": [_is("industry", "Logistics"), _BENELUX]},
                    },
                    {
                        "related": "interactions",
                        "where": {"and": [_is("name", "website.visited"), _within(90)]},
                        "count": {"op": "gte", "value": 3},
                    },
                ]
            },
        },
    ),
    "Warehouse Day, registered": (
        "Sent the form of the landing page.",
        {
            "from": "interaction",
            "where": {
                "and": [
                    _is("name", "form.submitted"),
                    _is("source_name", "Warehouse Day", "contains"),
                ]
            },
            "to": ["contact"],
        },
    ),
    "Quiet for 90 days": (
        "Customers and prospects of whom nothing was heard.",
        {
            "from": "contact",
            "where": {
                "and": [
                    _is("marketing_only", False),
                    {
                        "related": "interactions",
                        "where": {"and": [_within(90)]},
                        "count": {"op": "eq", "value": 0},
                    },
                ]
            },
        },
    ),
    "Decision makers with open leads": (
        "For the invitation to the test warehouse.",
        {
            "from": "lead",
            "where": {
                "and": [
                    _is("state", "open"),
                    _is("buying_role", "Decision maker"),
                ]
            },
            "to": ["parent_contact"],
        },
    ),
}

THRESHOLD = 50
GRADES = [
    {"name": "Cold", "from": 0},
    {"name": "Warm", "from": 20},
    {"name": "Hot", "from": THRESHOLD},
]
RULES: list[dict[str, Any]] = [
    {
        "name": "Works in an industry we know",
        "kind": "condition",
        "condition": {
            "and": [_is("industry", ["Logistics", "Food and beverage", "Retail"], "in")]
        },
        "points": 10,
    },
    {
        "name": "Decides on the purchase",
        "kind": "condition",
        "condition": {"and": [_is("buying_role", "Decision maker")]},
        "points": 10,
    },
    {
        "name": "Visited Pricing in the last 30 days",
        "kind": "behaviour",
        "interactions": ["website.visited"],
        "condition": {"and": [_is("url", "/pricing/", "contains")]},
        "window_days": 30,
        "frequency": "each",
        "points": 10,
        "cap": 30,
    },
    {
        "name": "Visited our website in the last 60 days",
        "kind": "behaviour",
        "interactions": ["website.visited"],
        "window_days": 60,
        "frequency": "each",
        "points": 5,
        "cap": 30,
    },
    {
        "name": "Sent a form in the last 90 days",
        "kind": "behaviour",
        "interactions": ["form.submitted"],
        "window_days": 90,
        "frequency": "at_least",
        "times": 1,
        "points": 25,
    },
    {
        "name": "Clicked in an email",
        "kind": "behaviour",
        "interactions": ["email.clicked"],
        "frequency": "each",
        "points": 5,
        "cap": 10,
    },
    {
        "name": "May not be emailed",
        "kind": "condition",
        "condition": {"and": [_is("do_not_email", True)]},
        "points": -10,
    },
]


def segments(world: World) -> None:
    """Make each segment and let it go live."""
    user = world.users["marketer"]
    with acting(user, "demo"):
        for name, (description, definition) in SEGMENTS.items():
            segment = segment_create(
                user=user,
                name=name,
                description=description,
                definition=definition,
                time_zone=ZONE,
            )
            segment_go_live(segment_id=segment.pk)
        _by_hand(world)
        _combined(user)


def _by_hand(world: World) -> None:
    """A static segment: people whom marketing asks for advice."""
    user = world.users["marketer"]
    board = segment_create(
        user=user,
        name="Customer advisory board",
        description="Asked twice a year what we should build next.",
        kind="static",
        time_zone=ZONE,
    )
    segment_go_live(segment_id=board.pk)
    customers = (c for c in world.contacts if c.relationship == "Customer")
    chosen = [contact.pk for contact in customers][:BOARD]
    members_change(segment_id=board.pk, user_id=user.pk, add=chosen)


def _combined(user: User) -> None:
    """A compound one: who looked at prices or came to the conference, and is new."""
    names = (
        "Pricing visitors, 30 days",
        "Contoso Ltd Conference",
        "Warehouse Day, registered",
    )
    prices, conference, day = (
        {"segment": Segment.objects.get(name=name).pk} for name in names
    )
    invited = segment_create(
        user=user,
        name="To invite to Warehouse Day",
        description="Interested or met at the conference, and not registered yet.",
        kind="compound",
        definition={"except": [{"union": [prices, conference]}, day]},
        time_zone=ZONE,
    )
    segment_go_live(segment_id=invited.pk)


def scoring(world: World) -> None:
    """Score every open lead; those at the threshold become sales ready."""
    user = world.users["marketer"]
    with acting(user, "demo"):
        model = scoring_model_create(
            user=user,
            name="Warehouse model",
            description="Who they are, and how often they looked at what we sell.",
            sales_ready_score=THRESHOLD,
            grades=GRADES,
            time_zone=ZONE,
            rules=RULES,
        )
        _, job = scoring_model_go_live(model_id=model.pk, user=user)
    run_to_end(job)
