"""Rules for tests, and salespeople to give leads to."""

from __future__ import annotations

import pytest

from core.access.models import Team
from sales.assignment.models import RuleSet
from sales.assignment.services.definition import rule_create, rule_set_create
from tests.factories import UserFactory


@pytest.fixture
def people(cast):
    """`people(3, "Nordics")` makes so many salespeople of a team."""

    def make(number, team="Nordics"):
        found = Team.objects.get(name=team)
        return [UserFactory(team=found, roles=["salesperson"]) for _ in range(number)]

    return make


@pytest.fixture
def main(cast):
    """The organisation's rules, on."""
    made = rule_set_create(values={"name": "All leads"})
    RuleSet.objects.filter(pk=made.pk).update(active=True)
    made.refresh_from_db()
    return made


@pytest.fixture
def rule():
    """`rule(main, people=[...], condition=...)` adds a rule at the end of a set."""

    def make(rule_set, **values):
        values.setdefault("name", f"Rule {rule_set.rules.count() + 1}")
        values.setdefault("available_within", None)
        for name in ("people",):
            values[name] = [getattr(one, "pk", one) for one in values.get(name, [])]
        return rule_create(rule_set_id=rule_set.pk, values=values)

    return make


def country(code):
    return {"field": "country", "op": "eq", "value": code}
