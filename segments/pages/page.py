"""The page of one segment: its conditions, history, where it is used, and buttons."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cached_property
from typing import Any, ClassVar

from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.dateparse import parse_datetime
from django.utils.http import urlencode
from django.views.generic import View

from core.access.rights import may, rights_of
from core.base.errors import DomainError
from core.base.text import whole_number
from core.query.errors import QueryError
from core.ui.audit import AuditRow, audit_rows
from core.ui.doors import browser_door
from core.ui.forms import FormPage
from segments import rules
from segments.models import Segment
from segments.pages.access import may_pick, pickable
from segments.pages.forms import SegmentForm
from segments.pages.lists import state_badge
from segments.services import lifecycle
from segments.services.membership import membership_refresh
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
            rows.select_related("owner", "team", "campaign"), pk=self.kwargs["pk"]
        )
        return found

    def may(self, action: str) -> bool:
        return may(self.request.user, action, self.segment, "segment")

    def header(self) -> dict[str, Any]:
        """What the header of every tab shows."""
        segment, user = self.segment, self.request.user
        dynamic = segment.kind == Segment.Kind.DYNAMIC
        tabs = [
            ("definition", "Definition", "segment") if dynamic else None,
            ("members", "Members", "segment_members"),
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
            "may_edit": self.may("update"),
            "may_publish": self.may("publish"),
            "may_delete": self.may("delete"),
            "may_create": rights_of(user).has("segment", "create"),
            "may_pick": not dynamic
            and may_pick(user)
            and pickable(user).filter(pk=segment.pk).exists(),
        }


class SegmentPage(SegmentScreen):
    """The designer of a dynamic segment; a static one opens on its members."""

    tab = "definition"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        segment = self.segment
        if segment.kind == Segment.Kind.STATIC:
            return redirect("segment_members", segment.pk)
        context = self.header()
        context["designer"] = {
            "id": segment.pk,
            "version": segment.version,
            "state": segment.state,
            "wasLive": segment.went_live_at is not None,
            "definition": segment.definition,
            "timeZone": segment.time_zone,
            "mayEdit": context["may_edit"],
            # A count tells what the organisation knows, not only what one may see.
            "mayCount": context["may_create"],
            "memberCount": segment.member_count,
            "at": request.GET.get("at", "")[:300],
            "members": reverse("segment_members", args=[segment.pk]),
            "contact": reverse("contact", args=[0]),
            "lookup": reverse("lookup", args=["KEY"]),
            "goLive": reverse("segment_do", args=[segment.pk, "go-live"]),
        }
        return render(request, "segments/definition.html", context)


class SegmentHistory(SegmentScreen):
    """Who changed what, with conditions told as sentences."""

    tab = "history"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        number = whole_number(request.GET.get("before", ""))
        rows, older = audit_rows(
            "segment", self.segment, user=request.user, before=number
        )
        for row in rows:
            _tell(row)
        context = {"rows": rows, "older": older, **self.header()}
        part = request.GET.get("part") == "audit"
        name = "ui/_audit.html" if part else "segments/history.html"
        return render(request, name, context)


def _tell(row: AuditRow) -> None:
    """Show conditions in words instead of as JSON."""
    for change in row.changes:
        if change.label == "Definition":
            change.label = "Conditions"
            change.old, change.new = _words(change.old), _words(change.new)
        elif change.label == "Went live at":
            change.old, change.new = _moment(change.old), _moment(change.new)


def _moment(value: Any) -> Any:
    return parse_datetime(value) if isinstance(value, str) else value


def _words(definition: Any) -> str:
    if not isinstance(definition, dict) or not definition:
        return ""
    told = lifecycle.segment_sentence(Segment(definition=definition))
    return told or json.dumps(definition, ensure_ascii=False)


class SegmentUsage(SegmentScreen):
    """Everything that stands on this segment."""

    tab = "usage"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        context = {"usage": usage_of(self.segment.pk, request.user), **self.header()}
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
            segment_id=record.pk, expected_version=version, **values
        )


class SegmentDeed(SegmentScreen):
    """The buttons: go live, stop, refresh, duplicate, delete."""

    NEEDS: ClassVar = {
        "go-live": "publish",
        "stop": "publish",
        "refresh": "read",
        "duplicate": "read",
        "delete": "delete",
    }

    def post(self, request: HttpRequest, pk: int, deed: str) -> HttpResponseBase:
        segment = self.segment
        if deed not in self.NEEDS:
            raise Http404
        if not self.may(self.NEEDS[deed]):
            raise PermissionDenied
        deeds: dict[str, Callable[[], tuple[str, str]]] = {
            "go-live": self.go_live,
            "stop": self.stop,
            "refresh": self.refresh,
            "duplicate": self.duplicate,
            "delete": self.delete,
        }
        user: Any = request.user
        try:
            with browser_door(user):
                said, url = deeds[deed]()
        except QueryError as error:
            messages.error(request, f"Not live yet. {error.detail}")
            place = urlencode({"at": error.path})
            return redirect(f"{reverse('segment', args=[segment.pk])}?{place}")
        except DomainError as error:
            messages.error(request, error.detail)
            return redirect("segment", segment.pk)
        messages.success(request, said)
        return redirect(url)

    def here(self) -> str:
        return reverse("segment", args=[self.segment.pk])

    def go_live(self) -> tuple[str, str]:
        live = lifecycle.segment_go_live(segment_id=self.segment.pk)
        if live.kind == Segment.Kind.STATIC:
            return "Live.", self.here()
        seconds = max(0.1, live.evaluation_ms / 1000)
        people = "contact" if live.member_count == 1 else "contacts"
        said = f"Live in {seconds:.1f} s: {live.member_count:,} {people}."
        return said, self.here()

    def stop(self) -> tuple[str, str]:
        lifecycle.segment_stop(segment_id=self.segment.pk)
        return "Stopped. Its members stay as they are.", self.here()

    def refresh(self) -> tuple[str, str]:
        rules.check_can_stop(self.segment.state)
        change = membership_refresh(segment_id=self.segment.pk)
        return f"Refreshed: {change.entered:,} in, {change.left:,} out.", self.here()

    def duplicate(self) -> tuple[str, str]:
        if not rights_of(self.request.user).has("segment", "create"):
            raise PermissionDenied
        copy = lifecycle.segment_duplicate(
            segment_id=self.segment.pk, user=self.request.user
        )
        return f"{copy} made, as a draft.", reverse("segment", args=[copy.pk])

    def delete(self) -> tuple[str, str]:
        name = str(self.segment)
        lifecycle.segment_delete(segment_id=self.segment.pk)
        return f"{name} deleted.", reverse("segment_list")
