"""Files on the record pages: the panel, uploads, downloads, and the timeline."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.mixins import LoginRequiredMixin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.html import format_html
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.generic import View

from core.access.rights import may, rights_of
from core.base.errors import DomainError
from core.ui.doors import browser_door
from core.ui.parts import Panel, register_panel
from core.ui.timeline import Happening, Place, Scope, register_timeline_source
from core.ui.toasts import toast
from crm.attachments.answers import TooLargeFile, check_length, download
from crm.attachments.rules import shown_size
from crm.models import Attachment, Lead
from crm.pages.about import about_scope
from crm.pages.actions import record_or_404
from crm.services.attachments import attachment_add, attachment_delete

SHOWN = 50
AT_ONCE = 20


def files_context(user: Any, entity: str, record: Any) -> dict[str, Any]:
    """The files of a record, and what this user may do with each."""
    rows = Attachment.objects.visible_to(user).on(entity, record.pk)
    if entity == "lead":
        # What was carried over to an opportunity stays in the lead's own story.
        rows = Attachment.objects.visible_to(user).filter(lead=record)
    found = list(rows.select_related("created_by").order_by("-pk")[: SHOWN + 1])
    closed = isinstance(record, Lead) and record.is_closed
    rights = rights_of(user)
    mine = set()
    if not closed and rights.has("attachment", "delete"):
        within = Attachment.objects.filter(rights.condition("attachment", "delete"))
        ids = [each.pk for each in found]
        mine = set(within.filter(pk__in=ids).values_list("pk", flat=True))
    return {
        "files": [(each, shown_size(each.size), each.pk in mine) for each in found],
        "note": len(found) if len(found) <= SHOWN else f"{SHOWN} newest",
        "entity": entity,
        "pk": record.pk,
        "may_add": not closed and rights.has("attachment", "create"),
    }


def files_panel(request: HttpRequest, record: Any) -> dict[str, Any] | None:
    """The panel of a record page; nothing where there is neither file nor right."""
    kind = type(record)._meta.model_name or ""
    shown = files_context(request.user, kind, record)
    return shown if shown["files"] or shown["may_add"] else None


def register_files(*entities: str) -> None:
    """Put the panel of files on the pages of these entities."""
    for entity in entities:
        register_panel(
            entity,
            Panel("files", "Files", "crm/_panel_files.html", files_panel, position=50),
        )


@method_decorator(csrf_exempt, name="dispatch")
class FilesAdd(LoginRequiredMixin, View):
    """Put files on a record, by the button or by dropping them on its page.

    The length is looked at before anything reads the body; the check of the CSRF
    token, which reads it, comes after.
    """

    def dispatch(
        self, request: HttpRequest, *args: Any, **kwargs: Any
    ) -> HttpResponseBase:
        try:
            check_length(request)
        except TooLargeFile as refusal:
            return toast(HttpResponse(status=413), refusal.detail, tone="bad")
        inside = csrf_protect(super().dispatch)
        answer: HttpResponseBase = inside(request, *args, **kwargs)
        return answer

    def post(self, request: HttpRequest, entity: str, pk: int) -> HttpResponseBase:
        record = record_or_404(request.user, entity, pk)
        if not rights_of(request.user).has("attachment", "create"):
            raise PermissionDenied
        problems, added = [], 0
        for file in request.FILES.getlist("file")[:AT_ONCE]:
            try:
                with browser_door(request.user):
                    user: Any = request.user
                    attachment_add(
                        regarding_type=entity, regarding_id=pk, file=file, user=user
                    )
                added += 1
            except DomainError as refusal:
                problems.append(f"{file.name}: {refusal.detail}")
        answer = panel_answer(request, entity, record, problems)
        if added:
            toast(answer, "File added." if added == 1 else f"{added} files added.")
            answer["HX-Trigger-After-Settle"] = "timeline:changed"
        return answer


class FileRemove(LoginRequiredMixin, View):
    """Take a file off its record."""

    def post(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        row = get_object_or_404(Attachment.objects.visible_to(request.user), pk=pk)
        if not may(request.user, "delete", row, "attachment"):
            raise PermissionDenied
        user: Any = request.user
        entity, record_id = row.regarding_type, row.regarding_id
        problems = []
        try:
            with browser_door(user):
                attachment_delete(attachment=row, user=user)
        except DomainError as refusal:
            problems.append(refusal.detail)
        record = record_or_404(user, entity, record_id)
        answer = panel_answer(request, entity, record, problems)
        if not problems:
            toast(answer, f"{row.file_name} deleted.")
            answer["HX-Trigger-After-Settle"] = "timeline:changed"
        return answer


class FileDownload(LoginRequiredMixin, View):
    """The content, for whoever sees the record."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        if not rights_of(request.user).has("attachment", "read"):
            raise PermissionDenied
        row = get_object_or_404(Attachment.objects.visible_to(request.user), pk=pk)
        try:
            return download(row)
        except DomainError as refusal:
            return HttpResponse(refusal.detail, status=410, content_type="text/plain")


def panel_answer(
    request: HttpRequest, entity: str, record: Any, problems: list[str]
) -> HttpResponse:
    """The panel anew, with what was refused."""
    panel = files_context(request.user, entity, record) | {"problems": problems}
    status = 422 if problems else 200
    return render(request, "crm/_panel_files.html", {"panel": panel}, status=status)


def attachments_of(
    scope: Scope, place: Place | None, limit: int, kind: str
) -> list[Happening]:
    """Files on a timeline."""
    if kind not in ("all", "activity"):
        return []
    rows = Attachment.objects.visible_to(scope.user).filter(about_scope(scope))
    if place:
        rows = place.older(rows, "attachments", "created_at")
    rows = rows.select_related("created_by").order_by("-created_at", "-pk")
    return [
        Happening(
            row.created_at,
            "files",
            format_html(
                '<b>{}</b> attached <a class="h-plainlink" href="{}">{}</a>',
                row.created_by or "Somebody",
                reverse("file_download", args=[row.pk]),
                row.file_name,
            ),
            "activity",
            "acc",
            order=row.pk,
        )
        for row in rows[:limit]
    ]


def register_all() -> None:
    """Called once from AppConfig.ready()."""
    register_files("contact", "account", "lead")
    register_timeline_source("attachments", attachments_of)
