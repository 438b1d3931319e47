"""Assignment rules in the Django admin: the same rows, rights and services."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from core.access.administration import HandoffModelAdmin, ReadOnlyAdmin
from crm.models import Lead
from sales.assignment.models import (
    AssignmentRule,
    Availability,
    DayOff,
    Due,
    Given,
    RuleSet,
    RuleVersion,
)
from sales.assignment.services import definition, people


class UnderRules(HandoffModelAdmin):
    entity = "assignment_rule"


@admin.register(RuleSet)
class RuleSetAdmin(UnderRules):
    """Rule sets; switched on and off by actions."""

    list_display = ("name", "team", "partner", "active", "fallback_owner")
    list_filter = ("active", "partner")
    list_select_related = ("team", "fallback_owner")
    search_fields = ("name",)
    ordering = ("name",)
    autocomplete_fields = ("team", "fallback_owner")
    readonly_fields = ("active",)
    actions = ("activate", "deactivate")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        fixed = super().get_readonly_fields(request, obj)
        return (*fixed, "team") if obj else fixed

    def create(self, request: Any, obj: Any, values: dict[str, Any]) -> Any:
        return definition.rule_set_create(values=values)

    def update(self, request: Any, obj: Any, values: dict[str, Any]) -> Any:
        return definition.rule_set_update(rule_set_id=obj.pk, values=values)

    def remove(self, request: Any, obj: Any) -> None:
        definition.rule_set_delete(rule_set_id=obj.pk)

    @admin.action(description="Switch on", permissions=["change"])
    def activate(self, request: HttpRequest, queryset: QuerySet) -> None:
        """Switch the chosen ones on that are off."""
        for row in queryset.filter(active=False):
            definition.rule_set_switch(rule_set_id=row.pk, active=True)

    @admin.action(description="Switch off", permissions=["change"])
    def deactivate(self, request: HttpRequest, queryset: QuerySet) -> None:
        """Switch the chosen ones off that are on."""
        for row in queryset.filter(active=True):
            definition.rule_set_switch(rule_set_id=row.pk, active=False)


@admin.register(AssignmentRule)
class AssignmentRuleAdmin(UnderRules):
    """Rules; their order is changed on the page of their set."""

    fields = ("rule_set", *definition.RULE_FIELDS)
    list_display = ("name", "rule_set", "position", "to", "active", "problem")
    list_filter = ("active", "to")
    list_select_related = ("rule_set",)
    search_fields = ("name",)
    ordering = ("rule_set", "position")
    autocomplete_fields = ("user", "team")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return ("rule_set",) if obj else ()

    def create(self, request: Any, obj: Any, values: dict[str, Any]) -> Any:
        rule_set = values.pop("rule_set")
        return definition.rule_create(rule_set_id=rule_set.pk, values=values)

    def update(self, request: Any, obj: Any, values: dict[str, Any]) -> Any:
        return definition.rule_update(rule_id=obj.pk, values=values)

    def remove(self, request: Any, obj: Any) -> None:
        definition.rule_delete(rule_id=obj.pk)


@admin.register(Availability)
class AvailabilityAdmin(UnderRules):
    list_display = ("user", "takes_leads", "capacity", "time_zone")
    list_filter = ("takes_leads",)
    list_select_related = ("user",)
    ordering = ("user__username",)
    autocomplete_fields = ("user",)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return ("user",) if obj else ()

    def create(self, request: Any, obj: Any, values: dict[str, Any]) -> Any:
        return people.availability_save(user=values.pop("user"), values=values)

    def update(self, request: Any, obj: Any, values: dict[str, Any]) -> Any:
        return people.availability_save(user=obj.user, values=values)


@admin.register(DayOff)
class DayOffAdmin(UnderRules):
    list_display = ("user", "first", "last", "note")
    list_select_related = ("user",)
    ordering = ("-first",)
    autocomplete_fields = ("user",)

    def create(self, request: Any, obj: Any, values: dict[str, Any]) -> Any:
        return people.day_off_add(**values)

    def update(self, request: Any, obj: Any, values: dict[str, Any]) -> Any:
        return people.day_off_update(day_off_id=obj.pk, values=values)


class PartsOfAssignment(ReadOnlyAdmin):
    entity = "assignment_rule"


@admin.register(RuleVersion)
class RuleVersionAdmin(PartsOfAssignment):
    """What rules said when they were used."""

    list_display = ("name", "number", "sentence", "target", "created_at")
    search_fields = ("name",)
    ordering = ("-id",)


class OfSeenLeads(PartsOfAssignment):
    """Rows about leads, as far as the user sees the leads."""

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        rows: QuerySet = super().get_queryset(request)
        return rows.filter(lead__in=Lead.objects.visible_to(request.user))


@admin.register(Given)
class GivenAdmin(OfSeenLeads):
    """Who got which lead and why."""

    list_display = ("lead", "outcome", "moment", "owner", "team", "created_at")
    list_filter = ("outcome", "moment")
    list_select_related = ("lead", "owner", "team")
    search_fields = ("=lead__id",)
    ordering = ("-id",)


@admin.register(Due)
class DueAdmin(OfSeenLeads):
    """Leads that are given next."""

    list_display = ("lead", "moment", "since")
    list_select_related = ("lead",)
    ordering = ("since",)
