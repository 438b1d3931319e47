"""What merging adds to the pages: an action, a panel with undo, milestones."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html

from core.access.rights import may
from core.ui.columns import register_bulk_action
from core.ui.parts import Panel, RecordAction, register_action, register_panel
from core.ui.timeline import Told, register_timeline
from crm.models import Merge
from crm.pages.bulk import merge_selected


def merged_panel(request: HttpRequest, record: Any) -> dict[str, Any] | None:
    """What this record was made of, each with its undo."""
    entity = str(type(record)._meta.model_name)
    rows = Merge.objects.filter(
        entity=entity, survivor_id=record.pk, undone_at__isnull=True
    )
    found = list(rows.select_related("merged_by").defer("log").order_by("-id")[:6])
    if not found:
        return None
    return {
        "note": len(found),
        "merges": found,
        "may_undo": may(request.user, "update", record, entity),
    }


def _merged(told: Told) -> Any:
    names = ", ".join(map(str, told.data.get("names", [])))
    return format_html("<b>Merged</b> with {} by {}", names, told.actor or "the system")


def _undone(told: Told) -> Any:
    names = ", ".join(map(str, told.data.get("names", [])))
    return format_html("<b>Merge undone</b>: {} by {}", names, told.actor or "somebody")


def merge_url(entity: str, record: Any) -> str:
    """Where a record is merged with others."""
    return f"{reverse('merge_records', args=[entity])}?ids={record.pk}"


def register_all() -> None:
    """Called once from AppConfig.ready()."""
    for entity in ("contact", "account", "lead"):
        register_timeline(f"{entity}.merged", "git-merge", _merged, milestone="mile")
        register_timeline(f"{entity}.merge_undone", "git-merge", _undone)
        register_panel(
            entity,
            Panel(
                "merges", "Merged", "crm/_panel_merges.html", merged_panel, position=90
            ),
        )
        register_action(
            entity,
            RecordAction(
                "merge",
                "Merge",
                "git-merge",
                partial(merge_url, entity),
                menu=True,
                when=lambda r: r.state in ("active", "open"),
                position=85,
            ),
        )
        register_bulk_action(entity, merge_selected(entity))
