"""Scoring in the Django admin: the same rows, rights and services."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.admin import TabularInline

from core.access.administration import HandoffModelAdmin, PairAdmin, ReadOnlyAdmin
from crm.models import Lead
from scoring.models import LeadScoreListed, ScoreDue, ScoringModel, ScoringRule
from scoring.services import lifecycle


class RuleInline(TabularInline):
    """The rules of a model to look at; the back office and the API change them."""

    model = ScoringRule
    fields = ("position", "name", "kind", "points", "frequency", "window_days", "cap")
    readonly_fields = fields
    extra = 0
    can_delete = False

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        # Whoever sees the model sees its rules: the model's page is behind the gate.
        return True

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(ScoringModel)
class ScoringModelAdmin(HandoffModelAdmin):
    """Scoring models; going live has its own right."""

    list_display = ("name", "state", "sales_ready_score", "owner", "went_live_at")
    list_filter = ("state",)
    list_select_related = ("owner",)
    search_fields = ("name",)
    ordering = ("name",)
    fields = (
        "name",
        "description",
        "state",
        "sales_ready_score",
        "grades",
        "time_zone",
        "owner",
        "team",
        "problem",
    )
    readonly_fields = ("state", "problem")
    inlines = (RuleInline,)
    actions = ("go_live", "stop")

    def create(self, request: Any, obj: Any, values: dict[str, Any]) -> Any:
        return lifecycle.scoring_model_create(user=request.user, **values)

    def update(self, request: Any, obj: Any, values: dict[str, Any]) -> Any:
        return lifecycle.scoring_model_update(model_id=obj.pk, **values)

    def remove(self, request: Any, obj: Any) -> None:
        lifecycle.scoring_model_delete(model_id=obj.pk)

    def has_publish_permission(self, request: HttpRequest) -> bool:
        """Whether the roles let this user go live with scoring models."""
        return self.allowed(request, "publish")

    @admin.action(description="Go live", permissions=["publish"])
    def go_live(self, request: HttpRequest, queryset: QuerySet) -> None:
        """Score all leads by the chosen models, and keep the scores right."""
        chosen = self._chosen(request, queryset).exclude(state="live")
        for model in chosen:
            lifecycle.scoring_model_go_live(model_id=model.pk, user=request.user)
        self.message_user(request, f"{len(chosen)} scoring models are live now.")

    @admin.action(description="Stop", permissions=["publish"])
    def stop(self, request: HttpRequest, queryset: QuerySet) -> None:
        """Score by the chosen models no more."""
        chosen = self._chosen(request, queryset).filter(state="live")
        for model in chosen:
            lifecycle.scoring_model_stop(model_id=model.pk)
        self.message_user(request, f"{len(chosen)} scoring models are stopped.")

    def _chosen(self, request: HttpRequest, queryset: QuerySet) -> Any:
        rows = ScoringModel.objects.visible_to(request.user, "publish")
        return rows.filter(pk__in=queryset.values("pk"))


class PartsOfScoring(ReadOnlyAdmin):
    """What belongs to scoring models, to look at."""

    entity = "scoring_model"

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        """All rows: whoever may read scoring models sees what they are made of."""
        rows: QuerySet = self.model._default_manager.order_by(*self.ordering)
        return rows


@admin.register(ScoringRule)
class ScoringRuleAdmin(PartsOfScoring):
    list_display = ("name", "model", "kind", "points", "position")
    list_filter = ("kind",)
    list_select_related = ("model",)
    search_fields = ("name",)
    ordering = ("model", "position", "id")


@admin.register(ScoreDue)
class ScoreDueAdmin(PartsOfScoring):
    """Leads whose scores are computed next."""

    list_display = ("lead_id", "since")
    ordering = ("since",)


@admin.register(LeadScoreListed)
class LeadScoreAdmin(PairAdmin):
    """What each model gives each lead, with the breakdown; the workers compute it."""

    entity = "scoring_model"
    pair = ("lead_id", "model_id")
    list_display = ("lead", "model", "score", "grade", "changed_at")
    list_filter = ("model",)
    list_select_related = ("lead", "model")
    search_fields = ("=lead__email_norm",)
    ordering = ("lead_id", "model_id")

    def get_queryset(self, request: HttpRequest) -> QuerySet[LeadScoreListed]:
        """Scores of leads one may see, by models one may see."""
        user = request.user
        return LeadScoreListed.objects.filter(
            lead__in=Lead.objects.visible_to(user).values("pk"),
            model__in=ScoringModel.objects.visible_to(user).values("pk"),
        ).order_by(*self.ordering)
