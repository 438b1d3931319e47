"""Filters of products, campaigns, lists of values and matching strategies."""

from __future__ import annotations

from crm.filters import CHOICE, DATES, OWNED, OwnedFilter, RecordFilter, text
from crm.models import (
    Campaign,
    Choice,
    CustomField,
    MatchingStrategy,
    Product,
    Tag,
)


class ProductFilter(RecordFilter):
    shown = ("name__contains", "family", "active")
    name__contains = text("name", "Name")

    class Meta(RecordFilter.Meta):
        model = Product
        fields = {
            "name": ["exact"],
            "code": ["exact"],
            "family": CHOICE,
            "active": ["exact"],
        }


class CampaignFilter(OwnedFilter):
    shown = ("name__contains", "status", "kind", "owner")
    name__contains = text("name", "Name")

    class Meta(RecordFilter.Meta):
        model = Campaign
        fields = {
            **OWNED,
            "name": ["exact"],
            "code": ["exact"],
            "kind": CHOICE,
            "status": CHOICE,
            "starts_on": DATES,
            "ends_on": DATES,
        }


class TagFilter(RecordFilter):
    class Meta(RecordFilter.Meta):
        model = Tag
        fields = {"name": ["exact"]}


class ChoiceFilter(RecordFilter):
    class Meta(RecordFilter.Meta):
        model = Choice
        fields = {"list": CHOICE, "value": ["exact"], "active": ["exact"]}


class CustomFieldFilter(RecordFilter):
    class Meta(RecordFilter.Meta):
        model = CustomField
        fields = {"entity": CHOICE, "key": ["exact"], "active": ["exact"]}


class MatchingStrategyFilter(RecordFilter):
    class Meta(RecordFilter.Meta):
        model = MatchingStrategy
        fields = {"target": CHOICE, "key": ["exact"], "shipped": ["exact"]}
