"""The page of one segment: its conditions, history, where it is used, and buttons."""

from __future__ import annotations

from functools import cached_property
from typing import Any, ClassVar

from django.contrib.auth.mixins import LoginRequiredMixin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.generic import View

from core.access.rights import may, rights_of
from core.base.text import whole_number
from core.ui.forms import FormPage
from segments import rules
from segments.models import Segment, SegmentTemplate
from segments.pages.access import may_pick, pickable
from segments.pages.forms import SegmentForm
from segments.pages.lists import state_badge
from segments.pages.picking import felt_by
from segments.services import lifecycle
from segments.services.idle import IDLE_DAYS, is_idle
from segments.usage import usage_of


class SegmentScreen(LoginRequiredMixin, View):
    """What every page of a segment shares: the record, its header and its rights.

    A stranger gets 404; who may read no segments at all gets 403.
    """

    tab: ClassVar[str] = ""
    template_name: ClassVar[str] = ""

    @cached_property
    def segment(self) -> Segment:
        if not rights_of(self.request.user).has("segment", "read"):
            raise PermissionDenied
        rows = Segment.objects.visible_to(self.request.user)
        found: Segment = get_object_or_404(
            rows.select_related("owner", "team", "campaign", "draft_by"),
            pk=self.kwargs["pk"],
        )
        return found

    def may(self, action: str) -> bool:
        return may(self.request.user, action, self.segment, "segment")

    def header(self) -> dict[str, Any]:
        """What the header of every tab shows."""
        segment, user = self.segment, self.request.user
        dynamic = segment.is_computed
        compound = segment.kind == Segment.Kind.COMPOUND
        designer = ("definition", "Definition", "segment")
        flow = ("flow", "Flow", "segment_flow")
        tabs = [
            None if not dynamic else flow if compound else designer,
            ("members", "Members", "segment_members"),
            ("why", "Why", "segment_why"),
            ("history", "History", "segment_history"),
            ("usage", "Where used", "segment_usage"),
        ]
        return {
            "segment": segment,
            "dynamic": dynamic,
            "badge": state_badge(segment),
            "tab": self.tab,
            "tabs": [
                (key, label, reverse(name, args=[segment.pk]))
                for key, label, name in filter(None, tabs)
            ],
            # Said before somebody stops it.
            "at_work": felt_by([segment], user).get(segment.pk, "")
            if segment.is_live
            else "",
            "may_edit": self.may("update"),
            "may_publish": self.may("publish"),
            "may_delete": self.may("delete"),
            "may_create": rights_of(user).has("segment", "create"),
            "may_template": segment.kind == Segment.Kind.DYNAMIC
            and rights_of(user).has("segment_template", "create"),
            "may_pick": not dynamic
            and may_pick(user)
            and pickable(user).filter(pk=segment.pk).exists(),
        }


class SegmentPage(SegmentScreen):
    """The designer of a dynamic segment.

    A static one opens on its members, a compound one on its flow.
    """

    tab = "definition"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        segment = self.segment
        if segment.kind == Segment.Kind.STATIC:
            return redirect("segment_members", segment.pk)
        if segment.kind == Segment.Kind.COMPOUND:
            return redirect("segment_flow", segment.pk)
        context = self.header()
        context["designer"] = {
            "id": segment.pk,
            "version": segment.version,
            "state": segment.state,
            "wasLive": segment.went_live_at is not None,
            # Of a live segment the changes that are not published yet are edited.
            "definition": segment.drafted("definition"),
            "timeZone": segment.drafted("time_zone"),
            "mayEdit": context["may_edit"],
            # A count tells what the organisation knows, not only what one may see.
            "mayCount": context["may_create"],
            "memberCount": segment.member_count,
            "at": request.GET.get("at", "")[:300],
            "members": reverse("segment_members", args=[segment.pk]),
            "contact": reverse("contact", args=[0]),
            "lookup": reverse("lookup", args=["KEY"]),
            "goLive": reverse("segment_do", args=[segment.pk, "go-live"]),
            "asks": self.asks(),
            "templates": reverse("segment_templates"),
            "review": reverse("segment_review", args=[segment.pk]),
        }
        return render(request, "segments/definition.html", context)

    def asks(self) -> dict[str, str]:
        """What the template that this segment was just made from asks, by place."""
        number = whole_number(self.request.GET.get("template", ""))
        if number is None:
            return {}
        rows = SegmentTemplate.objects.visible_to(self.request.user).filter(pk=number)
        placeholders = rows.values_list("placeholders", flat=True).first() or []
        return {each["at"]: each["ask"] for each in placeholders}


class SegmentUsage(SegmentScreen):
    """Everything that stands on this segment."""

    tab = "usage"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        context = {
            "usage": usage_of(self.segment.pk, request.user),
            "idle_days": IDLE_DAYS if is_idle(self.segment) else 0,
            **self.header(),
        }
        return render(request, "segments/usage.html", context)


class SegmentEdit(FormPage):
    """Create a segment, or change its details."""

    entity, model, noun = "segment", Segment, "segment"
    form_class = SegmentForm
    list_url_name, record_url_name = "segment_list", "segment"

    def create(self, values: dict[str, Any]) -> Segment:
        start = rules.START if values.get("kind") == Segment.Kind.DYNAMIC else {}
        return lifecycle.segment_create(
            user=self.request.user, definition=start, **values
        )

    def update(self, record: Any, values: dict[str, Any], version: int | None) -> Any:
        return lifecycle.segment_update(
            segment_id=record.pk,
            expected_version=version,
            user=self.request.user,
            **values,
        )
