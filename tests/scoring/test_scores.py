"""What a rule gives, and that the breakdown adds up to the score."""

from __future__ import annotations

import datetime as dt

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.journal.services import NewEntry, record_many
from crm.models import Contact, Lead
from scoring.models import LeadScore
from scoring.services.run import clock_sweep, score_leads
from tests.factories import AccountFactory, ContactFactory, LeadFactory
from tests.scoring.conftest import behaviour, city, score_of, settle

pytestmark = pytest.mark.django_db
DAY = dt.timedelta(days=1)


def visit(contact, *, days_ago=0, name="page.visited", **more):
    record_many(
        [
            NewEntry(
                name=name,
                contact_id=contact.pk,
                occurred_at=timezone.now() - days_ago * DAY,
                **more,
            )
        ]
    )


@pytest.mark.parametrize(
    ("town", "country", "score"),
    [
        ("London", "England", 110),
        ("Manchester", "England", 40),
        ("London", "Ohio", 70),
        ("", "", 0),
    ],
)
def test_rows_are_independent_and_add_up(live, town, country, score):
    england = {"field": "country", "op": "eq", "value": "England"}
    model = live(
        city("London", 70), {"name": "England", "condition": england, "points": 40}
    )
    lead = LeadFactory(city=town, country=country)
    settle()
    assert score_of(lead, model) == score


@pytest.mark.parametrize(
    ("rule", "visits", "score"),
    [
        ({"frequency": "each"}, 3, 15),
        ({"frequency": "each", "cap": 12}, 3, 12),
        ({"frequency": "at_least", "times": 2}, 1, 0),
        ({"frequency": "at_least", "times": 2}, 2, 5),
        ({"frequency": "at_least", "times": 2}, 5, 5),
        ({"frequency": "none"}, 0, 5),
        ({"frequency": "none"}, 1, 0),
    ],
)
def test_how_often_counts(live, rule, visits, score):
    model = live(behaviour(5, "page.visited", **rule))
    contact = ContactFactory()
    lead = LeadFactory(parent_contact=contact)
    for _ in range(visits):
        visit(contact)
    settle()
    assert score_of(lead, model) == score


def test_negative_points_are_capped_from_below(live):
    model = live(behaviour(-5, "page.visited", cap=8))
    contact = ContactFactory()
    lead = LeadFactory(parent_contact=contact)
    for _ in range(3):
        visit(contact)
    settle()
    assert score_of(lead, model) == -8


def test_only_the_window_counts(live):
    model = live(behaviour(5, "page.visited", window_days=30))
    contact = ContactFactory()
    lead = LeadFactory(parent_contact=contact)
    visit(contact, days_ago=31)
    visit(contact, days_ago=29)
    settle()
    assert score_of(lead, model) == 5


def test_points_fade_by_half_each_half_life(live):
    model = live(behaviour(40, "page.visited", half_life_days=10))
    contact = ContactFactory()
    lead = LeadFactory(parent_contact=contact)
    visit(contact, days_ago=20)
    settle()
    assert score_of(lead, model) == 10


def test_machines_do_not_score(live):
    model = live(behaviour(5, "email.opened"))
    contact = ContactFactory()
    lead = LeadFactory(parent_contact=contact)
    visit(contact, name="email.opened", machine=True)
    settle()
    assert score_of(lead, model) == 0


def test_interactions_are_narrowed_by_a_condition(live):
    pricing = {"field": "url", "op": "contains", "value": "pricing"}
    model = live(behaviour(5, "page.visited", condition=pricing))
    contact = ContactFactory()
    lead = LeadFactory(parent_contact=contact)
    visit(contact, url="https://example.com/Pricing")
    visit(contact, url="https://example.com/about")
    settle()
    assert score_of(lead, model) == 5


class TestScope:
    def test_since_the_lead_was_created(self, live):
        model = live(behaviour(5, "page.visited", scope="since_created"))
        contact = ContactFactory()
        visit(contact, days_ago=2)
        lead = LeadFactory(parent_contact=contact)
        visit(contact)
        Lead.objects.filter(pk=lead.pk).update(created_at=timezone.now() - DAY)
        settle()
        assert score_of(lead, model) == 5

    def test_only_this_lead(self, live):
        model = live(behaviour(5, "form.submitted", scope="this_lead"))
        contact = ContactFactory()
        first, second = (LeadFactory(parent_contact=contact) for _ in range(2))
        visit(contact, name="form.submitted", lead_id=first.pk)
        settle()
        assert (score_of(first, model), score_of(second, model)) == (5, 0)


def test_lead_without_contact_is_scored_by_its_accounts_people(live):
    model = live(behaviour(5, "page.visited"))
    account = AccountFactory()
    people = [ContactFactory(account=account) for _ in range(2)]
    lead = LeadFactory(parent_account=account)
    other = LeadFactory(parent_account=account, parent_contact=ContactFactory())
    for person in people:
        visit(person)
    settle()
    assert (score_of(lead, model), score_of(other, model)) == (10, 0)


def test_change_of_contact_or_lead_rescores(live):
    in_rome = {
        "related": "parent_contact",
        "where": {"field": "city", "op": "eq", "value": "Rome"},
    }
    model = live({"name": "Rome", "condition": in_rome, "points": 10})
    contact = ContactFactory(city="Oslo")
    lead = LeadFactory(parent_contact=contact)
    settle()
    assert score_of(lead, model) == 0
    Contact.objects.filter(pk=contact.pk).update(city="Rome")
    settle()
    assert score_of(lead, model) == 10


def test_closed_lead_keeps_its_score(live):
    model = live(city("Rome", 10))
    lead = LeadFactory(city="Rome")
    settle()
    Lead.objects.filter(pk=lead.pk).update(state="disqualified", city="Oslo")
    settle()
    assert score_of(lead, model) == 10


def test_the_clock_alone_takes_points_away(live):
    model = live(behaviour(5, "page.visited", window_days=30))
    contact = ContactFactory()
    lead = LeadFactory(parent_contact=contact)
    visit(contact, days_ago=29.9999)
    settle()
    assert score_of(lead, model) == 5
    rule = model.rules.get()
    rule.window_days = 29
    rule.save()
    type(model).objects.filter(pk=model.pk).update(next_check_at=timezone.now())
    assert clock_sweep() == 1
    settle()
    assert score_of(lead, model) == 0


def test_nothing_is_written_where_nothing_changed(live):
    model = live(city("Rome", 10))
    lead = LeadFactory(city="Rome")
    settle()
    before = LeadScore.objects.get(lead=lead, model=model).changed_at
    assert score_leads(lead_ids=[lead.pk]) == 0
    assert LeadScore.objects.get(lead=lead, model=model).changed_at == before


@pytest.mark.parametrize(
    ("score", "grade"), [(-5, ""), (0, "D"), (29, "D"), (30, "B"), (500, "A")]
)
def test_grade_is_the_range_the_score_falls_into(live, score, grade):
    grades = [{"name": "D", "from": 0}, {"name": "B", "from": 30}]
    grades.append({"name": "A", "from": 60})
    rules = [city("Rome", score)] if score else [city("Oslo", 1)]
    model = live(*rules, grades=grades)
    lead = LeadFactory(city="Rome")
    settle()
    assert LeadScore.objects.get(lead=lead, model=model).grade == grade


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    points=st.lists(st.integers(-50, 50).filter(bool), min_size=1, max_size=5),
    visits=st.lists(st.integers(0, 60), max_size=8),
    frequency=st.sampled_from(["each", "at_least", "none"]),
    cap=st.none() | st.integers(1, 60),
)
def test_score_is_what_plain_python_says(live, points, visits, frequency, cap):
    towns = ["Rome", "Oslo", "Bern", "Riga", "Kyiv"]
    rules = [city(towns[n], worth) for n, worth in enumerate(points)]
    rules.append(
        behaviour(7, "page.visited", frequency=frequency, window_days=30, cap=cap)
    )
    model = live(*rules)
    contact = ContactFactory()
    lead = LeadFactory(city="rome", parent_contact=contact)
    for days in visits:
        visit(contact, days_ago=days + 0.5)
    settle()

    count = sum(1 for days in visits if days + 0.5 < 30)
    given_ = {
        "each": 7 * count,
        "at_least": 7 if count else 0,
        "none": 7 if not count else 0,
    }[frequency]
    if cap is not None and frequency != "none":
        given_ = min(cap, given_)
    assert score_of(lead, model) == points[0] + given_
