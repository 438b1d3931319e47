"""What scores do to leads: stage, sales ready, hold."""

from __future__ import annotations

import datetime as dt

import pytest
from django.utils import timezone

from core.base.models import Organisation
from core.journal.models import Entry
from core.journal.services import record
from crm.models import Lead
from crm.services.lead_lifecycle import lead_return_to_marketing
from scoring.models import LeadScore
from scoring.services.lifecycle import scoring_model_stop
from tests.factories import ContactFactory, LeadFactory
from tests.scoring.conftest import behaviour, city, settle

pytestmark = pytest.mark.django_db


def fresh(lead):
    return Lead.objects.get(pk=lead.pk)


def test_first_score_starts_automated_marketing_qualification(live):
    live(city("Rome", 10))
    scored, unscored = LeadFactory(city="Rome"), LeadFactory(city="Oslo")
    settle()
    assert fresh(scored).stage == "automated_marketing_qualification"
    assert fresh(unscored).stage == "inquiry"


def test_reaching_the_threshold_hands_the_lead_to_sales_once(live):
    live(city("Rome", 100))
    lead = LeadFactory(city="Rome")
    settle()
    lead = fresh(lead)
    assert (lead.sales_ready, lead.sales_ready_score) == (True, 100)
    assert lead.stage == "sales_acceptance"
    settle()
    assert Entry.objects.filter(name="lead.sales_ready", lead_id=lead.pk).count() == 1


def test_falling_score_never_unsets_it(live):
    live(city("Rome", 100))
    lead = LeadFactory(city="Rome")
    settle()
    Lead.objects.filter(pk=lead.pk).update(city="Oslo")
    settle()
    assert fresh(lead).sales_ready
    assert LeadScore.objects.get(lead=lead).score == 0


def test_any_one_model_suffices(live):
    live(city("Rome", 10))
    live(city("Rome", 5), sales_ready_score=5)
    lead = LeadFactory(city="Rome")
    settle()
    assert fresh(lead).sales_ready


def test_lead_entered_by_sales_is_scored_but_not_moved(live):
    model = live(city("Rome", 100))
    lead = LeadFactory(
        city="Rome", entered_by_sales=True, process="sales", stage="qualify"
    )
    settle()
    found = fresh(lead)
    assert (found.sales_ready, found.process, found.stage) == (
        False,
        "sales",
        "qualify",
    )
    assert LeadScore.objects.get(lead=lead, model=model).score == 100


@pytest.mark.parametrize("switch", ["score_sets_stage", "score_sets_sales_ready"])
def test_organisation_switches_are_heeded(live, switch):
    organisation = Organisation.current()
    setattr(organisation, switch, False)
    organisation.save()
    live(city("Rome", 100 if switch == "score_sets_sales_ready" else 10))
    lead = LeadFactory(city="Rome")
    settle()
    assert not fresh(lead).sales_ready
    if switch == "score_sets_stage":
        assert fresh(lead).stage == "inquiry"


class TestHold:
    def returned(self, live, cast):
        live(city("Rome", 100), behaviour(1, "page.visited"))
        lead = LeadFactory(city="Rome", parent_contact=ContactFactory())
        settle()
        lead_return_to_marketing(lead_id=lead.pk, user=cast.admin, reason="Too early")
        settle()
        return fresh(lead)

    def test_a_returned_lead_does_not_flip_at_once(self, live, cast):
        lead = self.returned(live, cast)
        assert not lead.sales_ready
        record("page.visited", contact_id=lead.parent_contact_id)
        settle()
        assert not fresh(lead).sales_ready

    def test_it_is_ready_again_after_falling_and_crossing_anew(self, live, cast):
        lead = self.returned(live, cast)
        for town in ("Oslo", "Rome"):
            Lead.objects.filter(pk=lead.pk).update(city=town)
            settle()
        assert fresh(lead).sales_ready

    def test_it_is_ready_again_after_the_hold_with_something_new(self, live, cast):
        lead = self.returned(live, cast)
        long_ago = timezone.now() - dt.timedelta(days=31)
        Lead.objects.filter(pk=lead.pk).update(returned_at=long_ago)
        settle()
        assert not fresh(lead).sales_ready
        record("page.visited", contact_id=lead.parent_contact_id)
        settle()
        assert fresh(lead).sales_ready


@pytest.mark.parametrize(("cleanup", "left"), [(True, 0), (False, 1)])
def test_stopping_cleans_up_where_the_organisation_wants_it(live, cleanup, left):
    organisation = Organisation.current()
    organisation.score_cleanup = cleanup
    organisation.save()
    model = live(city("Rome", 10))
    LeadFactory(city="Rome")
    settle()
    scoring_model_stop(model_id=model.pk)
    assert LeadScore.objects.filter(model=model).count() == left
