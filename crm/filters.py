"""One FilterSet a model, for the list pages and the API alike."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, ClassVar

import django_filters as filters
from django import forms
from django.db import models
from django.db.models import QuerySet
from django.db.models.functions import Lower

from core.access.models import Team, User
from core.access.rights import team_ids_below
from core.journal.models import Entry
from core.ui.filters import TextFilter, choosing
from crm.models import (
    Account,
    Activity,
    Campaign,
    Choice,
    Contact,
    Lead,
    Product,
    StageStay,
    Tag,
)


class TextIn(filters.BaseInFilter, filters.CharFilter):
    """One of several values, separated by commas."""


class IdFilter(filters.NumberFilter):
    """A look-up by its id, without asking whether there is such a record."""


class IdsFilter(filters.BaseInFilter, filters.NumberFilter):
    """Records by their ids, separated by commas; anything but numbers is refused."""


class OwnerFilter(IdFilter):
    """A person by id; lists offer the names of those who are active."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(widget=choosing(_people), **kwargs)


def _people() -> list[tuple[Any, str]]:
    return [(user.pk, str(user)) for user in User.objects.filter(is_active=True)]


def rows_of(model: Any) -> Callable[[], list[tuple[Any, str]]]:
    """The rows of a short list, for a field to choose from."""
    return lambda: [(row.pk, str(row)) for row in model.objects.all()[:500]]


def listed(list_key: str) -> Callable[[], list[tuple[Any, str]]]:
    """The values of an extensible list, for a field to choose from."""

    def values() -> list[tuple[Any, str]]:
        rows = Choice.objects.filter(list=list_key, active=True)
        return [(value, value) for value in rows.values_list("value", flat=True)]

    return values


def text(field: str, label: str) -> TextFilter:
    """A fragment of a text, in any case."""
    return TextFilter(field_name=field, lookup_expr="contains", label=label)


def whole(field: str, label: str, values: Any = None) -> TextFilter:
    """A whole text, in any case; `values` are offered in lists."""
    more: dict[str, Any] = {"widget": choosing(values)} if values else {}
    return TextFilter(field_name=field, lookup_expr="exact", label=label, **more)


def day(label: str, field: str, way: str) -> filters.DateFilter:
    """A day from which, or up to and with which, rows are listed."""
    return filters.DateFilter(
        field_name=field,
        lookup_expr=f"date__{way}",
        label=label,
        widget=forms.DateInput(attrs={"type": "date"}),
    )


class Texts(forms.CharField):
    """Several texts as one JSON list: any of them may hold any character."""

    def to_python(self, value: Any) -> Any:
        """The list; raises ValidationError for anything else."""
        if not value:
            return []
        try:
            found = json.loads(value)
        except ValueError:
            found = None
        if not isinstance(found, list) or not all(isinstance(x, str) for x in found):
            raise forms.ValidationError('Give a JSON list of texts: ["Web", "Fair"].')
        return found


class OtherThanFilter(filters.Filter):
    """Rows whose text is none of these, in any case; blank ones too."""

    field_class = Texts

    def filter(self, qs: QuerySet, value: list[str]) -> QuerySet:
        folded = [Lower(models.Value(each, models.TextField())) for each in value or []]
        for each in folded:
            qs = qs.exclude(**{f"{self.field_name}__lower": each})
        return qs


class RecordFilter(filters.FilterSet):
    """What every record can be filtered by; lists offer the filters in `shown`."""

    shown: ClassVar[tuple[str, ...]] = ()

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

    owner = OwnerFilter(field_name="owner_id", label="Owner")
    unowned = filters.BooleanFilter(
        field_name="owner", lookup_expr="isnull", label="Without an owner"
    )


class TaggedFilter(OwnedFilter):
    """Records with tags; `tag=VIP` finds those that bear it."""

    tag = filters.CharFilter(
        field_name="tags",
        method="with_tag",
        label="Tag",
        widget=choosing(lambda: _tags()),
    )
    created_from = day("Created from", "created_at", "gte")
    created_to = day("Created up to", "created_at", "lte")

    def with_tag(self, queryset: QuerySet, name: str, value: str) -> QuerySet:
        """Rows whose tags hold this name in any case."""
        names = Tag.objects.values_list("name", flat=True)
        known = {each.lower(): each for each in names}
        return queryset.filter(tags__contains=[known.get(value.lower(), value)])


def _tags() -> list[tuple[Any, str]]:
    names = Tag.objects.values_list("name", flat=True)
    return [(name, name) for name in names]


BELONGS = ("owner", "unowned", "tag", "created_from", "created_to")
PLACE = ("city__contains", "country")


class PlaceFilter(TaggedFilter):
    """Records with an address."""

    city = whole("city", "City")
    city__contains = text("city", "City")
    country = whole("country", "Country")


DATES = ["gte", "lte", "gt", "lt"]
STAMPS = {"created_at": DATES, "updated_at": DATES}
OWNED = {"owner": ["exact"], "team": ["exact"]}
CHOICE = ["exact", "in"]


class ContactFilter(PlaceFilter):
    shown = (
        "state",
        "marketing_only",
        "email__contains",
        "company_name__contains",
        "job_title__contains",
        *PLACE,
        "relationship",
        "consent_level__gte",
        "do_not_email",
        "is_child",
        *BELONGS,
    )
    email = filters.CharFilter(method="with_email", label="Email")
    email__contains = text("email", "Email")
    company_name__contains = text("company_name", "Company")
    job_title__contains = text("job_title", "Job title")
    relationship = whole("relationship", "Relationship", listed("relationship"))

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


class AccountFilter(PlaceFilter):
    shown = (
        "state",
        "name__contains",
        "industry",
        "relationship",
        "email_domain",
        *PLACE,
        *BELONGS,
    )
    name = filters.CharFilter(method="with_name", label="Name")
    name__contains = text("name", "Name")
    industry = whole("industry", "Industry", listed("industry"))
    relationship = whole("relationship", "Relationship", listed("relationship"))

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


class LeadFilter(PlaceFilter):
    shown = (
        "state",
        "stage",
        "rating",
        "sales_ready",
        "orphaned",
        "lead_source",
        "topic__contains",
        "company_name__contains",
        "email__contains",
        *PLACE,
        "product",
        "campaign",
        *BELONGS,
    )
    email = filters.CharFilter(method="with_email", label="Email")
    email__contains = text("email", "Email")
    topic__contains = text("topic", "Topic")
    company_name__contains = text("company_name", "Company")
    lead_source = whole("lead_source", "Source", listed("lead_source"))
    product = IdFilter(
        field_name="product_id", label="Product", widget=choosing(rows_of(Product))
    )
    campaign = IdFilter(
        field_name="campaign_id", label="Campaign", widget=choosing(rows_of(Campaign))
    )
    orphaned = filters.BooleanFilter(method="with_orphaned", label="Orphaned")
    lead_source__other = OtherThanFilter(
        field_name="lead_source", lookup_expr="not", label="Source"
    )
    sourceless = filters.BooleanFilter(method="with_source", label="Without a source")
    team_below = IdFilter(
        method="with_team_below",
        label="Team and below",
        widget=choosing(rows_of(Team)),
    )
    teamless = filters.BooleanFilter(
        field_name="team", lookup_expr="isnull", label="Without a team"
    )
    reached = filters.CharFilter(method="with_reached", label="Reached stage")
    closed_by = OwnerFilter(field_name="closed_by_id", label="Closed by")
    closed_from = day("Closed from", "closed_at", "gte")
    closed_to = day("Closed up to", "closed_at", "lte")
    taken_by = OwnerFilter(method="with_taken", label="Taken over by")
    taken_from = filters.DateFilter(method="with_days", label="Taken over from")
    taken_to = filters.DateFilter(method="with_days", label="Taken over up to")

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

    def with_source(self, queryset: QuerySet, name: str, value: bool) -> QuerySet:
        """Leads without a source, or those with one."""
        blank = {"lead_source": ""}
        return queryset.filter(**blank) if value else queryset.exclude(**blank)

    def with_team_below(self, queryset: QuerySet, name: str, value: int) -> QuerySet:
        """Those of a team and of every team under it."""
        return queryset.filter(team_id__in=team_ids_below(int(value)))

    def with_reached(self, queryset: QuerySet, name: str, value: str) -> QuerySet:
        """Leads that stand, or stood, in a stage, as `process:stage`."""
        process, _, stage = value.partition(":")
        stays = StageStay.objects.filter(entity="lead", process=process, stage=stage)
        here = models.Q(process=process, stage=stage)
        return queryset.filter(here | models.Q(pk__in=stays.values("record_id")))

    def with_taken(self, queryset: QuerySet, name: str, value: int) -> QuerySet:
        """Leads that this person took over, in the days asked for."""
        said = self.form.cleaned_data
        taken = Entry.objects.filter(name="lead.taken_over", actor_id=value)
        taken = taken.filter(subject_type="lead")
        if said.get("taken_from"):
            taken = taken.filter(occurred_at__date__gte=said["taken_from"])
        if said.get("taken_to"):
            taken = taken.filter(occurred_at__date__lte=said["taken_to"])
        return queryset.filter(pk__in=taken.values("subject_id"))

    def with_days(self, queryset: QuerySet, name: str, value: Any) -> QuerySet:
        """Read together with who took a lead over."""
        return queryset


class ActivityFilter(OwnedFilter):
    shown = (
        "kind",
        "state",
        "priority",
        "owner",
        "subject__contains",
        "due_from",
        "due_to",
    )
    subject__contains = text("subject", "Subject")
    due_from = day("Due from", "due_at", "gte")
    due_to = day("Due up to", "due_at", "lte")
    completed_from = day("Completed from", "completed_at", "gte")
    completed_to = day("Completed up to", "completed_at", "lte")

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
