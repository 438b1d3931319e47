"""The flow of a compound segment: drawn, and edited where it stands."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render

from core.base.errors import DomainError
from core.base.text import whole_number
from core.query.errors import QueryTimeout
from core.ui.doors import browser_door
from segments.flow import JOINS, Part, definition_of, flow_of
from segments.models import Segment
from segments.pages.drawing import drawing
from segments.pages.page import SegmentScreen
from segments.services.flows import flow_sizes
from segments.services.lifecycle import segment_update

OFFERED = 1_000


class SegmentFlow(SegmentScreen):
    """Live segments joined from left to right.

    Each button posts the whole flow with what it does; only Save writes it.
    """

    tab = "flow"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if self.segment.kind != Segment.Kind.COMPOUND:
            return redirect("segment", self.segment.pk)
        definition = self.segment.drafted("definition")
        return self.show(flow_of(definition) if definition else [])

    def post(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        if not self.may("update") or self.segment.kind != Segment.Kind.COMPOUND:
            raise PermissionDenied
        parts, deed = self.sent(), request.POST.get("do", "save")
        if deed == "save":
            return self.save(parts)
        return self.show(_edited(parts, deed, self.added()), dirty=True)

    def sent(self) -> list[Part]:
        """The flow as the form shows it, as far as the user sees its segments."""
        data = self.request.POST
        pairs = zip(data.getlist("join"), data.getlist("segment"), strict=False)
        found = [
            Part(join, number)
            for join, text in pairs
            if join in JOINS and (number := whole_number(text))
        ]
        seen = self.seen().filter(pk__in=[part.segment for part in found])
        known = set(seen.values_list("pk", flat=True))
        return [part for part in found if part.segment in known]

    def added(self) -> Part | None:
        """The segment that is chosen to come last."""
        data = self.request.POST
        number = whole_number(data.get("new_segment", ""))
        join = data.get("new_join", "union")
        if join not in JOINS or not number:
            return None
        return Part(join, number) if self.offered().filter(pk=number).exists() else None

    def seen(self) -> QuerySet[Segment]:
        rows: QuerySet[Segment] = Segment.objects.visible_to(self.request.user)
        return rows.exclude(pk=self.segment.pk)

    def offered(self) -> QuerySet[Segment]:
        """What can be joined: every live segment but this one."""
        return self.seen().filter(state=Segment.State.LIVE).order_by("name")

    def save(self, parts: list[Part]) -> HttpResponseBase:
        user: Any = self.request.user
        try:
            with browser_door(user):
                saved = segment_update(
                    segment_id=self.segment.pk,
                    expected_version=whole_number(self.request.POST.get("version", "")),
                    user=user,
                    definition=definition_of(parts),
                )
        except DomainError as error:
            return self.show(parts, dirty=True, problem=error.detail, status=422)
        if saved.draft is not None:
            return redirect("segment_review", saved.pk)
        messages.success(self.request, "Saved.")
        return redirect("segment_flow", saved.pk)

    def show(
        self,
        parts: list[Part],
        *,
        dirty: bool = False,
        problem: str = "",
        status: int = 200,
    ) -> HttpResponse:
        rows = Segment.objects.in_bulk([part.segment for part in parts])
        sizes = _sizes(parts)
        lines = [
            {
                "part": part,
                "segment": rows.get(part.segment),
                "first": number == 0,
                "last": number == len(parts) - 1,
                "so_far": sizes[number] if sizes else None,
                "number": number,
            }
            for number, part in enumerate(parts)
        ]
        names = [str(rows.get(part.segment) or "A segment") for part in parts]
        context = {
            **self.header(),
            "lines": lines,
            "drawing": drawing(names, sizes) if sizes else None,
            "joins": JOINS.items(),
            "offered": self.offered()[:OFFERED],
            "total": sizes[-1] if sizes else None,
            "dirty": dirty,
            "problem": problem,
        }
        return render(self.request, "segments/flow.html", context, status=status)


def _sizes(parts: list[Part]) -> list[int]:
    try:
        return flow_sizes(parts)
    except QueryTimeout:
        return []


def _edited(parts: list[Part], deed: str, added: Part | None) -> list[Part]:
    """The flow after a button: add, or up-2, down-2, remove-2."""
    found = list(parts)
    verb, _, text = deed.partition("-")
    place = whole_number(text)
    if verb == "add" and added is not None:
        found.append(added)
    elif place is not None and place < len(found):
        part = found.pop(place)
        if verb in ("up", "down"):
            found.insert(max(0, place + (1 if verb == "down" else -1)), part)
    # What comes first has nothing to be joined with.
    if found:
        found[0] = Part("union", found[0].segment)
    return found
