"""Leads given by the rules: first match, teams, fallbacks, room, hours, facts."""

from __future__ import annotations

import datetime as dt
from collections import Counter

import pytest
from django.utils import timezone

from core.base.errors import Invalid, Refused, Stale
from core.journal.models import Entry
from core.journal.pump import pump_to_rest
from core.journal.services import acting
from crm.models import Lead
from crm.services.lead_lifecycle import lead_mark_sales_ready, lead_take_over
from crm.services.records import record_create
from sales.assignment.models import AssignmentRule, Due, Given, RuleSet
from sales.assignment.services.assign import MOMENT, leads_assign
from sales.assignment.services.definition import (
    rule_move,
    rule_set_create,
    rule_set_delete,
    rule_set_switch,
    rule_set_update,
    rule_update,
    rules_reorder,
)
from sales.assignment.services.people import availability_save, day_off_add
from sales.assignment.services.runs import assign_due_batch
from sales.assignment.tasks import sweep
from tests.factories import AccountFactory, ContactFactory, LeadFactory
from tests.sales.assignment.conftest import country

pytestmark = pytest.mark.django_db


def give(*leads, moment=MOMENT.ON_DEMAND, **kwargs):
    return leads_assign(lead_ids=[lead.pk for lead in leads], moment=moment, **kwargs)


def owner_of(lead):
    lead.refresh_from_db()
    return lead.owner


def test_first_match_wins_and_the_rest_is_not_asked(main, rule, people):
    ann, bob, eve = people(3)
    rule(main, people=[ann], condition=country("NL"))
    off = rule(main, people=[eve])
    rule(main, people=[bob], condition=country("NL"))
    rule(main, people=[bob])
    rule_update(rule_id=off.pk, values={"active": False})
    dutch, other = LeadFactory(country="nl"), LeadFactory(country="BE")

    give(dutch, other)

    assert owner_of(dutch) == ann
    assert owner_of(other) == bob
    assert dutch.team == ann.team


def test_new_rule_is_last_and_order_is_moved_and_journaled(main, rule, people):
    one, two, three = (rule(main, people=people(1)) for _ in range(3))
    rules_reorder(rule_set_id=main.pk, order=[three.pk, one.pk, two.pk])
    rule_move(rule_id=two.pk, by=-1)
    rule_move(rule_id=two.pk, by=-9)
    assert list(main.rules.values_list("pk", flat=True)) == [two.pk, three.pk, one.pk]
    entry = Entry.objects.filter(name="assignment_rule_set.reordered").latest("id")
    assert entry.data["changes"]["order"][1] == [two.pk, three.pk, one.pk]
    with pytest.raises(Refused, match="Load the page again"):
        rules_reorder(rule_set_id=main.pk, order=[one.pk, two.pk])


def test_in_turn_over_runs_is_fair_to_within_one(main, rule, people):
    crew = people(4)
    rule(main, people=crew)
    for number in (1, 2, 3, 5, 7, 11):
        give(*[LeadFactory() for _ in range(number)])
    given = Counter(Lead.objects.values_list("owner", flat=True))
    assert sorted(given.values()) == [7, 7, 7, 8]


def test_by_load_counts_open_leads_only(main, rule, people):
    ann, bob = people(2)
    for _ in range(3):
        LeadFactory(owner=ann)
        LeadFactory(owner=bob, state="disqualified", status_reason="lost")
    rule(main, people=[ann, bob], to="load")
    give(*[LeadFactory() for _ in range(5)])
    open_ones = Lead.objects.open()
    assert open_ones.filter(owner=ann).count() == 4
    assert open_ones.filter(owner=bob).count() == 4


def test_capacity_then_fallback_owner_with_an_alert(main, rule, people):
    ann, boss = people(2)
    availability_save(user=ann, values={"capacity": 2})
    rule(main, people=[ann])
    rule_set_update(rule_set_id=main.pk, values={"fallback_owner": boss})
    leads = [LeadFactory() for _ in range(3)]

    done = give(*leads)

    assert [owner_of(lead) for lead in leads] == [ann, ann, boss]
    last = Given.objects.get(lead=leads[2])
    assert (last.outcome, last.facts["why"]) == (
        "fallback",
        "nobody could take it",
    )
    assert [gift.outcome for gift in done.gifts] == ["rule", "rule", "fallback"]
    told = Entry.objects.get(name="lead.unassigned")
    assert told.subject_id == leads[2].pk
    assert told.data["why"] == "nobody could take it"


def test_no_rule_and_no_fallback_leaves_it_and_says_so(main, rule, people):
    rule(main, people=people(1), condition=country("NL"))
    lead = LeadFactory(country="DE")
    give(lead)
    assert owner_of(lead) is None
    assert Given.objects.get().outcome == "nobody"
    assert Entry.objects.filter(name="lead.unassigned").count() == 1


def test_who_does_not_work_is_passed_over(main, rule, people):
    ann, bob, eve = people(3)
    today = timezone.now().date()
    # A day of slack: it is another day somewhere.
    day_off_add(
        user=ann, first=today - dt.timedelta(days=1), last=today + dt.timedelta(days=9)
    )
    availability_save(user=bob, values={"takes_leads": False})
    rule(main, people=[ann, bob, eve], available_within=24)
    leads = [LeadFactory() for _ in range(3)]
    give(*leads)
    assert {owner_of(lead) for lead in leads} == {eve}


def test_a_rule_of_one_person_asks_for_room_and_hours_too(main, rule, people):
    (ann,) = people(1)
    rule(main, to="user", user=ann, available_within=24)
    availability_save(user=ann, values={"hours": [None] * 7})
    lead = LeadFactory()
    give(lead)
    assert owner_of(lead) is None


def test_team_rule_hands_on_to_the_rules_of_the_team(main, rule, people, cast):
    ann, bob = people(2, "Nordics")
    nordic = rule_set_create(values={"name": "Nordics", "team": cast.nordics})
    rule(nordic, team=cast.nordics, people=[])
    RuleSet.objects.filter(pk=nordic.pk).update(active=True)
    rule(main, to="team", team=cast.nordics, condition=country("SE"))
    rule(main, to="team", team=cast.benelux)
    swedish = [LeadFactory(country="SE") for _ in range(4)]
    other = LeadFactory()

    give(*swedish, other)

    shared = Counter(owner_of(lead) for lead in swedish)
    assert set(shared) <= {ann, bob, cast.carl}
    assert max(shared.values()) - min(shared.values()) <= 1
    why = Given.objects.filter(lead=swedish[0]).latest("pk")
    assert why.rule_set == nordic
    assert why.facts["through"] == ["1. Rule 1"]
    # A team without rules of its own gets the lead itself.
    assert owner_of(other) is None
    assert other.team == cast.benelux


def test_lead_of_a_team_is_given_by_the_nearest_set_above(main, rule, people, cast):
    (ann,) = people(1, "Europe")
    europe = rule_set_create(values={"name": "Europe", "team": cast.europe})
    rule(europe, people=[ann])
    rule(main, people=[cast.ben])
    RuleSet.objects.filter(pk=europe.pk).update(active=True)
    lead, other = LeadFactory(team=cast.benelux), LeadFactory(team=cast.marketing)
    give(lead, other)
    assert (owner_of(lead), owner_of(other)) == (ann, cast.ben)


def test_partner_leads_never_leave_the_partner(main, rule, people, cast):
    (boss,) = people(1, "Benelux")
    rule_set_update(rule_set_id=main.pk, values={"fallback_owner": boss})
    partner = rule_set_create(
        values={"name": "Partner", "team": cast.nordics, "partner": True}
    )
    rule(partner, people=[cast.carl], condition=country("SE"))
    RuleSet.objects.filter(pk=partner.pk).update(active=True)
    lead = LeadFactory(team=cast.nordics, country="NL")
    give(lead)
    assert owner_of(lead) is None
    assert lead.team == cast.nordics
    with pytest.raises(Invalid, match="partner's team"):
        rule(partner, people=[cast.ben])
    with pytest.raises(Invalid, match="partner's team"):
        rule_set_update(rule_set_id=partner.pk, values={"fallback_owner": cast.ben})


def test_salesperson_keeps_what_was_entered_taken_over_or_given(
    main, rule, people, cast
):
    (ann,) = people(1)
    rule(main, people=[ann])
    with acting(cast.ben, "test"):
        entered = record_create(
            entity="lead", values={"last_name": "Own"}, user=cast.ben
        )
        taken = LeadFactory()
        Lead.objects.filter(pk=taken.pk).update(team=cast.benelux)
        lead_take_over(lead_id=taken.pk, user=cast.ben)
    given, marketers = LeadFactory(owner=cast.carl), LeadFactory(owner=cast.ann)

    done = give(entered, taken, given, marketers)

    assert [owner_of(lead) for lead in (entered, taken, given)] == [
        cast.ben,
        cast.ben,
        cast.carl,
    ]
    assert owner_of(marketers) == ann
    assert sorted(done.left) == sorted([entered.pk, taken.pk, given.pk])

    give(entered, taken, given, take_away=True)
    assert {owner_of(lead) for lead in (entered, taken, given)} == {ann}


def test_closed_leads_stay_where_they_are(main, rule, people):
    rule(main, people=people(1))
    lead = LeadFactory(state="qualified", status_reason="qualified")
    give(lead, take_away=True)
    assert owner_of(lead) is None


def test_why_keeps_rule_version_moment_and_facts(main, rule, people):
    (ann,) = people(1)
    account = AccountFactory(industry="Food")
    related = {"related": "parent_account", "where": {
        "field": "industry", "op": "eq", "value": "food"}}  # fmt: skip
    made = rule(
        main, people=[ann], condition={"and": [country("NL"), related]}, name="Dutch"
    )
    lead = LeadFactory(country="NL", parent_account=account)
    give(lead)
    rule_update(rule_id=made.pk, values={"name": "Renamed", "condition": {}})

    why = Given.objects.get()
    assert (why.version.name, why.version.number, why.place) == ("Dutch", 1, 1)
    assert why.facts["read"] == {"country": "NL", "parent_account.industry": "Food"}
    assert why.facts["people"] == 1
    assert "NL" in why.version.sentence
    entry = Entry.objects.get(name="lead.assigned")
    assert entry.data["owner"] == [None, ann.pk]
    assert entry.lead_id == lead.pk

    give(LeadFactory())
    assert Given.objects.latest("pk").version.number == 2


def test_broken_rule_is_passed_over_and_named(main, rule, people):
    ann, bob = people(2)
    broken = rule(main, people=[ann])
    rule(main, people=[bob])
    bad = {"field": "gone", "op": "eq", "value": 1}
    AssignmentRule.objects.filter(pk=broken.pk).update(condition=bad)
    lead = LeadFactory()
    give(lead)
    assert owner_of(lead) == bob
    broken.refresh_from_db()
    assert broken.problem


def test_who_left_the_organisation_gets_nothing(main, rule, people):
    ann, bob = people(2)
    rule(main, people=[ann, bob])
    ann.is_active = False
    ann.save()
    leads = [LeadFactory() for _ in range(2)]
    give(*leads)
    assert {owner_of(lead) for lead in leads} == {bob}


# By itself ----------------------------------------------------------------------------


def test_at_creation_and_at_sales_ready_by_the_journal(main, rule, people, cast):
    (ann,) = people(1)
    pump_to_rest()
    rule(
        main,
        people=[ann],
        condition={"field": "sales_ready", "op": "eq", "value": True},
    )
    lead = LeadFactory(owner=None)
    pump_to_rest()
    assert Due.objects.get().moment == "created"
    sweep()
    assert owner_of(lead) is None, "no rule fits a lead that is not ready"

    lead_mark_sales_ready(lead_id=lead.pk, user=None)
    pump_to_rest()
    sweep()
    assert owner_of(lead) == ann
    assert list(Given.objects.order_by("pk").values_list("moment", flat=True)) == [
        "created",
        "sales_ready",
    ]
    # What the run wrote makes nothing due.
    pump_to_rest()
    assert assign_due_batch() == 0


def test_what_nobody_listens_to_is_not_marked(main, rule, people):
    pump_to_rest()
    rule(main, people=people(1))
    rule_set_update(rule_set_id=main.pk, values={"on_created": False})
    LeadFactory()
    pump_to_rest()
    assert not Due.objects.exists()


def test_lead_gone_meanwhile_harms_nobody(main, rule, people):
    pump_to_rest()
    rule(main, people=people(1))
    gone, kept = LeadFactory(), LeadFactory()
    pump_to_rest()
    gone.delete()
    assert assign_due_batch() == 1
    assert owner_of(kept) is not None


# Definitions --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "attr"),
    [
        ({"people": []}, "people"),
        ({"people": [10**12]}, "people"),
        ({"to": "user"}, "user"),
        ({"to": "team"}, "team"),
        ({"to": "lottery"}, "to"),
        ({"name": ""}, "name"),
        ({"available_within": 7}, "available_within"),
        ({"condition": country("NL") | {"op": "gt"}}, "condition"),
        ({"condition": {"and": [{"field": "x", "op": "eq"}]}}, "condition.and[0].f"),
    ],
)  # fmt: skip
def test_a_rule_that_cannot_work_is_refused_at_its_field(
    main, rule, cast, values, attr
):
    with pytest.raises(Invalid) as refused:
        rule(main, **({"people": [cast.ben]} | values))
    assert refused.value.attr.startswith(attr)
    assert not AssignmentRule.objects.exists()


def test_one_set_for_the_organisation_and_each_team(main, cast):
    with pytest.raises(Invalid, match="already"):
        rule_set_create(values={"name": "Second"})
    rule_set_create(values={"name": "N", "team": cast.nordics})
    with pytest.raises(Invalid):
        rule_set_create(values={"name": "N2", "team": cast.nordics})


def test_switching_and_deleting(main, rule, people):
    with pytest.raises(Refused, match="already"):
        rule_set_switch(rule_set_id=main.pk, active=True)
    with pytest.raises(Refused, match="off before"):
        rule_set_delete(rule_set_id=main.pk)
    rule_set_switch(rule_set_id=main.pk, active=False)
    with pytest.raises(Refused, match="Add a rule"):
        rule_set_switch(rule_set_id=main.pk, active=True)
    rule(main, people=people(1))
    lead = LeadFactory()
    give(lead)
    assert owner_of(lead) is None, "these rules are off"
    rule_set_switch(rule_set_id=main.pk, active=True)
    give(lead)
    rule_set_switch(rule_set_id=main.pk, active=False)
    rule_set_delete(rule_set_id=main.pk)
    kept = Given.objects.get()
    assert kept.version.name == "Rule 1"


def test_a_lost_race_is_told(main, rule, people):
    made = rule(main, people=people(1))
    with pytest.raises(Stale):
        rule_update(rule_id=made.pk, values={"name": "x"}, expected_version=7)


@pytest.mark.parametrize(
    ("values", "attr"),
    [
        ({"time_zone": "Mars/Base"}, "time_zone"),
        ({"hours": [["9", "x"]]}, "hours"),
        ({"capacity": -1}, "capacity"),
    ],
)
def test_availability_that_cannot_be_is_refused(cast, values, attr):
    with pytest.raises(Invalid) as refused:
        availability_save(user=cast.ben, values=values)
    assert refused.value.attr == attr


# Cost ---------------------------------------------------------------------------------


def test_as_many_statements_for_ten_leads_as_for_three_hundred(
    main, rule, people, django_assert_max_num_queries
):
    for _ in range(5):
        rule(main, people=people(2), condition=country("NL"))
    related = {"related": "parent_contact", "where": country("NL")}
    rule(main, people=people(3), to="load", condition=related)
    contact = ContactFactory(country="NL")
    for number in (10, 300):
        leads = Lead.objects.bulk_create(
            LeadFactory.build(parent_contact=contact) for _ in range(number)
        )
        with django_assert_max_num_queries(32):
            done = give(*leads)
        assert done.count("rule") == number
