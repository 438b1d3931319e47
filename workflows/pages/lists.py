"""The list of workflows."""

from __future__ import annotations

from typing import Any

from django.db.models import Max, OuterRef, Subquery

from core.ui import cells
from core.ui.columns import Column, ListView
from core.ui.lists import ListPage
from workflows.filters import WorkflowFilter
from workflows.models import Run, Workflow
from workflows.pages import words

TONES = {"active": "good", "inactive": "off"}


def state_badge(workflow: Workflow) -> Any:
    return cells.badge(workflow.get_state_display(), TONES[workflow.state])


def with_last_run(rows: Any, user: Any) -> Any:
    runs = Run.objects.filter(version__workflow=OuterRef("pk")).order_by()
    last = runs.values("version__workflow").annotate(last=Max("started_at"))
    return rows.annotate(last_run=Subquery(last.values("last")))


class WorkflowList(ListPage):
    entity, model = "workflow", Workflow
    title, noun, icon = "Workflows", "workflow", "hierarchy-2"
    url_name, record_url_name = "workflow_list", "workflow"
    create_url_name = "workflow_create"
    filterset_class = WorkflowFilter
    default_sort = "name"
    empty = "No workflows yet. A workflow does something for each record it applies to."
    columns = (
        Column(
            "name",
            "Name",
            lambda row: cells.who(
                row.name, "Shipped" if row.shipped else "Your own", row.href
            ),
            sort="name",
            text=lambda row: row.name,
            css="first",
        ),
        Column(
            "state",
            "State",
            state_badge,
            sort="state",
            text=lambda row: row.get_state_display(),
            css="keep",
        ),
        Column(
            "record",
            "Record",
            lambda row: words.noun(row.entity).capitalize(),
            sort="entity",
            css="sub",
        ),
        Column("triggers", "Starts", words.triggers_sentence, css="sub"),
        Column(
            "last_run",
            "Last run",
            lambda row: cells.ago(row.last_run),
            text=lambda row: row.last_run,
            annotate=with_last_run,
            css="mut",
        ),
        Column(
            "updated",
            "Changed",
            lambda row: cells.ago(row.updated_at),
            sort="updated_at",
            text=lambda row: row.updated_at,
            css="mut",
            default=False,
        ),
    )
    views = (
        ListView("all", "All", lambda rows, user: rows),
        ListView("active", "Active", lambda rows, user: rows.filter(state="active")),
        ListView(
            "inactive", "Inactive", lambda rows, user: rows.filter(state="inactive")
        ),
        ListView("shipped", "Shipped", lambda rows, user: rows.exclude(key="")),
    )

    def search(self, rows: Any, text: str) -> Any:
        """Workflows are few: by a fragment of the name."""
        return rows.filter(name__lower__contains=text.lower())
