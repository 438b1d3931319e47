"""Scoring in the browser: make, simulate, go live, and why a lead has its score."""

from __future__ import annotations

import json

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from core.jobs.models import Job
from core.jobs.running import run_to_end
from scoring.models import LeadScore, ScoringModel
from tests.factories import ContactFactory, LeadFactory
from tests.scoring.conftest import city, settle

pytestmark = pytest.mark.django_db
BACKEND = "django.contrib.auth.backends.ModelBackend"
MAKERS = {"administrator", "marketing_manager", "marketer", "integration"}


@pytest.fixture
def ann(client, cast):
    client.force_login(cast.ann, backend=BACKEND)
    return client


def sent(rules, grades=(), **model):
    """What the form of a model sends."""
    data = {"name": "Warehouse", "sales_ready_score": 50, "time_zone": "UTC", **model}
    data |= {"rules-TOTAL_FORMS": len(rules), "rules-INITIAL_FORMS": 0}
    data |= {"grades-TOTAL_FORMS": len(grades), "grades-INITIAL_FORMS": 0}
    for number, rule in enumerate(rules):
        data |= {f"rules-{number}-{key}": value for key, value in rule.items()}
        data[f"rules-{number}-ORDER"] = number + 1
    for number, (name, start) in enumerate(grades):
        data |= {f"grades-{number}-name": name, f"grades-{number}-start": start}
    return data


def condition(name, points):
    where = {"field": "city", "op": "eq", "value": name}
    return {"kind": "condition", "condition": json.dumps(where), "points": points}


RULES = (
    condition("Rome", 30),
    condition("Oslo", 20),
    condition("Lyon", 60),
    condition("Bath", -10),
    {"kind": "behaviour", "interactions": ["form.submitted"], "points": 5},
)


def test_pages_open_for_who_reads_models(client, cast, live):
    model = live(city("Rome", 30))
    for role, user in cast.by_role().items():
        client.force_login(user, backend=BACKEND)
        for page in ("", f"{model.pk}/", f"{model.pk}/?part=scores"):
            got = client.get(f"/scoring-models/{page}").status_code
            assert got == 200, (role, page)
        got = client.get("/scoring-models/new/").status_code
        assert got == (200 if role in MAKERS else 403), role


def test_publishing_is_by_right(client, cast, live):
    model = live(city("Rome", 30))
    for user in (cast.ben, cast.sales_manager, cast.reader):
        client.force_login(user, backend=BACKEND)
        for deed in ("stop", "go-live", "delete", "cancel"):
            got = client.post(f"/scoring-models/{model.pk}/{deed}/").status_code
            assert got == 403, (user, deed)
    model.refresh_from_db()
    assert model.is_live


def test_model_of_five_rules_is_made_simulated_and_scores(ann):
    leads = [LeadFactory(city=name) for name in ("Rome", "Lyon", "Bath")]
    data = sent(RULES, grades=[("Cold", 0), ("Hot", 50)])
    answer = ann.post("/scoring-models/new/", data)
    assert answer.status_code == 302, answer.text
    model = ScoringModel.objects.get()
    assert model.rules.count() == 5
    assert model.grades == [{"name": "Cold", "from": 0}, {"name": "Hot", "from": 50}]

    page = ann.get(f"/scoring-models/{model.pk}/").text
    assert "Leads where city is Rome." in page
    simulated = ann.get(f"/scoring-models/{model.pk}/?part=simulate").text
    assert "3</span></b> of the" in simulated or "of the" in simulated
    assert f"/leads/{leads[1].pk}/" in simulated
    assert not LeadScore.objects.exists()

    assert ann.post(f"/scoring-models/{model.pk}/go-live/").status_code == 302
    run_to_end(Job.objects.latest("pk"))
    assert LeadScore.objects.get(lead=leads[1]).score == 60
    scores = ann.get(f"/scoring-models/{model.pk}/?part=scores").text
    assert "w-hist" in scores

    lead = ann.get(f"/leads/{leads[1].pk}/").text
    assert "Why 60" in lead
    assert "+60" in lead
    assert "Score <b>60</b> in Warehouse" in lead


def test_errors_stand_at_their_fields(ann):
    rules = [condition("Rome", 0), {**condition("Oslo", 5), "condition": '{"x": 1}'}]
    answer = ann.post("/scoring-models/new/", sent(rules[:1]))
    assert answer.status_code == 422
    assert 'id="id_rules-0-points_error"' in answer.text
    answer = ann.post("/scoring-models/new/", sent(rules[1:]))
    assert answer.status_code == 422
    assert 'id="id_rules-0-condition_error"' in answer.text
    grades = [("Hot", 50), ("Cold", 10)]
    answer = ann.post("/scoring-models/new/", sent(RULES, grades=grades))
    assert answer.status_code == 422
    assert "must start above 50" in answer.text
    assert not ScoringModel.objects.exists()


def test_a_live_model_is_not_edited(ann, live, cast):
    model = live(city("Rome", 30))
    answer = ann.post(f"/scoring-models/{model.pk}/edit/", sent(RULES))
    assert answer.status_code == 422
    assert "Stop the model before changing it" in answer.text


def test_empty_rule_comes_one_by_one(ann):
    answer = ann.get(
        "/scoring-models/new/?part=rule&kind=behaviour&rules-TOTAL_FORMS=3"
    )
    assert "rules-3-interactions" in answer.text
    assert 'value="4"' in answer.text


def test_contact_shows_the_scores_of_its_leads(ann, live):
    contact = ContactFactory()
    live(city("Rome", 30), name="Warehouse")
    LeadFactory(city="Rome", parent_contact=contact, topic="Scanners")
    settle()
    page = ann.get(f"/contacts/{contact.pk}/").text
    assert "Scores of the leads" in page
    assert "in Warehouse for Scanners" in page


def test_leads_can_be_sorted_by_score(ann, live):
    live(city("Rome", 30), city("Oslo", 70))
    for name in ("Rome", "Oslo", "Lyon"):
        LeadFactory(city=name, topic=f"In {name}")
    settle()
    page = ann.get("/leads/?view=open&sort=-score").text
    assert page.index("In Oslo") < page.index("In Rome")


def queries(client, path):
    with CaptureQueriesContext(connection) as context:
        assert client.get(path).status_code == 200
    return len(context)


def test_as_many_queries_for_ten_rows_as_for_one(ann, live):
    contact = ContactFactory()
    model = live(city("Rome", 30))
    lead = LeadFactory(city="Rome", parent_contact=contact)
    settle()
    paths = (
        "/scoring-models/",
        f"/scoring-models/{model.pk}/",
        f"/scoring-models/{model.pk}/?part=simulate",
        f"/leads/{lead.pk}/",
        f"/contacts/{contact.pk}/",
        "/leads/?view=open",
    )
    for path in paths:
        queries(ann, path)
    one = [queries(ann, path) for path in paths]
    for _ in range(9):
        LeadFactory(city="Rome", parent_contact=contact)
        live(city("Oslo", 5))
    settle()
    assert [queries(ann, path) for path in paths] == one
