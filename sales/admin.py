"""Opportunities in the Django admin: the same rows, rights and services."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from crm.admin import RecordAdmin
from sales.models import Opportunity
from sales.services.opportunities import opportunity_create, opportunity_update


@admin.register(Opportunity)
class OpportunityAdmin(RecordAdmin):
    list_display = ("name", "account", "contact", "stage", "state", "owner")
    list_filter = ("state", "stage")
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
