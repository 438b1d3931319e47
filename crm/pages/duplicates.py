"""The review of possible duplicates, and the warning as one types."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.generic import View

from core.access.rights import rights_of
from core.base.errors import Denied, DomainError
from core.base.text import text_problem, whole_number
from core.ui.doors import browser_door
from core.ui.toasts import toast
from crm.duplicates.find import MODELS
from crm.duplicates.folding import READS
from crm.duplicates.scan import PLURALS, scan_start
from crm.duplicates.services import pair_decide
from crm.duplicates.showing import duplicates_shown
from crm.models import DuplicatePair
from crm.pages.edit import warning_line

PAGE = 50
TABS = (("open", "To review"), ("later", "Later"), ("dismissed", "Not duplicates"))


class DuplicateList(LoginRequiredMixin, View):
    """Pairs to review, the most alike first."""

    def get(self, request: HttpRequest) -> HttpResponseBase:
        if not rights_of(request.user).has("duplicate", "read"):
            raise PermissionDenied
        state = request.GET.get("state", "open")
        state = state if state in dict(TABS) else "open"
        entity = request.GET.get("entity", "")
        entity = entity if entity in MODELS else ""
        rows = DuplicatePair.objects.visible_to(request.user).filter(state=state)
        if entity:
            rows = rows.filter(entity=entity)
        start = whole_number(request.GET.get("from", "")) or 0
        start = min(start, 100_000)
        found = list(rows.order_by("-score", "-id")[start : start + PAGE + 1])
        more: dict[str, Any] = {"state": state, "entity": entity, "from": start + PAGE}
        context = {
            "lines": pair_lines(found[:PAGE]),
            "tabs": TABS,
            "state": state,
            "entity": entity,
            "entities": PLURALS,
            "next": f"?{urlencode(more)}" if len(found) > PAGE else "",
            "may_scan": rights_of(request.user).has("duplicate", "scan"),
            "may_decide": rights_of(request.user).has("duplicate", "update"),
        }
        return render(request, "crm/duplicates.html", context)


def pair_lines(pairs: list[DuplicatePair]) -> list[dict[str, Any]]:
    """The pairs with their records (one query an entity)."""
    records: dict[tuple[str, int], Any] = {}
    for entity, model in MODELS.items():
        ids = {
            pk
            for pair in pairs
            if pair.entity == entity
            for pk in (pair.first_id, pair.second_id)
        }
        if ids:
            rows = model._default_manager.select_related("owner").in_bulk(ids)
            records |= {(entity, pk): row for pk, row in rows.items()}
    lines = []
    for pair in pairs:
        both = [records.get((pair.entity, n)) for n in (pair.first_id, pair.second_id)]
        if None not in both:
            two = f"{pair.first_id},{pair.second_id}"
            merge = reverse("merge_records", args=[pair.entity])
            lines.append(
                {
                    "pair": pair,
                    "records": both,
                    "percent": round(100 * pair.score),
                    "merge": f"{merge}?ids={two}",
                }
            )
    return lines


class DuplicateDecide(LoginRequiredMixin, View):
    """Not a duplicate, later, or back to review."""

    def post(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        rows = DuplicatePair.objects.visible_to(request.user, "update")
        pair = get_object_or_404(rows, pk=pk)
        state = request.POST.get("state", "")
        user: Any = request.user
        try:
            with browser_door(user):
                pair_decide(pair=pair, user=user, state=state)
        except Denied as error:
            raise PermissionDenied from error
        except DomainError as error:
            return self.answer(request, error.detail, "bad")
        said = {"dismissed": "Kept apart.", "later": "Left for later."}
        return self.answer(request, said.get(state, "Back to review."))

    def answer(self, request: HttpRequest, said: str, tone: str = "") -> HttpResponse:
        if request.headers.get("HX-Request"):
            return toast(HttpResponse(""), said, tone=tone)
        messages.info(request, said)
        return redirect("duplicate_list")


class DuplicateScan(LoginRequiredMixin, View):
    """Search everything, in the background."""

    def post(self, request: HttpRequest) -> HttpResponseBase:
        if not rights_of(request.user).has("duplicate", "scan"):
            raise PermissionDenied
        entity = request.POST.get("entity", "")
        if entity not in MODELS:
            return HttpResponse("Say which records.", status=400)
        try:
            with browser_door(request.user):
                job = scan_start(entity=entity, user=request.user)
        except DomainError as error:
            messages.error(request, error.detail)
            return redirect("duplicate_list")
        return redirect("job", pk=job.pk)


class DuplicateWarnings(LoginRequiredMixin, View):
    """Who is known already, while somebody fills in the form."""

    def post(self, request: HttpRequest, entity: str) -> HttpResponseBase:
        if entity not in MODELS:
            raise Http404
        if not rights_of(request.user).has(entity, "create"):
            raise PermissionDenied
        typed = {name: request.POST.get(name, "")[:300] for name in READS[entity]}
        typed = {k: v for k, v in typed.items() if text_problem(v) is None}
        found = duplicates_shown(entity, typed, request.user)
        lines = [warning_line(each, request.user) for each in found]
        context = {"warnings": lines, "record": None, "typing": True}
        return render(request, "ui/_warnings.html", context)
