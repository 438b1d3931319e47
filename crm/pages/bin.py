"""The bin: what was deleted in the last 30 days, and the way back."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.views.generic import View

from core.access.rights import rights_of
from core.base.errors import DomainError
from core.ui.doors import browser_door
from crm.models import DeletedRecord
from crm.querysets import BINNED
from crm.services.bin import bin_restore

MOST = 200


class Bin(LoginRequiredMixin, View):
    """What this user could delete and somebody did, newest first."""

    def get(self, request: HttpRequest) -> HttpResponse:
        if not rights_of(request.user).has("deleted_record", "read"):
            raise PermissionDenied
        rows = DeletedRecord.objects.visible_to(request.user)
        rows = rows.filter(emptied_at__isnull=True).select_related("deleted_by")
        chosen = request.GET.get("entity", "")
        if chosen in BINNED:
            rows = rows.filter(entity=chosen)
        found = list(rows.order_by("-deleted_at", "-pk")[: MOST + 1])
        context = {
            "rows": found[:MOST],
            "more": len(found) > MOST,
            "entities": BINNED,
            "chosen": chosen,
        }
        return render(request, "crm/bin.html", context)


class Restore(LoginRequiredMixin, View):
    """Bring a record back."""

    def post(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        row = get_object_or_404(DeletedRecord.objects.visible_to(request.user), pk=pk)
        if not rights_of(request.user).has("deleted_record", "update"):
            raise PermissionDenied
        user: Any = request.user
        try:
            with browser_door(user):
                bin_restore(deleted_id=pk, user=user)
        except DomainError as refusal:
            messages.error(request, refusal.detail)
            return redirect("bin")
        messages.success(request, f"{row.name} is back.")
        return redirect(row.entity, pk=row.record_id)
