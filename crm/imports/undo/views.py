"""Undoing an import in the browser: what will happen first, then the deed."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from core.base.errors import Denied, DomainError
from core.jobs.models import Job
from core.jobs.services import job_cancel
from core.ui.doors import browser_door
from crm.imports.registry import import_entity
from crm.imports.undo.services import (
    import_undo,
    may_undo,
    undo_preview,
    undo_problem,
)
from crm.imports.views import own_import
from crm.models import Import


@login_required
@require_http_methods(["GET", "POST"])
def import_undo_panel(request: HttpRequest, pk: int) -> HttpResponse:
    """Say what goes, what comes back and what stays; then take the import back."""
    batch = own_import(request, pk, "update")
    if request.method == "GET":
        return _panel(request, batch, undo_problem(batch))
    try:
        with browser_door(request.user):
            import_undo(batch=batch, user=request.user)
    except Denied as denied:
        raise PermissionDenied from denied
    except DomainError as error:
        return _panel(request, batch, error)
    address = f"{reverse('import_show', args=[pk])}?result=all"
    if getattr(request, "htmx", False):
        return HttpResponse(status=204, headers={"HX-Redirect": address})
    return HttpResponseRedirect(address)


def _panel(
    request: HttpRequest, batch: Import, problem: DomainError | None
) -> HttpResponse:
    if not may_undo(request.user, batch):
        raise PermissionDenied
    context: dict[str, Any] = {
        "batch": batch,
        "entity": import_entity(batch.entity),
        "problem": problem,
    }
    if problem is None:
        preview = undo_preview(batch=batch, user=request.user)
        often = sorted(preview.reasons.items(), key=lambda each: (-each[1], each[0]))
        context.update(preview=preview, reasons=often)
    status = problem.status if problem and request.method == "POST" else 200
    return render(request, "crm/imports/undo.html", context, status=status)


@login_required
@require_POST
def import_undo_stop(request: HttpRequest, pk: int) -> HttpResponse:
    """Stop an undo after the running part; what is taken back stays so."""
    batch = own_import(request, pk, "update")
    job = Job.objects.unfinished().filter(pk=batch.undo_job_id or 0).first()
    if job is not None:
        with browser_door(request.user):
            job_cancel(job)
    return redirect(f"{reverse('import_show', args=[pk])}?result=all")
