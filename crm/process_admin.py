"""Processes, status reasons, people of leads and the bin in the Django admin."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest

from core.access.administration import HandoffModelAdmin, ReadOnlyAdmin
from crm.models import DeletedRecord, LeadParty, Process, StageStay, StatusReason
from crm.services.bin import bin_restore
from crm.services.lead_parties import lead_associate, lead_disassociate
from crm.services.processes import process_delete, process_save
from crm.services.status_reasons import status_reason_delete, status_reason_save


@admin.register(StatusReason)
class StatusReasonAdmin(HandoffModelAdmin):
    list_display = ("label", "entity", "state", "is_default", "active")
    list_filter = ("entity", "state", "active")
    search_fields = ("label", "value")

    def create(self, request: Any, obj: Any, values: dict[str, Any]) -> Any:
        return status_reason_save(row=StatusReason(), values=values)

    def update(self, request: Any, obj: Any, values: dict[str, Any]) -> Any:
        row = StatusReason.objects.get(pk=obj.pk)
        return status_reason_save(row=row, values=values)

    def remove(self, request: Any, obj: Any) -> None:
        status_reason_delete(row=obj)


@admin.register(Process)
class ProcessAdmin(HandoffModelAdmin):
    """Processes; the settings have a designer for their stages."""

    list_display = ("name", "key", "position", "active", "shipped")
    list_filter = ("active", "shipped")
    search_fields = ("name", "key")

    def create(self, request: Any, obj: Any, values: dict[str, Any]) -> Any:
        return process_save(values=values)

    def update(self, request: Any, obj: Any, values: dict[str, Any]) -> Any:
        return process_save(process=Process.objects.get(pk=obj.pk), values=values)

    def remove(self, request: Any, obj: Any) -> None:
        process_delete(process=obj)


@admin.register(LeadParty)
class LeadPartyAdmin(HandoffModelAdmin):
    """Further people and accounts of leads; the rights are those of the lead."""

    entity = "lead"
    list_display = ("lead", "contact", "account", "role")
    list_select_related = ("lead", "contact", "account")
    search_fields = ("role",)
    autocomplete_fields = ("lead", "contact", "account")

    def allowed(self, request: HttpRequest, action: str, obj: Any = None) -> bool:
        """Whoever may change a lead may change who belongs to it."""
        wanted = "read" if action == "read" else "update"
        return super().allowed(request, wanted, obj.lead if obj else None)

    def create(self, request: Any, obj: Any, values: dict[str, Any]) -> Any:
        return lead_associate(
            lead_id=obj.lead_id,
            user=request.user,
            role=obj.role,
            contact_id=obj.contact_id,
            account_id=obj.account_id,
        )

    def update(self, request: Any, obj: Any, values: dict[str, Any]) -> Any:
        """Another role is another fact: the old one goes, the new one comes."""
        self.remove(request, LeadParty.objects.get(pk=obj.pk))
        return self.create(request, obj, values)

    def remove(self, request: Any, obj: Any) -> None:
        lead_disassociate(lead_id=obj.lead_id, user=request.user, party_id=obj.pk)


@admin.register(DeletedRecord)
class DeletedRecordAdmin(ReadOnlyAdmin):
    """The bin; what lies in it can be brought back."""

    list_display = ("name", "entity", "record_id", "deleted_at", "deleted_by")
    list_filter = ("entity",)
    list_select_related = ("deleted_by",)
    search_fields = ("name",)
    ordering = ("-id",)
    exclude = ("rows", "links")
    actions = ("restore",)

    @admin.action(description="Bring back", permissions=["restore"])
    def restore(self, request: HttpRequest, queryset: Any) -> None:
        """Bring the chosen records back."""
        user: Any = request.user
        for row in queryset:
            bin_restore(deleted_id=row.pk, user=user)
        messages.success(request, "Brought back.")

    def has_restore_permission(self, request: HttpRequest) -> bool:
        return self.allowed(request, "update")


@admin.register(StageStay)
class StageStayAdmin(ReadOnlyAdmin):
    """How long records stood in their stages."""

    entity = "audit"
    list_display = ("entity", "record_id", "process", "stage", "entered_at", "left_at")
    list_filter = ("entity", "process")
    search_fields = ("=record_id",)
    ordering = ("-id",)
