"""Templates of segments: chosen from, used, made of a segment, kept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.generic import View

from core.access.rights import may, rights_of
from core.base.errors import DomainError
from core.query.errors import QueryError
from core.query.explain import explain_condition
from core.query.language import validate
from core.query.tree import Clause, all_conditions
from core.ui.doors import browser_door
from core.ui.forms import FormPage, RecordForm
from segments.models import SegmentTemplate
from segments.pages.page import SegmentScreen
from segments.placeholders import MANY
from segments.services import templates
from segments.services.sentences import sentence_of

ENTITY = "segment_template"


@dataclass(frozen=True)
class Card:
    """A template as it is offered."""

    template: SegmentTemplate
    sentence: str
    may_edit: bool
    may_delete: bool


class TemplateGallery(LoginRequiredMixin, View):
    """All templates, to start a segment from."""

    def get(self, request: HttpRequest) -> HttpResponse:
        user = request.user
        if not rights_of(user).has(ENTITY, "read"):
            raise PermissionDenied
        own = SegmentTemplate.objects.visible_to
        editable = set(own(user, "update").values_list("pk", flat=True))
        deletable = set(own(user, "delete").values_list("pk", flat=True))
        cards = [
            Card(
                each,
                "" if each.placeholders else sentence_of(each.definition),
                each.pk in editable,
                each.pk in deletable,
            )
            for each in own(user).select_related("owner")
        ]
        context = {"cards": cards, "may_use": rights_of(user).has("segment", "create")}
        return render(request, "segments/templates.html", context)


class TemplateDeed(LoginRequiredMixin, View):
    """Make a segment of a template, or delete the template."""

    def post(self, request: HttpRequest, pk: int, deed: str) -> HttpResponseBase:
        user: Any = request.user
        if not rights_of(user).has(ENTITY, "read"):
            raise PermissionDenied
        template = get_object_or_404(SegmentTemplate.objects.visible_to(user), pk=pk)
        if deed == "use":
            return self.use(user, template)
        if deed != "delete":
            raise Http404
        if not may(user, "delete", template, ENTITY):
            raise PermissionDenied
        with browser_door(user):
            templates.template_delete(template_id=template.pk)
        messages.success(request, f"{template} deleted. Its segments stay.")
        return redirect("segment_templates")

    def use(self, user: Any, template: SegmentTemplate) -> HttpResponseBase:
        if not rights_of(user).has("segment", "create"):
            raise PermissionDenied
        with browser_door(user):
            made = templates.template_use(template=template, user=user)
        where = reverse("segment", args=[made.pk])
        return redirect(f"{where}?template={template.pk}")


class TemplateForm(RecordForm):
    """What a template is called, and what it is for."""

    sections = (("Segment template", ("name", "description")),)

    class Meta:
        model = SegmentTemplate
        fields = ("name", "description")


class TemplateEdit(FormPage):
    """Change the name and the description of a template."""

    entity, model, noun = ENTITY, SegmentTemplate, "segment template"
    form_class = TemplateForm
    list_url_name = "segment_templates"

    def url_of(self, record: Any) -> str:
        return reverse(self.list_url_name)

    def update(self, record: Any, values: dict[str, Any], version: int | None) -> Any:
        return templates.template_update(
            template_id=record.pk, expected_version=version, **values
        )


class SaveForm(forms.Form):
    """A segment as a template: its name, and the question at each condition."""

    name = forms.CharField(
        max_length=200, widget=forms.TextInput(attrs={"class": "form-control h"})
    )
    description = forms.CharField(
        required=False,
        widget=forms.Textarea(attrs={"class": "form-control h", "rows": 2}),
        help_text="What it is for, in a sentence.",
    )

    def __init__(self, *args: Any, clauses: list[tuple[str, str]], **more: Any) -> None:
        super().__init__(*args, **more)
        self.clauses = clauses
        for place, words in clauses:
            self.fields[f"ask:{place}"] = forms.CharField(
                label=words,
                required=False,
                max_length=200,
                widget=forms.TextInput(
                    attrs={
                        "class": "form-control h",
                        "placeholder": "Stays as it is",
                    }
                ),
            )

    @property
    def questions(self) -> list[Any]:
        return [self[f"ask:{place}"] for place, _ in self.clauses]

    def asks(self) -> dict[str, str]:
        """The questions by place, without those left empty."""
        given = {place: self.cleaned_data[f"ask:{place}"] for place, _ in self.clauses}
        return {place: text for place, text in given.items() if text}


class SegmentAsTemplate(SegmentScreen):
    """Keep the conditions of a segment as a template."""

    tab = "definition"

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        user = request.user
        if user.is_authenticated:
            # A hidden segment is a 404 before anything is said of rights.
            if self.segment.kind != "dynamic":
                raise Http404
            if not rights_of(user).has(ENTITY, "create"):
                raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        first = {"name": self.segment.name, "description": self.segment.description}
        return self.page(SaveForm(initial=first, clauses=self.clauses()))

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        form = SaveForm(request.POST, clauses=self.clauses())
        if not form.is_valid():
            return self.page(form)
        user: Any = request.user
        try:
            with browser_door(user):
                made = templates.template_from(
                    segment=self.segment,
                    user=user,
                    name=form.cleaned_data["name"],
                    description=form.cleaned_data["description"],
                    asks=form.asks(),
                )
        except ValidationError as error:
            form.add_error(None, error)
            return self.page(form)
        except DomainError as error:
            form.add_error(
                error.attr if error.attr in form.fields else None, error.detail
            )
            return self.page(form)
        messages.success(request, f"{made} is a template now.")
        return redirect("segment_templates")

    def page(self, form: SaveForm) -> HttpResponse:
        context = {**self.header(), "form": form, "broken": self.broken()}
        return render(self.request, "segments/as_template.html", context)

    def broken(self) -> str:
        """Why these conditions cannot be kept, where they cannot."""
        try:
            validate(self.segment.drafted("definition"), ends_on="contact")
        except QueryError as error:
            return str(error.detail)
        return ""

    def clauses(self) -> list[tuple[str, str]]:
        """The conditions that a question can stand at, in words."""
        if self.broken():
            return []
        query = validate(self.segment.drafted("definition"), ends_on="contact")
        found = [
            (each.path, explain_condition(each))
            for each in all_conditions(query)
            if isinstance(each, Clause)
            and not each.implied
            and each.op not in ("blank", "not_blank")
        ]
        return [(path, text[:1].upper() + text[1:]) for path, text in found][:MANY]
