"""Capture in the Django admin: the same services as everywhere."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from core.access.administration import HandoffModelAdmin, ReadOnlyAdmin
from marketing.models import Form, Page, Submission
from marketing.services import forms
from marketing.services.submissions import submissions_retry


class CaptureAdmin(HandoffModelAdmin):
    """Forms and pages; publishing has its own right, in the back office and API."""

    readonly_fields = ("state",)
    ordering = ("-id",)
    search_fields = ("search_text",)
    list_select_related: tuple[str, ...] = ("owner",)

    def remove(self, request: Any, obj: Any) -> None:
        forms.capture_delete(obj)


@admin.register(Form)
class FormAdmin(CaptureAdmin):
    list_display = ("name", "state", "mode", "owner")
    list_filter = ("state", "mode")

    def create(self, request: Any, obj: Any, values: dict[str, Any]) -> Any:
        return forms.form_save(Form(), **values)

    def update(self, request: Any, obj: Any, values: dict[str, Any]) -> Any:
        return forms.form_save(obj, **values)


@admin.register(Page)
class PageAdmin(CaptureAdmin):
    list_display = ("title", "slug", "state", "form", "owner")
    list_filter = ("state",)
    list_select_related = ("owner", "form")

    def create(self, request: Any, obj: Any, values: dict[str, Any]) -> Any:
        return forms.page_save(Page(), **values)

    def update(self, request: Any, obj: Any, values: dict[str, Any]) -> Any:
        return forms.page_save(obj, **values)


@admin.register(Submission)
class SubmissionAdmin(ReadOnlyAdmin):
    list_display = ("id", "form", "page", "state", "reason", "received_at")
    list_filter = ("state",)
    list_select_related = ("form", "page")
    ordering = ("-id",)
    actions = ("retry",)

    def has_retry_permission(self, request: HttpRequest) -> bool:
        """Whether the roles let this user retry submissions."""
        return self.allowed(request, "retry")

    @admin.action(description="Retry", permissions=["retry"])
    def retry(self, request: HttpRequest, queryset: QuerySet) -> None:
        """Try those again that did not succeed."""
        rows = Submission.objects.visible_to(request.user, "retry")
        chosen = rows.filter(pk__in=queryset.values("pk"))
        count = submissions_retry(user=request.user, submissions=chosen, via="admin")
        self.message_user(request, f"{count} submissions are tried again.")
