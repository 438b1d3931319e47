"""Lists of forms, pages and submissions."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet

from core.ui import cells
from core.ui.columns import BulkAction, Column, ListView
from core.ui.lists import ListPage
from marketing.filters import FormFilter, PageFilter, SubmissionFilter
from marketing.models import Form, Page, Submission
from marketing.services.submissions import submissions_retry

TONES = {"live": "good", "draft": "off", "stopped": "ready"}
SUBMISSION_TONES = {
    "pending": "open",
    "success": "good",
    "failed": "bad",
    "spam": "off",
}


def state_badge(record: Form | Page) -> Any:
    return cells.badge(record.get_state_display(), TONES[record.state])


def submission_badge(row: Submission) -> Any:
    return cells.badge(row.get_state_display(), SUBMISSION_TONES[row.state])


def sender(row: Submission) -> str:
    """Who sent it, in the words of the answers themselves."""
    known = row.values
    full = f"{known.get('first_name', '')} {known.get('last_name', '')}".strip()
    return full or str(known.get("email", "")) or f"Submission {row.pk}"


def _live_views() -> tuple[ListView, ...]:
    return (
        ListView("all", "All", lambda rows, user: rows),
        ListView("live", "Live", lambda rows, user: rows.filter(state="live")),
        ListView("mine", "Mine", lambda rows, user: rows.filter(owner=user)),
    )


class FormList(ListPage):
    entity, model = "form", Form
    title, noun, icon = "Marketing forms", "form", "forms"
    url_name, record_url_name = "form_list", "form_edit"
    create_url_name = "form_create"
    filterset_class = FormFilter
    default_sort = "name"
    empty = "No forms yet. A form asks the questions; a page shows it."
    columns = (
        Column(
            "name",
            "Name",
            lambda row: cells.who(row.name, row.get_mode_display(), row.href),
            sort="sort_name",
            text=lambda row: row.name,
            css="first",
        ),
        Column("state", "State", state_badge, sort="state", css="keep"),
        Column("fields", "Fields", lambda row: cells.number(len(row.fields)), css="r"),
        Column(
            "owner",
            "Owner",
            lambda row: str(row.owner or ""),
            select=("owner",),
            css="sub",
        ),
        Column(
            "updated", "Changed", lambda row: cells.ago(row.updated_at), "updated_at"
        ),
    )
    views = _live_views()


class PageList(ListPage):
    entity, model = "page", Page
    title, noun, icon = "Marketing pages", "page", "world"
    url_name, record_url_name = "page_list", "page_edit"
    create_url_name = "page_create"
    filterset_class = PageFilter
    default_sort = "title"
    empty = "No landing pages yet."
    columns = (
        Column(
            "title",
            "Title",
            lambda row: cells.who(row.title, row.get_absolute_url(), row.href),
            sort="sort_name",
            text=lambda row: row.title,
            css="first",
        ),
        Column("state", "State", state_badge, sort="state", css="keep"),
        Column(
            "form", "Form", lambda row: str(row.form or ""), select=("form",), css="sub"
        ),
        Column(
            "campaign",
            "Campaign",
            lambda row: str(row.campaign or ""),
            select=("campaign",),
            css="sub",
        ),
        Column(
            "updated", "Changed", lambda row: cells.ago(row.updated_at), "updated_at"
        ),
    )
    views = _live_views()


def retry_all(user: Any, rows: QuerySet, values: dict[str, Any]) -> str:
    count = submissions_retry(user=user, submissions=rows)
    return f"{count} submissions are tried again."


class SubmissionList(ListPage):
    entity, model = "submission", Submission
    title, noun, icon = "Submissions", "submission", "inbox"
    url_name, record_url_name = "submission_list", "submission"
    filterset_class = SubmissionFilter
    default_sort = "-received"
    searchable = False
    empty = "Nothing was sent yet."
    columns = (
        Column(
            "sender",
            "Sent by",
            lambda row: cells.who(sender(row), row.form.name, row.href),
            text=sender,
            css="first",
            select=("form",),
        ),
        Column("state", "State", submission_badge, sort="state", css="keep"),
        Column("outcome", "What became of it", lambda row: row.reason or row.matched),
        Column(
            "page", "Page", lambda row: str(row.page or ""), select=("page",), css="sub"
        ),
        Column(
            "received",
            "Received",
            lambda row: cells.ago(row.received_at),
            "received_at",
            text=lambda row: row.received_at,
        ),
    )
    views = (
        ListView("failed", "Failed", lambda rows, user: rows.filter(state="failed")),
        ListView("all", "All", lambda rows, user: rows),
        ListView("pending", "Pending", lambda rows, user: rows.filter(state="pending")),
        ListView(
            "spam", "Suspected spam", lambda rows, user: rows.filter(state="spam")
        ),
    )
    bulk_actions = (BulkAction("retry", "Retry", "refresh", retry_all, action="retry"),)
