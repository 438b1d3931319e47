"""Several movers at once: nobody is moved twice, and no time is lost."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection, connections

from core.base.errors import DomainError
from core.journal.services import acting
from crm.models import StageStay
from crm.processes.reading import standing
from crm.services.lead_scoring import (
    leads_become_sales_ready,
    leads_start_qualification,
)
from crm.services.processes import process_definitions
from sales.processes.moves import process_move
from tests.factories import LeadFactory

pytestmark = [pytest.mark.serial, pytest.mark.django_db(transaction=True)]
PEOPLE = 12


def at_once(deeds):
    """Run these together; what each did or why it was refused."""
    start = Barrier(len(deeds), timeout=30)

    def run(deed):
        try:
            connection.ensure_connection()
            start.wait()
            return deed() or "done"
        except DomainError as refusal:
            return refusal.code
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(deeds)) as pool:
        return Counter(pool.map(run, deeds))


def adds_up(lead):
    lead.refresh_from_db()
    at = standing("lead", lead, process_definitions())
    stays = list(StageStay.objects.filter(entity="lead", record_id=lead.pk))
    stays.sort(key=lambda stay: stay.pk)
    assert all(stay.left_at >= stay.entered_at for stay in stays)
    assert [s.left_at for s in stays[:-1]] == [s.entered_at for s in stays[1:]]
    assert stays[-1].left_at == lead.stage_since
    assert at.age == sum((s.left_at - s.entered_at for s in stays), at.here)


def test_many_who_press_next_move_a_lead_once(cast):
    lead = LeadFactory(owner=cast.ben, team=cast.benelux)

    def press():
        with acting(cast.ben, via="browser"):
            process_move(
                entity="lead",
                record_id=lead.pk,
                user=cast.ben,
                move="next",
                from_stage="inquiry",
            )

    outcomes = at_once([press] * PEOPLE)
    assert outcomes == {"done": 1, "stage_moved": PEOPLE - 1}
    lead.refresh_from_db()
    assert lead.stage == "automated_marketing_qualification"
    adds_up(lead)


def test_scores_and_a_hand_at_once_end_in_sales_acceptance_or_behind_it(cast):
    for _ in range(5):
        lead = LeadFactory(owner=cast.ben, team=cast.benelux)

        def by_hand(lead=lead):
            with acting(cast.ben, via="browser"):
                process_move(
                    entity="lead", record_id=lead.pk, user=cast.ben, move="next"
                )

        def first_score(lead=lead):
            with acting(None, via="task"):
                leads_start_qualification(lead_ids=[lead.pk])

        def threshold(lead=lead):
            with acting(None, via="task"):
                leads_become_sales_ready(scores={lead.pk: 90})

        at_once([by_hand, by_hand, first_score, threshold])
        lead.refresh_from_db()
        assert lead.sales_ready
        assert lead.process == "sales"
        assert lead.stage in ("sales_acceptance", "qualify")
        adds_up(lead)
