"""The process bar on the pages of leads and opportunities."""

from __future__ import annotations

import pytest
from django.urls import reverse

from sales.services.opportunities import opportunity_create
from tests.factories import LeadFactory

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true", "HX-Target": "drawer"}


@pytest.fixture
def lead(cast):
    return LeadFactory(owner=cast.ben, team=cast.benelux)


@pytest.fixture
def ben(client, cast):
    client.force_login(cast.ben)
    return client


def test_the_lead_page_shows_its_stages_and_moves_on(ben, lead):
    page = ben.get(reverse("lead", args=[lead.pk])).content.decode()
    assert "Lead to opportunity marketing sales process" in page
    assert "Next: Automated marketing qualification" in page
    asked = {"move": "next", "from_stage": "inquiry"}
    ben.post(reverse("lead_process", args=[lead.pk]), asked)
    again = ben.post(reverse("lead_process", args=[lead.pk]), asked, follow=True)
    assert "Somebody moved it on" in again.content.decode()
    lead.refresh_from_db()
    assert lead.stage == "automated_marketing_qualification"


def test_the_panel_of_a_stage_writes_its_steps_and_moves(ben, lead):
    lead.process, lead.stage = "sales", "qualify"
    lead.save()
    url = reverse("lead_stage", args=[lead.pk, "qualify"])
    shown = ben.get(url, headers=HTMX).content.decode()
    assert "Purchase timeframe" in shown
    assert 'name="budget"' in shown
    sent = {"budget": "12000", "decision_maker": "on", "purchase_timeframe": "x"}
    assert ben.post(url, sent, headers=HTMX).status_code == 422
    sent["purchase_timeframe"] = "This quarter"
    assert ben.post(url, sent, headers=HTMX).status_code == 204
    lead.refresh_from_db()
    assert (lead.budget, lead.decision_maker) == (12000, True)
    assert lead.purchase_timeframe == "This quarter"


def test_a_tick_that_moves_on_does_so_from_the_panel(ben, lead):
    lead.stage = "automated_marketing_qualification"
    lead.save()
    url = reverse("lead_stage", args=[lead.pk, lead.stage])
    assert ben.post(url, {"sales_ready": "on"}, headers=HTMX).status_code == 204
    lead.refresh_from_db()
    assert (lead.process, lead.stage) == ("sales", "sales_acceptance")
    page = ben.get(reverse("lead", args=[lead.pk])).content.decode()
    assert "Lead to opportunity sales process" in page
    assert "Next: Qualify" in page


def test_an_opportunity_has_the_bar_too(ben, cast):
    row = opportunity_create(user=cast.ben, values={"name": "Pilot"})
    page = ben.get(reverse("opportunity", args=[row.pk])).content.decode()
    assert "Next: Propose" in page
    url = reverse("opportunity_stage", args=[row.pk, "develop"])
    sent = {"need": "Speed", "tick__stakeholders": "on", "then": "next"}
    assert (
        ben.post(url, sent | {"from_stage": "develop"}, headers=HTMX).status_code == 204
    )
    row.refresh_from_db()
    assert (row.process_stage, row.need) == ("propose", "Speed")
    assert row.process_ticks == {"develop.stakeholders": True}


def test_who_may_only_look_is_offered_nothing(client, cast, lead):
    client.force_login(cast.reader)
    page = client.get(reverse("lead", args=[lead.pk])).content.decode()
    action = 'action="' + reverse("lead_process", args=[lead.pk])
    assert action + '"' not in page
    shown = client.get(
        reverse("lead_stage", args=[lead.pk, "inquiry"]), headers=HTMX
    ).content.decode()
    assert "Save" not in shown
    answer = client.post(reverse("lead_process", args=[lead.pk]), {"move": "next"})
    assert answer.status_code == 403


@pytest.mark.parametrize("stage", ["nowhere", "develop2"])
def test_an_unknown_stage_is_not_found(ben, lead, stage):
    url = reverse("lead_stage", args=[lead.pk, stage])
    assert ben.get(url, headers=HTMX).status_code == 404
