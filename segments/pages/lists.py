"""The list of segments."""

from __future__ import annotations

from typing import Any

from django.db.models import Q, QuerySet, TextField, Value
from django.db.models.functions import Lower
from django.utils.html import format_html
from django.utils.safestring import SafeString

from core.ui import cells
from core.ui.columns import Column, ListView
from core.ui.lists import ListPage
from segments.filters import SegmentFilter
from segments.models import Segment
from segments.services.idle import IDLE_DAYS, idle_only

ICONS = {"dynamic": "chart-donut", "static": "list-check", "compound": "filter"}
TONES = {"live": "good", "draft": "off", "stopped": "ready"}


def state_badge(segment: Segment) -> SafeString:
    """Draft, Live or Stopped; a segment that could not be refreshed says so."""
    if segment.problem:
        return cells.badge("Needs attention", "bad")
    return cells.badge(segment.get_state_display(), TONES[segment.state])


def second_line(segment: Segment) -> str:
    """What a segment is for: its description, else its conditions in words."""
    if segment.kind == Segment.Kind.STATIC:
        return segment.description or "Picked by hand"
    return segment.description or segment.sentence or "No conditions yet"


def name_cell(row: Any) -> SafeString:
    """Name and sentence."""
    return format_html(
        '<span class="h-who"><span class="h-segic">{}</span><span class="x">'
        '<a href="{}"><strong class="cut">{}</strong></a>'
        '<small class="cut" title="{}">{}</small></span></span>',
        cells.icon(ICONS[row.kind]),
        row.href,
        row.name,
        row.sentence or row.description,
        second_line(row),
    )


class SegmentList(ListPage):
    """Segments with their size and freshness; Live opens first."""

    entity, model, noun, icon = "segment", Segment, "segment", "chart-donut"
    title, url_name, record_url_name = "Segments", "segment_list", "segment"
    create_url_name = "segment_create"
    template_name = "segments/list.html"
    filterset_class = SegmentFilter
    default_sort = "name"
    empty = "A segment is a group of contacts: those who fit conditions, or picked."
    columns = (
        Column(
            "name",
            "Name",
            name_cell,
            sort="name",
            text=lambda row: row.name,
            css="first",
            position=0,
        ),
        Column(
            "state",
            "State",
            state_badge,
            sort="state",
            text=lambda row: row.get_state_display(),
            css="keep",
            position=10,
        ),
        Column(
            "kind",
            "Type",
            lambda row: row.get_kind_display(),
            sort="kind",
            css="sub",
            position=20,
        ),
        Column(
            "members",
            "Members",
            lambda row: cells.number(row.member_count),
            sort="member_count",
            text=lambda row: row.member_count,
            css="r scr",
            position=30,
        ),
        Column(
            "refreshed",
            "Refreshed",
            lambda row: cells.ago(row.evaluated_at),
            sort="evaluated_at",
            text=lambda row: row.evaluated_at,
            css="sub",
            position=40,
        ),
        Column(
            "owner",
            "Owner",
            lambda row: cells.plain(str(row.owner) if row.owner else None),
            sort="owner__last_name",
            text=lambda row: str(row.owner or ""),
            css="sub",
            select=("owner",),
            position=50,
        ),
        Column(
            "sentence",
            "Conditions",
            lambda row: cells.plain(row.sentence),
            text=lambda row: row.sentence,
            default=False,
            css="sub",
            position=60,
        ),
        Column(
            "created",
            "Created",
            lambda row: cells.ago(row.created_at),
            sort="created_at",
            text=lambda row: row.created_at,
            default=False,
            css="sub",
            position=70,
        ),
    )
    views = (
        ListView("live", "Live", lambda rows, user: rows.live()),
        ListView("draft", "Drafts", lambda rows, user: rows.filter(state="draft")),
        ListView("static", "Static", lambda rows, user: rows.static()),
        ListView(
            "unused",
            "Unused",
            idle_only,
            note=f"Live, used nowhere and not changed for {IDLE_DAYS} days. "
            "Stop what nobody needs; nothing is stopped by itself.",
        ),
        ListView("all", "All", lambda rows, user: rows),
        ListView("mine", "Mine", lambda rows, user: rows.filter(owner=user)),
    )

    def search(self, rows: QuerySet, text: str) -> QuerySet:
        """By any part of the name, the description or the conditions in words."""
        low = Lower(Value(text, TextField()))
        return rows.filter(
            Q(name__lower__contains=low)
            | Q(description__lower__contains=low)
            | Q(sentence__lower__contains=low)
        )
