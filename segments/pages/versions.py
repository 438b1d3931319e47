"""The history of a segment, its versions, and changes before they are published."""

from __future__ import annotations

import json
from typing import Any, ClassVar

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.dateparse import parse_datetime
from django.utils.http import urlencode

from core.base.keyset import order_of
from core.base.text import whole_number
from core.query.errors import QueryError, QueryTimeout
from core.query.guard import evaluating
from core.ui.audit import AuditRow, audit_rows
from core.ui.paging import page_of
from segments.models import Segment
from segments.pages.growth import growth
from segments.pages.page import SegmentScreen
from segments.services.difference import (
    DIFFERENCE_MS,
    entering_contacts,
    leaving_contacts,
    segment_difference,
)
from segments.services.sentences import sentence_of
from segments.services.sizes import sizes_by_day

VERSIONS = 50
ROWS = 50


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
        versions = self.segment.versions.select_related("created_by")[:VERSIONS]
        context = {"rows": rows, "older": older, "versions": versions, **self.header()}
        context["growth"] = growth(sizes_by_day(self.segment))
        part = request.GET.get("part") == "audit"
        name = "ui/_audit.html" if part else "segments/history.html"
        return render(request, name, context)


def _tell(row: AuditRow) -> None:
    """Show conditions in words instead of as JSON."""
    for change in row.changes:
        if change.label == "Definition":
            change.label = "Conditions"
            change.old, change.new = _words(change.old), _words(change.new)
        elif change.label == "Draft":
            change.label = "Changes to publish"
            change.old, change.new = _planned(change.old), _planned(change.new)
        elif change.label == "Went live at":
            change.old, change.new = _moment(change.old), _moment(change.new)


def _moment(value: Any) -> Any:
    return parse_datetime(value) if isinstance(value, str) else value


def _words(definition: Any) -> str:
    if not isinstance(definition, dict) or not definition:
        return ""
    return sentence_of(definition) or json.dumps(definition, ensure_ascii=False)


def _planned(draft: Any) -> str:
    """A draft in words: its conditions, and what else it changes."""
    if not isinstance(draft, dict):
        return ""
    told = [_words(draft["definition"])] if "definition" in draft else []
    if "time_zone" in draft:
        told.append(f"Time zone {draft['time_zone']}.")
    if "scope" in draft:
        told.append(f"Scope: {scope_label(draft['scope'])}.")
    return " ".join(told)


def scope_label(scope: str) -> str:
    return str(dict(Segment.Scope.choices).get(scope, scope))


class SegmentVersionPage(SegmentScreen):
    """What a segment asked for once, and the way back to it."""

    tab = "history"

    def get(self, request: HttpRequest, pk: int, number: int) -> HttpResponse:
        rows = self.segment.versions.select_related("created_by")
        version = get_object_or_404(rows, number=number)
        values = {name: getattr(version, name) for name in Segment.DRAFTED}
        context = {
            **self.header(),
            "version": version,
            "words": version.sentence or _words(version.definition),
            "scope": scope_label(version.scope),
            "text": json.dumps(version.definition, indent=2, ensure_ascii=False),
            "current": all(self.segment.drafted(k) == v for k, v in values.items()),
        }
        return render(request, "segments/version.html", context)


class SegmentReview(SegmentScreen):
    """The changes that are not published: who would enter, who would leave."""

    tab = "review"
    WAYS: ClassVar = {"entering": entering_contacts, "leaving": leaving_contacts}

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        segment = self.segment
        if segment.draft is None:
            messages.info(request, "There are no changes to publish.")
            return redirect("segment", segment.pk)
        context = {**self.header(), "now": self.told(False), "then": self.told(True)}
        try:
            context |= self.compared()
        except QueryError as error:
            context["broken"] = error
            context["place"] = urlencode({"at": error.path})
        except QueryTimeout as error:
            context["slow"] = error.detail
        return render(request, "segments/review.html", context)

    def told(self, drafted: bool) -> dict[str, str]:
        """Conditions, time zone and scope as they are, or as they would be."""
        segment = self.segment
        values = {
            name: segment.drafted(name) if drafted else getattr(segment, name)
            for name in Segment.DRAFTED
        }
        return {
            "words": _words(values["definition"]) or "No conditions.",
            "time_zone": values["time_zone"],
            "scope": scope_label(values["scope"]),
        }

    def compared(self) -> dict[str, Any]:
        """The numbers, and one page of those who would enter or leave."""
        segment, params = self.segment, self.request.GET
        # Nobody who may not count learns more than names he sees anyway.
        found = segment_difference(segment)
        way = params.get("show", "")
        if way not in self.WAYS:
            way = "entering" if found.entering or not found.leaving else "leaving"
        with evaluating(DIFFERENCE_MS):
            rows = self.WAYS[way](segment, self.request.user)
            page = page_of(
                rows,
                order_of(rows, "sort_name", False),
                ROWS,
                after=params.get("after", ""),
                before=params.get("before", ""),
            )
        return {"found": found, "way": way, "page": page}
