"""One FilterSet a model, for the list pages and the API alike."""

from __future__ import annotations

from typing import Any

import django_filters as filters
from django.db import models
from django.db.models import QuerySet

from crm.models import (
    Account,
    Activity,
    Campaign,
    Choice,
    Contact,
    CustomField,
    Lead,
    MatchingStrategy,
    Note,
    Product,
    Tag,
)


class TextIn(filters.BaseInFilter, filters.CharFilter):
    """One of several values, separated by commas."""


class IdFilter(filters.NumberFilter):
    """A look-up by its id, without asking whether there is such a record."""


class IdsFilter(filters.BaseInFilter, filters.NumberFilter):
    """Records by their ids, separated by commas; anything but numbers is refused."""


class RecordFilter(filters.FilterSet):
    """What every record can be filtered by."""

    id__in = IdsFilter(field_name="id", lookup_expr="in")

    class Meta:
        filter_overrides = {
            models.ForeignKey: {
                "filter_class": IdFilter,
                "extra": lambda field: {"field_name": field.attname},
            },
        }

    @classmethod
    def filter_for_lookup(cls, field: Any, lookup_type: str) -> Any:
        """Choices may be given several at once by `__in`."""
        if lookup_type == "in" and isinstance(field, models.CharField):
            return TextIn, {}
        return super().filter_for_lookup(field, lookup_type)


class OwnedFilter(RecordFilter):
    """Records with an owner; `unowned=true` finds those without."""

    unowned = filters.BooleanFilter(field_name="owner", lookup_expr="isnull")


class TaggedFilter(OwnedFilter):
    """Records with tags; `tag=VIP` finds those that bear it."""

    tag = filters.CharFilter(field_name="tags", method="with_tag", label="Tag")

    def with_tag(self, queryset: QuerySet, name: str, value: str) -> QuerySet:
        """Rows whose tags hold this name in any case."""
        names = Tag.objects.values_list("name", flat=True)
        known = {each.lower(): each for each in names}
        return queryset.filter(tags__contains=[known.get(value.lower(), value)])


DATES = ["gte", "lte", "gt", "lt"]
STAMPS = {"created_at": DATES, "updated_at": DATES}
OWNED = {"owner": ["exact"], "team": ["exact"]}
CHOICE = ["exact", "in"]


class ContactFilter(TaggedFilter):
    email = filters.CharFilter(method="with_email", label="Email")

    class Meta(RecordFilter.Meta):
        model = Contact
        fields = {
            **STAMPS,
            **OWNED,
            "state": CHOICE,
            "marketing_only": ["exact"],
            "account": ["exact", "isnull"],
            "country": CHOICE,
            "city": ["exact"],
            "language": CHOICE,
            "buying_role": CHOICE,
            "relationship": CHOICE,
            "do_not_email": ["exact"],
            "do_not_bulk_email": ["exact"],
            "do_not_phone": ["exact"],
            "consent_level": ["exact", "gte", "lte"],
            "is_child": ["exact"],
            "external_id": ["exact"],
            "originating_lead": ["exact"],
        }

    def with_email(self, queryset: QuerySet, name: str, value: str) -> QuerySet:
        """The address, in any case."""
        return queryset.filter(email_norm=value.strip().lower())


class AccountFilter(TaggedFilter):
    name = filters.CharFilter(method="with_name", label="Name")

    class Meta(RecordFilter.Meta):
        model = Account
        fields = {
            **STAMPS,
            **OWNED,
            "state": CHOICE,
            "industry": CHOICE,
            "relationship": CHOICE,
            "country": CHOICE,
            "city": ["exact"],
            "parent": ["exact", "isnull"],
            "email_domain": ["exact"],
            "external_id": ["exact"],
            "originating_lead": ["exact"],
        }

    def with_name(self, queryset: QuerySet, name: str, value: str) -> QuerySet:
        """The whole name, in any case."""
        return queryset.filter(name_norm=value.strip().lower())


class LeadFilter(TaggedFilter):
    email = filters.CharFilter(method="with_email", label="Email")
    orphaned = filters.BooleanFilter(method="with_orphaned", label="Orphaned")

    class Meta(RecordFilter.Meta):
        model = Lead
        fields = {
            **STAMPS,
            **OWNED,
            "state": CHOICE,
            "status_reason": CHOICE,
            "rating": CHOICE,
            "process": CHOICE,
            "stage": CHOICE,
            "lead_source": CHOICE,
            "industry": CHOICE,
            "country": CHOICE,
            "topic": ["exact"],
            "sales_ready": ["exact"],
            "sales_ready_at": DATES,
            "sales_accepted": ["exact"],
            "parent_contact": ["exact", "isnull"],
            "parent_account": ["exact", "isnull"],
            "product": ["exact", "isnull"],
            "campaign": ["exact", "isnull"],
            "utm_source": ["exact"],
            "utm_medium": ["exact"],
            "utm_campaign": ["exact"],
            "do_not_email": ["exact"],
            "closed_at": DATES,
            "last_activity_at": DATES,
            "external_id": ["exact"],
        }

    def with_email(self, queryset: QuerySet, name: str, value: str) -> QuerySet:
        """The address, in any case."""
        return queryset.filter(email_norm=value.strip().lower())

    def with_orphaned(self, queryset: Any, name: str, value: bool) -> Any:
        """Leads with neither a contact nor an account, or those with one."""
        if value:
            return queryset.orphaned()
        linked = models.Q(parent_contact__isnull=False)
        return queryset.filter(linked | models.Q(parent_account__isnull=False))


class ActivityFilter(OwnedFilter):
    class Meta(RecordFilter.Meta):
        model = Activity
        fields = {
            **STAMPS,
            **OWNED,
            "kind": CHOICE,
            "state": CHOICE,
            "priority": CHOICE,
            "regarding_type": ["exact"],
            "regarding_id": ["exact"],
            "contact": ["exact"],
            "lead": ["exact"],
            "account": ["exact"],
            "due_at": DATES,
            "completed_at": DATES,
        }


class NoteFilter(RecordFilter):
    class Meta(RecordFilter.Meta):
        model = Note
        fields = {
            **STAMPS,
            "regarding_type": ["exact"],
            "regarding_id": ["exact"],
            "contact": ["exact"],
            "lead": ["exact"],
            "account": ["exact"],
            "created_by": ["exact"],
        }


class ProductFilter(RecordFilter):
    class Meta(RecordFilter.Meta):
        model = Product
        fields = {
            "name": ["exact"],
            "code": ["exact"],
            "family": CHOICE,
            "active": ["exact"],
        }


class CampaignFilter(OwnedFilter):
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
