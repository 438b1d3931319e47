"""How forms and pages look to a visitor, saved or not; nothing can be sent."""

from __future__ import annotations

from typing import Any

from csp.decorators import csp
from django.contrib.auth.mixins import LoginRequiredMixin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.loader import render_to_string
from django.utils.decorators import method_decorator
from django.utils.safestring import mark_safe
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.generic import View

from core.access.rights import rights_of
from core.base.errors import Invalid
from core.base.models import Organisation
from core.base.text import whole_number
from marketing.models import Form, Page
from marketing.pages.field_rows import Rows, target_choices
from marketing.public import PUBLIC_CSP
from marketing.public_forms import shown_fields
from marketing.rules.content import sanitise, split_at_form
from marketing.rules.fields import load_fields, parse_fields

# As the public sees it, but inside our editor.
_FRAMED = {**PUBLIC_CSP, "frame-ancestors": ["'self'"], "form-action": ["'none'"]}
_LONGEST = 200_000


@method_decorator(csp(_FRAMED), name="dispatch")
@method_decorator(xframe_options_sameorigin, name="dispatch")
class _Preview(LoginRequiredMixin, View):
    entity = ""

    def may_edit(self) -> None:
        rights = rights_of(self.request.user)
        if not (rights.has(self.entity, "create") or rights.has(self.entity, "update")):
            raise PermissionDenied

    def show(self, page: Page | None, form: Form, fields: list[Any]) -> HttpResponse:
        before, after = split_at_form(sanitise(page.content)) if page else ("", "")
        context = {
            "page": page,
            "form": form,
            # S308: the HTML is sanitised in this very function.
            "before": mark_safe(before),  # noqa: S308
            "after": mark_safe(after),  # noqa: S308
            "fields": shown_fields(fields, {}, {}),
            "preview": True,
            "organisation": Organisation.current().name,
            "language": page.language if page else "en",
        }
        return HttpResponse(render_to_string("marketing/public/page.html", context))


class Preview(_Preview):
    """A saved page, live or not."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        rows = Page.objects.visible_to(request.user).select_related("form")
        page = get_object_or_404(rows, pk=pk)
        form = page.form or Form(name="No form yet")
        return self.show(page, form, load_fields(form.fields))


class PageDraft(_Preview):
    """A page as it stands in the editor."""

    entity = "page"

    def post(self, request: HttpRequest) -> HttpResponse:
        self.may_edit()
        typed = request.POST
        number = whole_number(typed.get("form", ""))
        forms = Form.objects.visible_to(request.user)
        form = forms.filter(pk=number).first() if number is not None else None
        form = form or Form(name="No form yet")
        page = Page(
            title=typed.get("title", "")[:200],
            content=typed.get("content", "")[:_LONGEST],
        )
        return self.show(page, form, load_fields(form.fields))


class FormDraft(_Preview):
    """A form as it stands in the editor; fields that are not right yet are left out."""

    entity = "form"

    def post(self, request: HttpRequest) -> HttpResponse:
        self.may_edit()
        targets = {entity: target_choices(entity) for entity in ("contact", "lead")}
        rows = Rows(request.POST, prefix="rows", form_kwargs={"targets": targets})
        rows.is_valid()
        right = [row for row in rows.forms if row.is_bound and not row.errors]
        kept = [r for r in right if r.cleaned_data.get("label") and not _removed(r)]
        kept.sort(key=lambda row: row.cleaned_data.get("ORDER") or 0)
        form = Form(
            name=request.POST.get("name", "")[:200],
            submit_label=request.POST.get("submit_label", "")[:60] or "Send",
            remember_me="remember_me" in request.POST,
        )
        return self.show(None, form, [s for row in kept for s in _spec(row)])


def _removed(row: Any) -> bool:
    return bool(row.cleaned_data.get("DELETE"))


def _spec(row: Any) -> list[Any]:
    try:
        return parse_fields([row.definition()])
    except Invalid:
        return []
