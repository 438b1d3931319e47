"""Workflows in the Django admin: the same rows, rights and services."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from core.access.administration import HandoffModelAdmin, ReadOnlyAdmin
from workflows.models import Run, Workflow, WorkflowVersion
from workflows.services import definition
from workflows.services.runs import runs_retry


@admin.register(Workflow)
class WorkflowAdmin(HandoffModelAdmin):
    """Workflows; activating has its own right."""

    list_display = ("name", "entity", "state", "shipped", "activated_at")
    list_filter = ("state", "entity")
    search_fields = ("name",)
    ordering = ("name",)
    readonly_fields = ("state", "activated_at", "problem")
    actions = ("activate", "deactivate", "retry_failed")

    @admin.display(boolean=True)
    def shipped(self, workflow: Workflow) -> bool:
        return workflow.shipped

    def create(self, request: Any, obj: Any, values: dict[str, Any]) -> Any:
        return definition.workflow_create(user=request.user, **values)

    def update(self, request: Any, obj: Any, values: dict[str, Any]) -> Any:
        return definition.workflow_update(workflow_id=obj.pk, **values)

    def remove(self, request: Any, obj: Any) -> None:
        definition.workflow_delete(workflow_id=obj.pk)

    def has_activate_permission(self, request: HttpRequest) -> bool:
        """Whether the roles let this user activate workflows."""
        return self.allowed(request, "activate")

    def has_run_permission(self, request: HttpRequest) -> bool:
        """Whether the roles let this user run workflows."""
        return self.allowed(request, "run")

    @admin.action(description="Activate", permissions=["activate"])
    def activate(self, request: HttpRequest, queryset: QuerySet) -> None:
        """Activate the chosen ones that are inactive."""
        chosen = self._chosen(request, queryset, "activate").filter(state="inactive")
        for workflow in chosen:
            definition.workflow_activate(workflow_id=workflow.pk, user=request.user)
        self.message_user(request, f"{len(chosen)} workflows are active now.")

    @admin.action(description="Deactivate", permissions=["activate"])
    def deactivate(self, request: HttpRequest, queryset: QuerySet) -> None:
        """Deactivate the chosen ones that are active."""
        chosen = self._chosen(request, queryset, "activate").filter(state="active")
        for workflow in chosen:
            definition.workflow_deactivate(workflow_id=workflow.pk)
        self.message_user(request, f"{len(chosen)} workflows are inactive now.")

    @admin.action(description="Retry failed runs", permissions=["run"])
    def retry_failed(self, request: HttpRequest, queryset: QuerySet) -> None:
        """Try every failed run of the chosen ones again."""
        number = sum(
            runs_retry(workflow=workflow)
            for workflow in self._chosen(request, queryset, "run")
        )
        self.message_user(request, f"{number} runs are tried again.")

    def _chosen(self, request: HttpRequest, queryset: QuerySet, action: str) -> Any:
        rows = Workflow.objects.visible_to(request.user, action)
        return rows.filter(pk__in=queryset.values("pk"))


class RunsOfWorkflows(ReadOnlyAdmin):
    """What belongs to workflows: whoever reads those reads these."""

    entity = "workflow"
    ordering = ("-id",)

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        """Rows of the workflows that the user sees."""
        rows: QuerySet = self.model._default_manager.order_by(*self.ordering)
        seen = Workflow.objects.visible_to(request.user)
        return rows.filter(**{f"{self.path}__in": seen})

    path = "workflow"


@admin.register(WorkflowVersion)
class WorkflowVersionAdmin(RunsOfWorkflows):
    list_display = ("workflow", "number", "created_at", "created_by")
    list_select_related = ("workflow", "created_by")


@admin.register(Run)
class RunAdmin(RunsOfWorkflows):
    """What workflows did, record by record."""

    path = "version__workflow"
    list_display = ("version", "subject_type", "subject_id", "state", "started_at")
    list_filter = ("state", "subject_type")
    list_select_related = ("version__workflow",)
    search_fields = ("=subject_id",)
