"""One submission: its answers, what became of it, and another go."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.generic import View

from core.access.rights import may
from core.base.errors import DomainError
from marketing.models import Submission, Suggestion
from marketing.pages.lists import sender, submission_badge
from marketing.public_forms import shown_fields
from marketing.rules.fields import FieldSpec, load_fields
from marketing.services.submissions import submission_retry
from marketing.services.suggestions import suggestion_accept, suggestion_reject


class SubmissionPage(LoginRequiredMixin, View):
    """Shown on GET; edited and tried again on POST."""

    def submission(self, pk: int) -> Submission:
        rows = Submission.objects.visible_to(self.request.user)
        return get_object_or_404(rows.select_related("form", "page"), pk=pk)

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        row = self.submission(pk)
        return self.show(row, row.values, {})

    def post(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        row = self.submission(pk)
        if not may(request.user, "retry", row, "submission"):
            raise PermissionDenied
        specs = load_fields(row.form.fields)
        values = typed(specs, request.POST)
        try:
            tried = submission_retry(
                user=request.user,
                submission=row,
                values=values,
                as_new=request.POST.get("as_new") == "1",
            )
        except DomainError as error:
            errors = {error.attr: error.detail} if error.attr else {}
            message = "" if error.attr else error.detail
            return self.show(row, values, errors, message=message, status=422)
        messages.success(request, "The submission is tried again.")
        return redirect(reverse("submission", args=[tried.pk]))

    def show(
        self,
        row: Submission,
        values: dict[str, Any],
        errors: dict[str, str],
        *,
        message: str = "",
        status: int = 200,
    ) -> HttpResponse:
        context = {
            "submission": row,
            "heading": sender(row),
            "badge": submission_badge(row),
            "fields": shown_fields(load_fields(row.form.fields), values, errors),
            "message": message,
            "may_retry": may(self.request.user, "retry", row, "submission"),
        }
        return render(self.request, "marketing/submission.html", context, status=status)


def typed(specs: list[FieldSpec], post: QueryDict) -> dict[str, Any]:
    """The answers as they were edited."""
    return {
        spec.name: (
            post.getlist(spec.name)
            if spec.kind == "checkboxes"
            else post.get(spec.name, "")
        )
        for spec in specs
    }


class Decide(LoginRequiredMixin, View):
    """Accept or reject a suggestion, from the page of its record."""

    accept = False

    def post(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        rows = Suggestion.objects.visible_to(request.user)
        row = get_object_or_404(rows.select_related("contact", "lead"), pk=pk)
        entity = "contact" if row.contact_id else "lead"
        if not may(request.user, "update", row.record, entity):
            raise PermissionDenied
        service = suggestion_accept if self.accept else suggestion_reject
        try:
            service(user=request.user, suggestion=row, via="browser")
            messages.success(request, "Accepted." if self.accept else "Rejected.")
        except DomainError as error:
            messages.error(request, error.detail)
        return redirect(reverse(entity, args=[row.record.pk]))
