"""Opportunities in the Django admin: the same rows, rights and services."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from core.access.administration import HandoffModelAdmin, ReadOnlyAdmin
from crm.admin import RecordAdmin
from crm.models import Lead
from sales.models import (
    Competitor,
    Currency,
    ExchangeRate,
    Opportunity,
    OpportunityCompetitor,
    OpportunityLine,
    Pipeline,
    PipelineStage,
    Qualification,
    QualifyMapping,
    Stakeholder,
)
from sales.services import money, parts, pipelines
from sales.services.opportunities import opportunity_create, opportunity_update
from sales.services.qualify_mapping import (
    qualify_mapping_delete,
    qualify_mapping_save,
)


@admin.register(Opportunity)
class OpportunityAdmin(RecordAdmin):
    list_display = ("name", "account", "contact", "stage", "state", "owner")
    list_filter = ("state", "pipeline", "stage", "currency")
    list_select_related = ("owner", "account", "contact")
    search_fields = ("search_text",)
    autocomplete_fields = (
        "account",
        "contact",
        "originating_lead",
        "product",
        "campaign",
        "owner",
    )

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """A closed opportunity is read-only until it is reopened."""
        if obj is not None and obj.is_closed:
            return False
        return super().has_change_permission(request, obj)

    def create(self, request: Any, obj: Any, values: dict[str, Any]) -> Any:
        return opportunity_create(user=request.user, values=values)

    def update(self, request: Any, obj: Any, values: dict[str, Any]) -> Any:
        return opportunity_update(
            opportunity_id=obj.pk,
            user=request.user,
            values=values,
            expected_version=self.seen_version(request),
        )


@admin.register(Pipeline)
class PipelineAdmin(HandoffModelAdmin):
    """Pipelines; their stages are the rows beside, or the page in the settings."""

    list_display = ("name", "is_default", "active")
    list_filter = ("active",)
    search_fields = ("name",)

    def create(self, request: Any, obj: Any, values: dict[str, Any]) -> Any:
        first = [{"name": "First stage", "probability": 10}]
        return pipelines.pipeline_save(pipeline=Pipeline(), values=values, stages=first)

    def update(self, request: Any, obj: Any, values: dict[str, Any]) -> Any:
        row = Pipeline.objects.get(pk=obj.pk)
        return pipelines.pipeline_save(
            pipeline=row, values=values, expected_version=self.seen_version(request)
        )

    def remove(self, request: Any, obj: Any) -> None:
        pipelines.pipeline_delete(pipeline=obj)


@admin.register(PipelineStage)
class PipelineStageAdmin(HandoffModelAdmin):
    entity = "pipeline"
    list_display = ("name", "pipeline", "probability", "stale_days", "position")
    list_filter = ("pipeline",)
    list_select_related = ("pipeline",)
    search_fields = ("name", "key")

    def create(self, request: Any, obj: Any, values: dict[str, Any]) -> Any:
        return pipelines.stage_save(stage=PipelineStage(), values=values)

    def update(self, request: Any, obj: Any, values: dict[str, Any]) -> Any:
        row = PipelineStage.objects.get(pk=obj.pk)
        return pipelines.stage_save(stage=row, values=values)

    def remove(self, request: Any, obj: Any) -> None:
        pipelines.stage_delete(stage=obj)


@admin.register(Currency)
class CurrencyAdmin(HandoffModelAdmin):
    list_display = ("code", "name", "active")
    list_filter = ("active",)
    search_fields = ("code", "name")

    def create(self, request: Any, obj: Any, values: dict[str, Any]) -> Any:
        return money.currency_save(currency=Currency(), values=values)

    def update(self, request: Any, obj: Any, values: dict[str, Any]) -> Any:
        row = Currency.objects.get(pk=obj.pk)
        return money.currency_save(currency=row, values=values)

    def remove(self, request: Any, obj: Any) -> None:
        money.currency_delete(currency=obj)


@admin.register(ExchangeRate)
class ExchangeRateAdmin(HandoffModelAdmin):
    entity = "currency"
    list_display = ("currency", "day", "rate")
    list_filter = ("currency",)
    list_select_related = ("currency",)
    search_fields = ("currency__code",)

    def create(self, request: Any, obj: Any, values: dict[str, Any]) -> Any:
        return money.rate_save(rate=ExchangeRate(), values=values)

    def update(self, request: Any, obj: Any, values: dict[str, Any]) -> Any:
        row = ExchangeRate.objects.get(pk=obj.pk)
        return money.rate_save(rate=row, values=values)

    def remove(self, request: Any, obj: Any) -> None:
        money.rate_delete(rate=obj)


@admin.register(Competitor)
class CompetitorAdmin(HandoffModelAdmin):
    list_display = ("name", "website", "active")
    list_filter = ("active",)
    search_fields = ("name",)

    def create(self, request: Any, obj: Any, values: dict[str, Any]) -> Any:
        return parts.competitor_save(competitor=Competitor(), values=values)

    def update(self, request: Any, obj: Any, values: dict[str, Any]) -> Any:
        row = Competitor.objects.get(pk=obj.pk)
        return parts.competitor_save(competitor=row, values=values)

    def remove(self, request: Any, obj: Any) -> None:
        parts.competitor_delete(competitor=obj)


class PartAdmin(HandoffModelAdmin):
    """What hangs on an opportunity: changed by whoever may change that."""

    entity = "opportunity"
    list_select_related: tuple[str, ...] = ("opportunity",)
    search_fields = ("opportunity__name",)
    ordering = ("-id",)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_change_permission(request, obj)

    def get_readonly_fields(self, request: Any, obj: Any = None) -> Any:
        """It stays on its opportunity."""
        return ("opportunity",) if obj is not None else ()


@admin.register(OpportunityLine)
class LineAdmin(PartAdmin):
    list_display = ("opportunity", "product", "quantity", "price", "discount", "amount")
    autocomplete_fields = ("opportunity", "product")

    def create(self, request: Any, obj: Any, values: dict[str, Any]) -> Any:
        pk = values.pop("opportunity").pk
        return parts.line_add(opportunity_id=pk, user=request.user, values=values)

    def update(self, request: Any, obj: Any, values: dict[str, Any]) -> Any:
        row = OpportunityLine.objects.get(pk=obj.pk)
        return parts.line_update(line=row, user=request.user, values=values)

    def remove(self, request: Any, obj: Any) -> None:
        parts.line_delete(line=obj, user=request.user)


@admin.register(OpportunityCompetitor)
class RivalAdmin(PartAdmin):
    list_display = ("opportunity", "competitor", "note")
    list_filter = ("competitor",)
    list_select_related = ("opportunity", "competitor")
    autocomplete_fields = ("opportunity", "competitor")

    def get_readonly_fields(self, request: Any, obj: Any = None) -> Any:
        return ("opportunity", "competitor") if obj is not None else ()

    def create(self, request: Any, obj: Any, values: dict[str, Any]) -> Any:
        pk = values.pop("opportunity").pk
        return parts.rival_add(opportunity_id=pk, user=request.user, **values)

    def update(self, request: Any, obj: Any, values: dict[str, Any]) -> Any:
        row = OpportunityCompetitor.objects.get(pk=obj.pk)
        return parts.rival_update(rival=row, user=request.user, **values)

    def remove(self, request: Any, obj: Any) -> None:
        parts.rival_remove(rival=obj, user=request.user)


@admin.register(Stakeholder)
class StakeholderAdmin(PartAdmin):
    list_display = ("opportunity", "contact", "account", "role")
    list_filter = ("role",)
    list_select_related = ("opportunity", "contact", "account")
    autocomplete_fields = ("opportunity", "contact", "account")

    def create(self, request: Any, obj: Any, values: dict[str, Any]) -> Any:
        pk = values.pop("opportunity").pk
        return parts.stakeholder_add(
            opportunity_id=pk, user=request.user, values=values
        )

    def update(self, request: Any, obj: Any, values: dict[str, Any]) -> Any:
        row = Stakeholder.objects.get(pk=obj.pk)
        return parts.stakeholder_update(
            stakeholder=row, user=request.user, values=values
        )

    def remove(self, request: Any, obj: Any) -> None:
        parts.stakeholder_remove(stakeholder=obj, user=request.user)


@admin.register(QualifyMapping)
class QualifyMappingAdmin(HandoffModelAdmin):
    """Which fields of a lead go where on qualification."""

    list_display = ("entity", "field", "lead_field")
    list_filter = ("entity",)
    search_fields = ("field", "lead_field")
    ordering = ("entity", "field")

    def create(self, request: Any, obj: Any, values: dict[str, Any]) -> Any:
        return qualify_mapping_save(row=QualifyMapping(), values=values)

    def update(self, request: Any, obj: Any, values: dict[str, Any]) -> Any:
        row = QualifyMapping.objects.get(pk=obj.pk)
        return qualify_mapping_save(row=row, values=values)

    def remove(self, request: Any, obj: Any) -> None:
        qualify_mapping_delete(row=obj)


@admin.register(Qualification)
class QualificationAdmin(ReadOnlyAdmin):
    """What each qualification did, of the leads that one sees."""

    entity = "lead"
    list_display = ("lead", "user", "qualified_at", "undone_at")
    list_select_related = ("lead", "user")
    search_fields = ("=lead__id",)
    ordering = ("-id",)

    def get_queryset(self, request: HttpRequest) -> Any:
        leads = Lead.objects.visible_to(request.user)
        return Qualification.objects.filter(lead__in=leads).order_by("-id")
