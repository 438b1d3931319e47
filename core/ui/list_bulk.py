"""Actions on a selection of a list: asked for, done at once or as a job, reported."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django_htmx.http import trigger_client_event

from core.base.errors import DomainError
from core.base.text import whole_number
from core.ui.bulk import AT_ONCE, bulk_start
from core.ui.columns import BulkAction, BulkReport
from core.ui.doors import browser_door
from core.ui.list_rows import ListRows
from core.ui.toasts import toast

BULK_LIMIT = 10_000
REPORTED = 200
# The filter form of the page has the plain ids.
BULK_ID = "bulk_%s"


class ListBulk(ListRows):
    """The doors of bulk actions."""

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Do something to a selection."""
        action = self.bulk_action(request.POST.get("action", ""))
        form = action.form(request.POST, auto_id=BULK_ID) if action.form else None
        if form is not None and not form.is_valid():
            return self.render_panel(action, form, status=422)
        if self.is_many(action):
            return self.in_background(action)
        values = form.cleaned_data if form is not None else {}
        try:
            with browser_door(request.user):
                barred = self.barred(action)
                found = action.run(request.user, self.selected(action), values)
        except DomainError as error:
            return toast(HttpResponse(status=204), error.detail, tone="bad")
        report = found if isinstance(found, BulkReport) else BulkReport(found)
        if report.goto:
            return HttpResponse(status=204, headers={"HX-Redirect": report.goto})
        left = [*report.left, *barred]
        if left:
            return self.render_report(action, report.said, left)
        answer = HttpResponse(status=204)
        answer["HX-Trigger"] = '{"list:changed": true, "drawer:close": true}'
        return toast(answer, report.said)

    def barred(self, action: BulkAction) -> list[tuple[str, str, str]]:
        """The selected rows that the user sees and may not do this to."""
        if self.request.POST.get("all") == "1":
            return []
        ids = self.chosen_ids()
        reach = set(self.base(action.action).filter(pk__in=ids).values_list("pk"))
        return [
            (str(row), self.href(row), "Your role does not allow this here.")
            for row in self.base().filter(pk__in=ids).order_by("pk")
            if (row.pk,) not in reach
        ]

    def render_report(
        self, action: BulkAction, said: str, left: list[tuple[str, str, str]]
    ) -> HttpResponse:
        """What was done, and each row that was left as it is, with why."""
        shown = left[:REPORTED]
        context = {
            "action": action,
            "said": said,
            "left": shown,
            "number": len(left),
            "more": len(left) - len(shown),
        }
        answer = render(self.request, "ui/_bulk_report.html", context)
        answer["HX-Retarget"], answer["HX-Reswap"] = "#drawer", "innerHTML"
        answer["HX-Trigger"] = '{"list:changed": true}'
        return answer

    def bulk_action(self, key: str) -> BulkAction:
        found = (each for each in self.allowed_bulk() if each.key == key)
        action = next(found, None)
        if action is None:
            raise PermissionDenied
        return action

    @property
    def _sent(self) -> QueryDict:
        return self.request.POST if self.request.method == "POST" else self.request.GET

    def chosen_ids(self) -> list[int]:
        ids = map(whole_number, self._sent.getlist("ids"))
        return [pk for pk in ids if pk is not None][:BULK_LIMIT]

    def rows_of(self, action: BulkAction, ids: list[int]) -> QuerySet:
        """Chosen rows, as far as the user may do this to them."""
        return self.base(action.action).filter(pk__in=ids)

    def selected(self, action: BulkAction) -> QuerySet:
        """The selected rows, as far as the user may do this to them."""
        if self._sent.get("all") != "1":
            return self.rows_of(action, self.chosen_ids())
        rows = self.rows(action.action).order_by("pk")
        return self.rows_of(action, list(rows.values_list("pk", flat=True)[:AT_ONCE]))

    def is_many(self, action: BulkAction) -> bool:
        """Whether the selection is too large to wait for."""
        if self._sent.get("all") != "1":
            return len(self.chosen_ids()) > AT_ONCE
        rows = self.rows(action.action).order_by()
        return len(rows.values_list("pk")[: AT_ONCE + 1]) > AT_ONCE

    def in_background(self, action: BulkAction) -> HttpResponse:
        """Make a job of it; the tray shows how far it is."""
        with browser_door(self.request.user):
            job = bulk_start(self, action, self.request.POST)
        answer = HttpResponse(status=204)
        for event in ("jobs:changed", "drawer:close"):
            trigger_client_event(answer, event, {})
        said = f"{job.label}: this goes on in the background."
        return toast(answer, said, href=reverse("job", args=[job.pk]), link="Progress")

    def bulk_panel(self) -> HttpResponse:
        """Ask for what an action needs, in a side panel."""
        action = self.bulk_action(self.params.get("action", ""))
        return self.render_panel(
            action, action.form(auto_id=BULK_ID) if action.form else None
        )

    def render_panel(
        self, action: BulkAction, form: Any, status: int = 200
    ) -> HttpResponse:
        data = self.request.POST if self.request.method == "POST" else self.request.GET
        context = {
            "list": self,
            "action": action,
            "form": form,
            "ids": data.getlist("ids")[:BULK_LIMIT],
            "all": data.get("all", ""),
            "number": data.get("number", ""),
        }
        return render(self.request, "ui/_bulk_panel.html", context, status=status)
