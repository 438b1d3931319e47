"""The form page: create and edit, errors at the field, nothing lost, sent once."""

from __future__ import annotations

import uuid
from typing import Any, ClassVar

from django import forms
from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError
from django.db.models import Model
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.generic import View

from core.access.rights import may, rights_of
from core.base.errors import DomainError, Stale
from core.base.text import whole_number
from core.ui.doors import browser_door
from core.ui.lookups import LookupField
from core.ui.models import FormSent


class RecordForm(forms.ModelForm):
    """The form of a record: our look, look-ups narrowed to what the user sees.

    `sections` orders the fields: ((title, (name, ...)), ...).
    """

    sections: ClassVar[tuple[tuple[str, tuple[str, ...]], ...]] = ()

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user
        for name, field in self.fields.items():
            if isinstance(field, LookupField):
                kept = getattr(self.instance, f"{name}_id", None)
                field.bind_to(user, kept)
            self.dress(field)

    def dress(self, field: forms.Field) -> None:
        """Give a field the look of the shell."""
        widget = field.widget
        if isinstance(widget, forms.CheckboxInput):
            widget.attrs["class"] = "form-check-input m-0"
        elif isinstance(widget, forms.Select):
            widget.attrs["class"] = "form-select h"
            # No row of dashes for "no choice".
            if isinstance(field, forms.TypedChoiceField):
                widget.choices = [
                    (key, "" if key == "" else label) for key, label in widget.choices
                ]
        elif isinstance(widget, forms.Textarea):
            widget.attrs |= {"class": "form-control h", "rows": 3}
            field.css = "wide"  # type: ignore[attr-defined]  # read by the template
        else:
            widget.attrs["class"] = "form-control h"

    def all_sections(self) -> list[tuple[str, tuple[str, ...]]]:
        """The sections of this form; a subclass adds those that only data knows."""
        return list(self.sections)

    def shown_sections(self) -> list[tuple[str, list[forms.BoundField]]]:
        """Titles with their fields; what no section names comes last."""
        sections = self.all_sections()
        named = {name for _, names in sections for name in names}
        rest = [name for name in self.fields if name not in named]
        sections = [*sections, ("More", tuple(rest))]
        shown = [
            (title, [self[name] for name in names if name in self.fields])
            for title, names in sections
        ]
        return [(title, fields) for title, fields in shown if fields]

    def values(self) -> dict[str, Any]:
        """What the service gets."""
        return dict(self.cleaned_data)


class FormPage(LoginRequiredMixin, View):
    """Create (no pk in the address) or edit a record.

    A subclass names `entity`, `model`, `noun`, `form_class`, `list_url_name`,
    `record_url_name` and says what `create(values)` and `update(record, values,
    version)` call; both run inside the browser's door.
    """

    entity: ClassVar[str]
    model: ClassVar[type[Model]]
    noun: ClassVar[str]
    form_class: ClassVar[type[RecordForm]]
    list_url_name: ClassVar[str]
    record_url_name: ClassVar[str]
    template_name: ClassVar[str] = "ui/form.html"
    # Where likely duplicates are asked for while somebody types; empty: nowhere.
    check_url: ClassVar[str] = ""

    def create(self, values: dict[str, Any]) -> Any:
        raise NotImplementedError

    def update(self, record: Any, values: dict[str, Any], version: int | None) -> Any:
        raise NotImplementedError

    def initial(self) -> dict[str, Any]:
        """What a new form starts with; by default what the address says."""
        named = self.form_class.base_fields
        return {key: value for key, value in self.request.GET.items() if key in named}

    def warnings(self, form: RecordForm, record: Any) -> list[dict[str, Any]]:
        """Likely duplicates of what is about to be written, as lines with text and url.

        `record` is the one as it is stored, None for a new one.
        """
        return []

    def record(self) -> Any:
        if "pk" not in self.kwargs:
            if not rights_of(self.request.user).has(self.entity, "create"):
                raise PermissionDenied
            return None
        rows = self.model._default_manager.visible_to(self.request.user)  # type: ignore[attr-defined]  # every entity's manager has it
        record = get_object_or_404(rows, pk=self.kwargs["pk"])
        if not may(self.request.user, "update", record, self.entity):
            raise PermissionDenied
        return record

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        record = self.record()
        initial = {} if record else self.initial()
        form = self.form_class(instance=record, initial=initial, user=request.user)
        return self.show(form, record)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        record = self.record()
        form = self.form_class(request.POST, instance=record, user=request.user)
        # A model form writes what was typed on its instance; the service must get
        # the record as the database has it.
        stored = type(record)._default_manager.get(pk=record.pk) if record else None
        if not form.is_valid():
            return self.show(form, record, status=422)
        if not request.POST.get("sure"):
            warnings = self.warnings(form, stored)
            if warnings:
                return self.show(form, record, warnings=warnings, status=422)
        return self.write(form, stored)

    def write(self, form: RecordForm, record: Any) -> HttpResponseBase:
        """Call the service once for this form, however often it is sent."""
        token = self.token()
        user: Any = self.request.user
        try:
            with browser_door(user):
                if record is None:
                    saved = self.create(form.values())
                else:
                    number = whole_number(self.request.POST.get("version", ""))
                    saved = self.update(record, form.values(), number)
                url = self.url_of(saved)
                FormSent.objects.create(token=token, user=user, url=url)
        except IntegrityError:
            sent = FormSent.objects.filter(token=token, user=user).first()
            if sent is None:
                raise
            return redirect(sent.url)
        except DomainError as error:
            self.add_problems(form, error)
            status = 412 if isinstance(error, Stale) else 422
            return self.show(form, record, status=status)
        said = f"{saved} saved." if record else f"{saved} created."
        messages.success(self.request, said)
        return redirect(url)

    def token(self) -> uuid.UUID:
        try:
            return uuid.UUID(self.request.POST.get("token", ""))
        except ValueError:
            return uuid.uuid4()

    def url_of(self, record: Any) -> str:
        return reverse(self.record_url_name, args=[record.pk])

    def url_of_list(self) -> str:
        """Where Cancel leads from the form of something new."""
        return reverse(self.list_url_name)

    def add_problems(self, form: RecordForm, error: DomainError) -> None:
        """Put what the service refused at its fields."""
        problems = error.extra.get("errors") or [
            {"attr": error.attr, "detail": error.detail}
        ]
        for problem in problems:
            attr = problem.get("attr")
            form.add_error(attr if attr in form.fields else None, problem["detail"])

    def show(
        self,
        form: RecordForm,
        record: Any,
        *,
        warnings: list[dict[str, Any]] | None = None,
        status: int = 200,
    ) -> HttpResponse:
        context = {
            "page": self,
            "form": form,
            "record": record,
            "warnings": warnings or [],
            "token": self.request.POST.get("token") or uuid.uuid4(),
            "version": self.request.POST.get("version")
            or getattr(record, "version", ""),
            "back": self.url_of(record) if record else self.url_of_list(),
        }
        return render(self.request, self.template_name, context, status=status)
