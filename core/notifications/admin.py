"""Notifications in the Django admin: everybody sees the own ones."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from core.access.administration import ReadOnlyAdmin
from core.notifications.models import Digest, DigestMail, Notification, Preference


class OwnRows(ReadOnlyAdmin):
    def allowed(self, request: HttpRequest, action: str, obj: Any = None) -> bool:
        user: Any = request.user
        return action == "read" and bool(user.is_authenticated and user.has_role)


@admin.register(Notification)
class NotificationAdmin(OwnRows):
    list_display = ("kind", "subject_type", "subject_id", "created_at", "read_at")
    list_filter = ("kind",)
    search_fields = ("kind",)
    ordering = ("-id",)


@admin.register(Preference)
class PreferenceAdmin(OwnRows):
    list_display = ("kind", "in_app", "in_digest")
    ordering = ("kind",)


@admin.register(Digest)
class DigestAdmin(OwnRows):
    list_display = ("user", "frequency", "due_at")
    list_select_related = ("user",)
    ordering = ("user",)


@admin.register(DigestMail)
class DigestMailAdmin(OwnRows):
    list_display = ("user", "state", "number", "attempts", "created_at", "sent_at")
    list_select_related = ("user",)
    list_filter = ("state",)
    ordering = ("-id",)
