"""Segments in the Django admin: the same services as everywhere."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest

from core.access.administration import HandoffModelAdmin, PairAdmin, ReadOnlyAdmin
from core.access.rights import may
from core.base.errors import DomainError
from crm.models import Contact
from segments.models import (
    MemberBatch,
    MembershipListed,
    Segment,
    SegmentAudit,
    SegmentException,
    SegmentTemplate,
    SegmentVersion,
)
from segments.services import lifecycle, templates
from segments.services.drafts import draft_publish
from segments.services.membership import membership_refresh


@admin.register(Segment)
class SegmentAdmin(HandoffModelAdmin):
    """Segments, written by their services."""

    list_display = ("name", "kind", "state", "member_count", "evaluated_at", "owner")
    list_filter = ("kind", "state", "scope")
    list_select_related = ("owner",)
    search_fields = ("name", "description", "sentence")
    autocomplete_fields = ("owner",)
    fields = (
        "name",
        "description",
        "kind",
        "scope",
        "time_zone",
        "campaign",
        "definition",
        "draft",
        "draft_by",
        "draft_at",
        "owner",
        "team",
    )
    readonly_fields = ("draft", "draft_by", "draft_at")
    actions = ("go_live", "publish", "stop", "refresh")

    def create(self, request: Any, obj: Any, values: dict[str, Any]) -> Any:
        return lifecycle.segment_create(user=request.user, **values)

    def update(self, request: Any, obj: Any, values: dict[str, Any]) -> Any:
        return lifecycle.segment_update(segment_id=obj.pk, user=request.user, **values)

    def remove(self, request: Any, obj: Any) -> None:
        lifecycle.segment_delete(segment_id=obj.pk)

    @admin.action(description="Go live")
    def go_live(self, request: HttpRequest, queryset: QuerySet[Segment]) -> None:
        self._each(request, queryset, "publish", lifecycle.segment_go_live, "live")

    @admin.action(description="Publish changes")
    def publish(self, request: HttpRequest, queryset: QuerySet[Segment]) -> None:
        changed = queryset.exclude(draft=None)
        self._each(request, changed, "publish", draft_publish, "published")

    @admin.action(description="Stop")
    def stop(self, request: HttpRequest, queryset: QuerySet[Segment]) -> None:
        self._each(request, queryset, "publish", lifecycle.segment_stop, "stopped")

    @admin.action(description="Refresh now")
    def refresh(self, request: HttpRequest, queryset: QuerySet[Segment]) -> None:
        live = queryset.filter(state=Segment.State.LIVE)
        self._each(request, live, "read", membership_refresh, "refreshed")

    def _each(
        self,
        request: HttpRequest,
        segments: QuerySet[Segment],
        right: str,
        service: Callable[..., Any],
        done: str,
    ) -> None:
        """Run a service on each row one may; the first refusal undoes all."""
        number = 0
        for segment in segments:
            if not may(request.user, right, segment, "segment"):
                raise DomainError("permission_denied", f"You may not change {segment}.")
            service(segment_id=segment.pk)
            number += 1
        messages.success(request, f"{number:,} {done}.")


@admin.register(SegmentException)
class SegmentExceptionAdmin(ReadOnlyAdmin):
    """Contacts that are always or never in a segment; changed on its page."""

    entity = "segment"
    list_display = ("segment", "contact", "mode", "reason", "created_by")
    list_filter = ("mode",)
    list_select_related = ("segment", "contact", "created_by")
    search_fields = ("segment__name", "reason")
    ordering = ("-pk",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[SegmentException]:
        """Exceptions of segments one may see."""
        rows: QuerySet[SegmentException] = super().get_queryset(request)
        seen = Segment.objects.visible_to(request.user)
        return rows.filter(segment__in=seen.values("pk"))


@admin.register(SegmentAudit)
class SegmentAuditAdmin(ReadOnlyAdmin):
    """What the nightly comparison found of each segment."""

    entity = "segment"
    list_display = ("segment", "finished_at", "drifted_at", "missing", "surplus")
    list_select_related = ("segment",)
    search_fields = ("segment__name",)
    ordering = ("-finished_at",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[SegmentAudit]:
        """Those of segments one may see."""
        rows: QuerySet[SegmentAudit] = super().get_queryset(request)
        seen = Segment.objects.visible_to(request.user)
        return rows.filter(segment__in=seen.values("pk"))


@admin.register(MembershipListed)
class MembershipAdmin(PairAdmin):
    """Who is in which segment; changed on the segment's and the contact's page."""

    entity = "segment"
    pair = ("segment_id", "contact_id")
    list_display = ("segment", "contact", "since", "added_by")
    list_select_related = ("segment", "contact", "added_by")
    search_fields = ("=segment__name",)
    ordering = ("segment_id", "contact_id")

    def get_queryset(self, request: HttpRequest) -> QuerySet[MembershipListed]:
        """Members of segments one may see, as far as one may see the contact."""
        user = request.user
        return MembershipListed.objects.filter(
            segment__in=Segment.objects.visible_to(user).values("pk"),
            contact__in=Contact.objects.visible_to(user).values("pk"),
        ).order_by(*self.ordering)


@admin.register(SegmentTemplate)
class SegmentTemplateAdmin(HandoffModelAdmin):
    """Conditions to start a segment from, written by their services."""

    list_display = ("name", "description", "key", "owner")
    list_select_related = ("owner",)
    search_fields = ("name", "description")
    autocomplete_fields = ("owner",)
    fields = ("name", "description", "definition", "placeholders", "owner", "team")

    def create(self, request: Any, obj: Any, values: dict[str, Any]) -> Any:
        return templates.template_create(user=request.user, **values)

    def update(self, request: Any, obj: Any, values: dict[str, Any]) -> Any:
        return templates.template_update(template_id=obj.pk, **values)

    def remove(self, request: Any, obj: Any) -> None:
        templates.template_delete(template_id=obj.pk)


@admin.register(SegmentVersion)
class SegmentVersionAdmin(ReadOnlyAdmin):
    """What segments asked for over time; one returns to a version on its page."""

    entity = "segment"
    list_display = ("segment", "number", "how", "members", "created_by", "created_at")
    list_filter = ("how",)
    list_select_related = ("segment", "created_by")
    search_fields = ("segment__name", "sentence")
    ordering = ("-pk",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[SegmentVersion]:
        """Versions of segments one may see."""
        rows: QuerySet[SegmentVersion] = super().get_queryset(request)
        seen = Segment.objects.visible_to(request.user)
        return rows.filter(segment__in=seen.values("pk"))


@admin.register(MemberBatch)
class MemberBatchAdmin(ReadOnlyAdmin):
    """Contacts on their way into static segments, while their job runs."""

    entity = "segment"
    list_display = ("segment", "mode", "column", "created_at")
    list_filter = ("mode", "column")
    list_select_related = ("segment",)
    search_fields = ("segment__name",)
    fields = ("segment", "mode", "column", "problems", "created_at")
    ordering = ("-pk",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[MemberBatch]:
        """Those of segments one may see."""
        rows: QuerySet[MemberBatch] = super().get_queryset(request)
        seen = Segment.objects.visible_to(request.user)
        return rows.filter(segment__in=seen.values("pk")).defer(
            "ids", "values", "numbers"
        )
