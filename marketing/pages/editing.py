"""The editors of forms and pages."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.core.exceptions import PermissionDenied
from django.forms.formsets import BaseFormSet
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.safestring import mark_safe
from django.views.generic import View

from core.access.rights import may
from core.base.errors import DomainError
from core.ui.doors import browser_door
from core.ui.forms import FormPage, RecordForm
from crm.models import CustomField
from marketing.models import Form, Page
from marketing.public_forms import shown_fields
from marketing.rules.content import sanitise, split_at_form
from marketing.rules.fields import KINDS, load_fields
from marketing.rules.targets import TARGETS
from marketing.services import forms as services


def target_choices(entity: str) -> list[tuple[str, str]]:
    """What a field can fill, custom fields last."""
    custom = CustomField.objects.filter(entity=entity, active=True)
    named = [(f"custom.{row.key}", row.label) for row in custom]
    return [("", "Nothing"), *TARGETS[entity].items(), *named]


class FieldRow(forms.Form):
    """One field of a form, as a row of the editor."""

    name = forms.CharField(max_length=60)
    label = forms.CharField(max_length=200)
    kind = forms.ChoiceField(choices=list(KINDS.items()), initial="text")
    required = forms.BooleanField(required=False)
    hidden = forms.BooleanField(required=False)
    prefill = forms.BooleanField(
        required=False, initial=True, label="Fill in for remembered visitors"
    )
    contact = forms.ChoiceField(required=False, label="Fills on the contact")
    lead = forms.ChoiceField(required=False, label="Fills on the lead")
    options = forms.CharField(
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="One a line.",
    )
    placeholder = forms.CharField(required=False, max_length=200)
    default = forms.CharField(required=False, max_length=2000)
    message = forms.CharField(
        required=False, max_length=300, label="Message when it is missing"
    )
    max_length = forms.IntegerField(
        required=False, min_value=0, max_value=10_000, label="Longest answer"
    )

    def __init__(self, *args: Any, targets: dict[str, Any], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for entity in ("contact", "lead"):
            field = self.fields[entity]
            assert isinstance(field, forms.ChoiceField)
            field.choices = targets[entity]
        for field in self.fields.values():
            plain = isinstance(field.widget, forms.CheckboxInput)
            select = isinstance(field.widget, forms.Select)
            style = "form-select h" if select else "form-control h"
            field.widget.attrs["class"] = "form-check-input m-0" if plain else style

    def has_changed(self) -> bool:
        """An empty row at the end, whatever its boxes say, is no field."""
        typed = (self.data.get(self.add_prefix(n)) for n in ("name", "label"))
        return any(typed) or bool(self.initial)

    def definition(self) -> dict[str, Any]:
        """The mapping that the service takes."""
        data = self.cleaned_data
        lines = [line.strip() for line in data["options"].splitlines()]
        return {
            **{k: data[k] for k in ("name", "label", "kind", "required")},
            **{k: data[k] for k in ("hidden", "prefill")},
            **{k: data[k] for k in ("contact", "lead", "placeholder", "default")},
            "message": data["message"],
            "max_length": data["max_length"] or 0,
            "options": [{"value": line, "label": line} for line in lines if line],
        }


Rows = forms.formset_factory(FieldRow, extra=2, can_order=True, can_delete=True)


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
        lines = "\n".join(o["value"] for o in definition.get("options", []))
        return {**definition, "options": lines}

    def is_valid(self) -> bool:
        return bool(super().is_valid() and self.rows.is_valid())

    def values(self) -> dict[str, Any]:
        kept = [row for row in self.rows.ordered_forms if row.cleaned_data.get("name")]
        return {**super().values(), "fields": [row.definition() for row in kept]}


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
        self.fields["content"].widget.attrs["rows"] = 14
        field = self.fields["form"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = Form.objects.visible_to(self.user)


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


class Preview(LoginRequiredMixin, View):
    """How a page looks to a visitor, live or not; nothing can be sent from it."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        rows = Page.objects.visible_to(request.user).select_related("form")
        page = get_object_or_404(rows, pk=pk)
        before, after = split_at_form(sanitise(page.content))
        form = page.form or Form(name="No form yet")
        context = {
            "page": page,
            "form": form,
            # S308: the HTML is sanitised in this very function.
            "before": mark_safe(before),  # noqa: S308
            "after": mark_safe(after),  # noqa: S308
            "fields": shown_fields(load_fields(form.fields), {}, {}),
            "preview": True,
            "language": page.language,
        }
        return render(request, "marketing/public/page.html", context)
