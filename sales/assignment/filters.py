"""What lists of assignment rules can be narrowed by."""

from __future__ import annotations

from typing import ClassVar

import django_filters

from sales.assignment.models import AssignmentRule, Availability, DayOff, Given, RuleSet


class RuleSetFilter(django_filters.FilterSet):
    """Sets by team and state."""

    class Meta:
        model = RuleSet
        fields: ClassVar = ["team", "active", "partner"]


class RuleFilter(django_filters.FilterSet):
    """Rules of a set."""

    class Meta:
        model = AssignmentRule
        fields: ClassVar = ["rule_set", "active", "to"]


class GivenFilter(django_filters.FilterSet):
    """Assignments of a lead, by a set, by outcome."""

    class Meta:
        model = Given
        fields: ClassVar = ["lead", "rule_set", "outcome", "moment", "owner"]


class AvailabilityFilter(django_filters.FilterSet):
    """Availability of a person."""

    class Meta:
        model = Availability
        fields: ClassVar = ["user", "takes_leads"]


class DayOffFilter(django_filters.FilterSet):
    """Days off of a person, by date."""

    class Meta:
        model = DayOff
        fields: ClassVar = {"user": ["exact"], "first": ["lte"], "last": ["gte"]}
