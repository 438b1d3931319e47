"""The editors of forms and pages."""

from __future__ import annotations

import re
from typing import Any

from csp.decorators import csp_update
from django import forms
from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.core.exceptions import PermissionDenied
from django.forms.formsets import BaseFormSet
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.text import slugify
from django.views.generic import View

from core.access.rights import may
from core.base.errors import DomainError
from core.ui.doors import browser_door
from core.ui.forms import FormPage, RecordForm
from marketing.models import Form, Page
from marketing.pages.field_rows import (
    FieldRow,
    Rows,
    options_text,
    ready_made,
    target_choices,
)
from marketing.services import forms as services

_ROW = re.compile(r"^fields\[(\d+)\](?:\.(\w+))?")


class CaptureForm(RecordForm):
    """A marketing form with its fields below."""

    sections = (
        ("Form", ("name", "submit_label", "owner", "team")),
        (
            "What a submission does",
            (
                "mode",
                "contact_strategy",
                "lead_strategy",
                "generate_without_matching",
            ),
        ),
        (
            "What visitors read",
            ("success_text", "redirect_path", "error_text", "limit_text"),
        ),
        (
            "Protection and memory",
            ("limit_per_minute", "min_seconds", "remember_me", "prefill"),
        ),
    )

    class Meta:
        model = Form
        fields = [
            "name", "submit_label", "owner", "team", "mode", "contact_strategy",
            "lead_strategy", "generate_without_matching", "success_text",
            "redirect_path", "error_text", "limit_text", "limit_per_minute",
            "min_seconds", "remember_me", "prefill",
        ]  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        targets = {entity: target_choices(entity) for entity in ("contact", "lead")}
        self.rows: BaseFormSet = Rows(
            self.data if self.is_bound else None,
            prefix="rows",
            initial=[self._initial(each) for each in self.instance.fields],
            form_kwargs={"targets": targets},
        )

    @staticmethod
    def _initial(definition: dict[str, Any]) -> dict[str, Any]:
        lines = options_text(definition.get("options") or [])
        return {**definition, "options": lines}

    def is_valid(self) -> bool:
        return bool(super().is_valid() and self.rows.is_valid())

    def kept_rows(self) -> list[FieldRow]:
        """The rows that stay, in their order."""
        rows = self.rows.ordered_forms
        return [row for row in rows if row.cleaned_data.get("label")]

    def values(self) -> dict[str, Any]:
        fields = [row.definition() for row in self.kept_rows()]
        return {**super().values(), "fields": fields}

    def add_row_error(self, attr: str, detail: str) -> bool:
        """Put what was refused at its row; whether `attr` names one."""
        found = _ROW.match(attr)
        rows = self.kept_rows() if found else []
        if found is None or int(found[1]) >= len(rows):
            return False
        row = rows[int(found[1])]
        row.add_error(found[2] if found[2] in row.fields else None, detail)
        return True


class FormEdit(FormPage):
    entity, model, noun = "form", Form, "form"
    form_class = CaptureForm
    list_url_name, record_url_name = "form_list", "form_edit"
    template_name = "marketing/form_edit.html"

    def initial(self) -> dict[str, Any]:
        user: Any = self.request.user
        return {"owner": user.pk, "team": user.team_id, **super().initial()}

    def create(self, values: dict[str, Any]) -> Form:
        return services.form_save(Form(), **values)

    def update(self, record: Any, values: dict[str, Any], version: int | None) -> Form:
        return services.form_save(record, version=version, **values)

    def add_problems(self, form: Any, error: DomainError) -> None:
        if not form.add_row_error(error.attr or "", error.detail):
            super().add_problems(form, error)

    def ready_made(self) -> list[Any]:
        return ready_made()

    def checks(self) -> list[tuple[bool, str]]:
        pk = self.kwargs.get("pk")
        return services.form_checks(Form.objects.get(pk=pk)) if pk else []


class PageForm(RecordForm):
    """A landing page."""

    sections = (
        ("Page", ("title", "slug", "form", "language", "description")),
        ("Content", ("content",)),
        (
            "What it gives its leads",
            ("topic", "lead_source", "campaign", "product", "consent_level"),
        ),
        ("Who looks after it", ("owner", "team")),
    )

    class Meta:
        model = Page
        fields = [
            "title", "slug", "form", "language", "description", "content", "topic",
            "lead_source", "campaign", "product", "consent_level", "owner", "team",
        ]  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["content"].widget.attrs["rows"] = 18
        self.fields["slug"].required = False
        self.fields["slug"].label = "Address"
        self.fields["slug"].help_text = "Empty: made from the title."
        field = self.fields["form"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = Form.objects.visible_to(self.user)

    def values(self) -> dict[str, Any]:
        values = super().values()
        return {**values, "slug": values["slug"] or slugify(values["title"])[:120]}


# Content may show pictures from elsewhere, also while it is edited.
@method_decorator(csp_update({"img-src": "https:"}), name="dispatch")
class PageEdit(FormPage):
    entity, model, noun = "page", Page, "page"
    form_class = PageForm
    list_url_name, record_url_name = "page_list", "page_edit"
    template_name = "marketing/page_edit.html"

    def initial(self) -> dict[str, Any]:
        user: Any = self.request.user
        return {"owner": user.pk, "team": user.team_id, **super().initial()}

    def create(self, values: dict[str, Any]) -> Page:
        return services.page_save(Page(), **values)

    def update(self, record: Any, values: dict[str, Any], version: int | None) -> Page:
        return services.page_save(record, version=version, **values)

    def checks(self) -> list[tuple[bool, str]]:
        pk = self.kwargs.get("pk")
        return services.page_checks(Page.objects.get(pk=pk)) if pk else []


class Publish(LoginRequiredMixin, View):
    """Go live and stop, for forms and pages."""

    model: Any = None
    deed = ""
    _services = {
        ("form", "go-live"): services.form_go_live,
        ("form", "stop"): services.form_stop,
        ("page", "go-live"): services.page_go_live,
        ("page", "stop"): services.page_stop,
    }

    def post(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        entity = self.model._meta.model_name
        record = get_object_or_404(self.model.objects.visible_to(request.user), pk=pk)
        if not may(request.user, "publish", record, entity):
            raise PermissionDenied
        service: Any = self._services[entity, self.deed]
        try:
            with browser_door(request.user):
                record = service(record)
            said = "is live." if self.deed == "go-live" else "is stopped."
            messages.success(request, f"{record} {said}")
        except DomainError as error:
            messages.error(request, error.detail)
        return redirect(reverse(f"{entity}_edit", args=[pk]))
