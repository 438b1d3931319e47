"""Whatever changed, in whatever order: fresh members and scores equal computed ones.

HANDOFF_WALKS=2 HANDOFF_WALK_STEPS=200 walks further than the one road of every day.
"""

from __future__ import annotations

import os

import pytest
from django.db.models import Max
from django.utils import timezone

from core.query.language import Context, compile_ids, validate
from crm.models import Contact, Lead
from scoring.models import LeadScore
from scoring.services.compute import Batch, model_rules, scores_simulate
from segments.models import Segment
from segments.services.membership import exception_set
from tests.flows.settling import settle
from tests.query.worlds import read_world
from tests.scoring.conftest import behaviour
from tests.scoring.conftest import live as live_model  # noqa: F401 - a fixture
from tests.segments.conftest import members
from tests.segments.walk import DEFINITIONS, Walk, clause, compounds

pytestmark = pytest.mark.django_db
WALKS = int(os.environ.get("HANDOFF_WALKS", "1"))
STEPS = int(os.environ.get("HANDOFF_WALK_STEPS", "60"))
RULES = [
    {"name": "Rome", "condition": clause("city", "rome"), "points": 10},
    {
        "name": "Retail",
        "condition": {
            "related": "parent_account",
            "where": clause("industry", "retail"),
        },
        "points": 20,
    },
    {
        "name": "Known in Rome",
        "condition": {
            "related": "parent_contact",
            "where": {
                "and": [
                    clause("city", "rome"),
                    {"related": "account", "where": clause("industry", "retail")},
                ]
            },
        },
        "points": 7,
    },
    behaviour(5, "page.visited", cap=12),
    behaviour(9, "email.clicked", frequency="at_least", times=2),
    behaviour(-3, "page.visited", "email.clicked", frequency="none"),
]


@pytest.mark.parametrize("seed", range(WALKS))
def test_walk_keeps_members_and_scores_right(seed, live, live_model, cast):  # noqa: F811 - a fixture
    walk = Walk(seed)
    base = [live(definition) for definition in DEFINITIONS]
    segments = base + [live(tree) for tree in compounds([s.pk for s in base])]
    except_some(segments, cast)
    model = live_model(*RULES, sales_ready_score=30)
    log = []
    for number in range(STEPS):
        log.append(walk.step())
        if number % 5 == 4 or walk.dice.random() < 0.1:
            settle()
            check_members(segments, log)
            check_scores(model, log)


def except_some(segments, cast):
    first, second, third = Contact.objects.order_by("pk")[:3]
    for segment, contact, mode in (
        (segments[0], first, "always"),
        (segments[0], second, "never"),
        (segments[2], third, "never"),
        (segments[-1], first, "always"),
    ):
        exception_set(
            segment_id=segment.pk,
            contact_id=contact.pk,
            mode=mode,
            reason="",
            user=None,
        )


def check_members(segments, log):
    """Members = plain Python = the whole query, each with its exceptions."""
    known = {}
    world = read_world(timezone.now(), "UTC", known)
    context = Context("UTC", timezone.now())
    for segment in segments:
        expected = with_exceptions(segment, world.find(segment.definition))
        known[segment.pk] = expected
        query = validate(segment.definition, ends_on="contact")
        whole = with_exceptions(segment, set(compile_ids(query, context)))
        assert whole == expected, (segment.definition, log[-6:])
        assert members(segment) == expected, (segment.definition, log[-6:])
        count = Segment.objects.get(pk=segment.pk).member_count
        assert count == len(expected), (segment.definition, log[-6:])


def with_exceptions(segment, ids):
    always = segment.exceptions.filter(mode="always").values_list("contact", flat=True)
    never = segment.exceptions.filter(mode="never").values_list("contact", flat=True)
    return (ids - set(never)) | set(always)


def check_scores(model, log):
    """Stored scores of open leads = scores computed whole, sums included."""
    upto = Lead.objects.aggregate(last=Max("pk"))["last"] or 0
    whole = scores_simulate(
        model=model, rules=model_rules(model), batch=Batch(after=0, upto=upto)
    )
    expected = {lead: score for lead, score, _ in whole}
    stored = LeadScore.objects.filter(model=model, lead__state="open")
    assert dict(stored.values_list("lead", "score")) == expected, log[-6:]
    for row in stored:
        assert sum(row.breakdown.values()) == row.score
