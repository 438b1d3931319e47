"""People, rights, the organisation and the audit history in the Django admin."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import Group
from django.http import HttpRequest
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from core.access.administration import HandoffModelAdmin, ReadOnlyAdmin
from core.access.models import Grant, Role, Team, User
from core.access.services import grant_check, role_check_open, team_save
from core.base.models import Organisation
from core.journal.failures import failed_event_replay
from core.journal.models import Cursor, Entry, FailedEvent

if admin.site.is_registered(Group):
    admin.site.unregister(Group)


@admin.register(User)
class PeopleAdmin(HandoffModelAdmin, UserAdmin):
    """Users with their team and roles; passwords as Django keeps them."""

    form = UserChangeForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm
    list_display = ("username", "first_name", "last_name", "team", "is_active")
    list_filter = ("is_active", "roles", "team")
    search_fields = ("username", "first_name", "last_name", "email")
    list_select_related = ("team",)
    filter_horizontal = ("roles",)
    readonly_fields = ("last_login", "date_joined")
    fieldsets = (
        (None, {"fields": ("username", "password")}),
        ("Person", {"fields": ("first_name", "last_name", "email", "job_title")}),
        ("Reach", {"fields": ("phone", "time_zone")}),
        ("Rights", {"fields": ("is_active", "team", "roles")}),
        ("Dates", {"fields": ("last_login", "date_joined")}),
    )

    def user_change_password(
        self, request: HttpRequest, id: str, form_url: str = ""
    ) -> Any:
        """Set a password; only for who may change users."""
        return self._through(
            request,
            lambda: super(PeopleAdmin, self).user_change_password(
                request, id, form_url
            ),
        )


@admin.register(Team)
class TeamAdmin(HandoffModelAdmin):
    list_display = ("name", "parent")
    list_select_related = ("parent",)
    search_fields = ("name",)

    def create(self, request: Any, obj: Team, values: dict[str, Any]) -> Team:
        return team_save(team=obj, parent=obj.parent)

    def update(self, request: Any, obj: Team, values: dict[str, Any]) -> Team:
        return team_save(team=obj, parent=obj.parent)


@admin.register(Role)
class RoleAdmin(HandoffModelAdmin):
    list_display = ("name", "area", "shipped")
    list_filter = ("area", "shipped")
    search_fields = ("name", "key")

    def update(self, request: Any, obj: Role, values: dict[str, Any]) -> Role:
        role_check_open(obj)
        obj.save()
        return obj

    def remove(self, request: Any, obj: Role) -> None:
        role_check_open(obj)
        obj.delete()


@admin.register(Grant)
class GrantAdmin(HandoffModelAdmin):
    """Rights of roles; those of shipped roles are fixed."""

    entity = "role"
    list_display = ("role", "entity", "action", "level")
    list_filter = ("role", "entity", "action")
    list_select_related = ("role",)
    search_fields = ("entity", "action")

    def create(self, request: Any, obj: Grant, values: dict[str, Any]) -> Grant:
        return self._checked(obj)

    def update(self, request: Any, obj: Grant, values: dict[str, Any]) -> Grant:
        return self._checked(obj)

    def _checked(self, obj: Grant) -> Grant:
        role_check_open(obj.role)
        grant_check(entity=obj.entity, action=obj.action, level=obj.level)
        obj.save()
        return obj

    def remove(self, request: Any, obj: Grant) -> None:
        role_check_open(obj.role)
        obj.delete()


@admin.register(Organisation)
class OrganisationAdmin(HandoffModelAdmin):
    """The one organisation and its switches."""

    list_display = ("name", "time_zone", "currency")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Entry)
class EntryAdmin(ReadOnlyAdmin):
    """What happened, newest first."""

    list_display = ("id", "occurred_at", "name", "subject_type", "subject_id", "via")
    search_fields = ("=name", "=subject_type")
    ordering = ("-id",)


@admin.register(Cursor)
class CursorAdmin(ReadOnlyAdmin):
    """How far each part of the product has read what happened."""

    entity = "audit"
    list_display = ("__str__", "xid", "position")


@admin.register(FailedEvent)
class FailedEventAdmin(ReadOnlyAdmin):
    """What could not be handled, with a button that tries again."""

    list_display = ("id", "consumer", "entry_id", "attempts", "resolved_at")
    list_filter = ("consumer",)
    search_fields = ("consumer",)
    ordering = ("-id",)
    actions = ("replay",)

    @admin.action(description="Try again", permissions=["replay"])
    def replay(self, request: HttpRequest, queryset: Any) -> None:
        """Give the chosen events to what reacts to them again."""
        done = [failed_event_replay(event_id=event.pk) for event in queryset]
        messages.info(request, f"{sum(done)} of {len(done)} handled.")

    def has_replay_permission(self, request: HttpRequest) -> bool:
        return self.allowed(request, "update")
