"""Side panels and buttons that move leads and opportunities on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from django import forms
from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.generic import View

from core.access.rights import may
from core.base.errors import DomainError
from core.journal.services import acting
from core.ui.toasts import message_with_undo
from crm.models import Lead
from crm.services import lead_lifecycle as lifecycle
from sales import forms as shapes
from sales.models import Opportunity
from sales.services import opportunities
from sales.services.lead_qualify import lead_qualify
from sales.services.lead_unqualify import lead_undo_qualify


class Deed(LoginRequiredMixin, View):
    """Something done to one record: at once, or after a small form in a side panel.

    404 where the user may not see the record, 403 where the role does not allow it.
    """

    model: ClassVar[Any]
    entity: ClassVar[str]
    right: ClassVar[str]
    url_name: ClassVar[str] = ""
    title: ClassVar[str] = ""
    done: ClassVar[str] = ""
    form_class: ClassVar[type[forms.Form]] = forms.Form
    danger: ClassVar[bool] = False
    run: ClassVar[Callable[..., Any]]

    def record(self) -> Any:
        rows = self.model.objects.visible_to(self.request.user)
        row = get_object_or_404(rows, pk=self.kwargs["pk"])
        if not may(self.request.user, self.right, row, self.entity):
            raise PermissionDenied
        return row

    def get(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        record = self.record()
        if not self.form_class.base_fields:
            return redirect(self.entity, pk=pk)
        return self.show(record, self.form_class())

    def post(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        record = self.record()
        form = self.form_class(request.POST)
        if not form.is_valid():
            return self.show(record, form, status=422)
        user: Any = request.user
        try:
            with acting(user, via="browser"):
                type(self).run(
                    **{f"{self.entity}_id": record.pk}, user=user, **form.cleaned_data
                )
        except DomainError as refusal:
            return self.refused(record, form, refusal)
        except self.model.DoesNotExist as gone:
            # Deleted or merged away since it was looked up.
            raise Http404 from gone
        self.tell(record)
        return self.back(record)

    def tell(self, record: Any) -> None:
        """Say what was done, on the page that comes next."""
        messages.success(self.request, self.done)

    def refused(
        self, record: Any, form: forms.Form, refusal: DomainError
    ) -> HttpResponseBase:
        if form.fields:
            return self.show(record, form, error=refusal.detail, status=refusal.status)
        messages.error(self.request, refusal.detail)
        return self.back(record)

    def back(self, record: Any) -> HttpResponseBase:
        """To the record's page, also out of a side panel."""
        url = reverse(self.entity, args=[record.pk])
        if self.request.headers.get("HX-Request"):
            return HttpResponse(status=204, headers={"HX-Redirect": url})
        return redirect(url)

    def show(
        self, record: Any, form: forms.Form, *, error: str = "", status: int = 200
    ) -> HttpResponse:
        context = {
            "title": f"{self.title} {record}",
            "button": self.title,
            "action": reverse(self.url_name, args=[record.pk]),
            "form": form,
            "error": error,
            "danger": self.danger,
        }
        return render(self.request, "sales/_dialog.html", context, status=status)


class LeadDeed(Deed):
    model, entity = Lead, "lead"


class Disqualify(LeadDeed):
    right, url_name, title = "disqualify", "lead_disqualify", "Disqualify"
    done, form_class, danger = "Disqualified.", shapes.DisqualifyForm, True
    run = staticmethod(lifecycle.lead_disqualify)


class ReturnToMarketing(LeadDeed):
    right, url_name = "return_to_marketing", "lead_return"
    title, done = "Return to marketing", "Returned to marketing."
    form_class = shapes.ReturnForm
    run = staticmethod(lifecycle.lead_return_to_marketing)


class Reactivate(LeadDeed):
    right, done = "reactivate", "Reactivated. The lead is open again."
    run = staticmethod(lifecycle.lead_reactivate)


class QualifyNow(LeadDeed):
    """Qualify without asking; where somebody may be there already, ask after all."""

    right, done = "qualify", "Qualified. It can be undone for 10 minutes."
    run = staticmethod(lead_qualify)

    def tell(self, record: Any) -> None:
        undo = reverse("lead_undo_qualify", args=[record.pk])
        message_with_undo(self.request, self.done, undo)

    def refused(
        self, record: Any, form: forms.Form, refusal: DomainError
    ) -> HttpResponseBase:
        if refusal.code == "likely_duplicate":
            messages.warning(self.request, "Somebody like this is here already.")
            return redirect("lead_qualify", record.pk)
        return super().refused(record, form, refusal)


class UndoQualify(LeadDeed):
    right, done = "qualify", "Undone. The lead is open again, as it was before."
    run = staticmethod(lead_undo_qualify)


class MarkSalesReady(LeadDeed):
    right, done = "mark_sales_ready", "Marked sales ready."
    run = staticmethod(lifecycle.lead_mark_sales_ready)


class TakeOver(LeadDeed):
    right, done = "take_over", "The lead is yours now."
    run = staticmethod(lifecycle.lead_take_over)


class OpportunityDeed(Deed):
    model, entity = Opportunity, "opportunity"


class Win(OpportunityDeed):
    right, url_name, title = "close", "opportunity_win", "Close as won"
    done, form_class = "Won.", shapes.WinForm
    run = staticmethod(opportunities.opportunity_win)


class Lose(OpportunityDeed):
    right, url_name, title = "close", "opportunity_lose", "Close as lost"
    done, form_class, danger = "Closed as lost.", shapes.LoseForm, True
    run = staticmethod(opportunities.opportunity_lose)


class Reopen(OpportunityDeed):
    right, done = "reopen", "Open again."
    run = staticmethod(opportunities.opportunity_reopen)
