"""Lines, competitors and stakeholders on the page of an opportunity."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.generic import View

from core.access.rights import may
from core.base.errors import DomainError
from core.ui import cells
from core.ui.doors import browser_door
from core.ui.lookups import LookupField
from core.ui.parts import Panel, register_panel
from crm.filters import listed
from crm.models import Account, Contact, Product
from sales.models import (
    Competitor,
    Opportunity,
    OpportunityCompetitor,
    OpportunityLine,
    Stakeholder,
)
from sales.services import parts
from sales.stages import stage_history

_TEXT = {"class": "form-control h"}
_SELECT = {"class": "form-select h"}


def number(label: str, places: int, **kwargs: Any) -> forms.DecimalField:
    step = "1" if places == 0 else f"0.{'0' * (places - 1)}1"
    return forms.DecimalField(
        label=label,
        min_value=0,
        max_digits=12,
        decimal_places=places,
        widget=forms.NumberInput(attrs={**_TEXT, "step": step}),
        **kwargs,
    )


class PartForm(forms.Form):
    """A form in a side panel whose look-ups are narrowed to what the user sees."""

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            if isinstance(field, LookupField):
                field.bind_to(user)
                field.widget.attrs["class"] = "form-control h"


class LineForm(PartForm):
    product = LookupField(Product, "product")
    description = forms.CharField(
        required=False, max_length=300, widget=forms.TextInput(attrs=_TEXT)
    )
    quantity = number("Quantity", 3, initial=1)
    price = number(
        "Price", 2, required=False, help_text="The product's where it is left empty."
    )
    discount = number("Discount in percent", 2, initial=0, max_value=100)


class RivalForm(PartForm):
    competitor = forms.ModelChoiceField(
        queryset=Competitor.objects.none(),
        empty_label=None,
        widget=forms.Select(attrs=_SELECT),
    )
    note = forms.CharField(
        required=False, max_length=300, widget=forms.TextInput(attrs=_TEXT)
    )

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, user=user, **kwargs)
        rows: Any = self.fields["competitor"]
        rows.queryset = Competitor.objects.visible_to(user).filter(active=True)


class RivalNoteForm(PartForm):
    note = forms.CharField(
        required=False, max_length=300, widget=forms.TextInput(attrs=_TEXT)
    )


class StakeholderForm(PartForm):
    contact = LookupField(Contact, "contact")
    account = LookupField(Account, "account", label="Or account")
    role = forms.ChoiceField(required=False, widget=forms.Select(attrs=_SELECT))
    note = forms.CharField(
        required=False, max_length=300, widget=forms.TextInput(attrs=_TEXT)
    )

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, user=user, **kwargs)
        role: Any = self.fields["role"]
        role.choices = [("", ""), *listed("buying_role")()]


class PartDialog(LoginRequiredMixin, View):
    """Adds a part to an opportunity (its number in the address), in a side panel."""

    title: ClassVar[str]
    url_name: ClassVar[str]
    form_class: ClassVar[type[PartForm]]
    new: ClassVar[bool] = True

    def opportunity(self, pk: int) -> Opportunity:
        rows = Opportunity.objects.visible_to(self.request.user)
        row = get_object_or_404(rows, pk=pk)
        if not may(self.request.user, "update", row, "opportunity"):
            raise PermissionDenied
        return row

    def initial(self) -> dict[str, Any]:
        return {}

    def add(self, opportunity: Opportunity, values: dict[str, Any]) -> str:
        """Call the service; say what was done."""
        raise NotImplementedError

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().setup(request, *args, **kwargs)
        self.user: Any = request.user

    def get(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        self.opportunity_of(pk)
        form = self.form_class(user=self.user, initial=self.initial())
        return self.show(form)

    def opportunity_of(self, pk: int) -> Opportunity:
        return self.opportunity(pk)

    def post(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        opportunity = self.opportunity_of(pk)
        form = self.form_class(request.POST, user=self.user)
        if request.POST.get("do") != "delete" and not form.is_valid():
            return self.show(form, status=422)
        try:
            with browser_door(self.user):
                said = self.write(opportunity, form)
        except DomainError as error:
            return self.refused(opportunity, form, error)
        messages.success(request, said)
        return self.back(opportunity)

    def write(self, opportunity: Opportunity, form: PartForm) -> str:
        return self.add(opportunity, form.cleaned_data)

    def refused(
        self, opportunity: Opportunity, form: PartForm, error: DomainError
    ) -> HttpResponseBase:
        if not form.is_bound or not hasattr(form, "cleaned_data"):
            messages.error(self.request, error.detail)
            return self.back(opportunity)
        attr = error.attr if error.attr in form.fields else None
        form.add_error(attr, error.detail)
        general = "" if attr else error.detail
        return self.show(form, error=general, status=error.status)

    def back(self, opportunity: Opportunity) -> HttpResponseBase:
        url = reverse("opportunity", args=[opportunity.pk])
        return HttpResponse(status=204, headers={"HX-Redirect": url})

    def show(
        self, form: PartForm, *, error: str = "", status: int = 200
    ) -> HttpResponse:
        context = {
            "title": self.title,
            "button": "Add" if self.new else "Save",
            "action": reverse(self.url_name, args=[self.kwargs["pk"]]),
            "form": form,
            "error": error,
            "remove": "" if self.new else "Remove",
        }
        return render(self.request, "sales/_dialog.html", context, status=status)


class PartEdit(PartDialog):
    """Changes or removes a part (its own number in the address)."""

    model: ClassVar[Any]
    new = False

    def opportunity_of(self, pk: int) -> Opportunity:
        rows = self.model.objects.visible_to(self.user)
        self.part = get_object_or_404(rows, pk=pk)
        return self.opportunity(self.part.opportunity_id)

    def initial(self) -> dict[str, Any]:
        names = self.form_class.base_fields
        return {name: getattr(self.part, f"{name}_id", None) for name in names} | {
            name: getattr(self.part, name)
            for name in names
            if not hasattr(self.part, f"{name}_id")
        }

    def write(self, opportunity: Opportunity, form: PartForm) -> str:
        if self.request.POST.get("do") == "delete":
            self.remove()
            return "Removed."
        self.change(form.cleaned_data)
        return "Saved."

    def change(self, values: dict[str, Any]) -> None:
        raise NotImplementedError

    def remove(self) -> None:
        raise NotImplementedError


class LineNew(PartDialog):
    title, url_name, form_class = "Add a line", "line_create", LineForm

    def add(self, opportunity: Opportunity, values: dict[str, Any]) -> str:
        line = parts.line_add(
            opportunity_id=opportunity.pk, user=self.user, values=values
        )
        return f"{line} added."


class LineEdit(PartEdit):
    title, url_name, form_class, model = "Line", "line_edit", LineForm, OpportunityLine

    def change(self, values: dict[str, Any]) -> None:
        parts.line_update(line=self.part, user=self.user, values=values)

    def remove(self) -> None:
        parts.line_delete(line=self.part, user=self.user)


class RivalNew(PartDialog):
    title, url_name = "Add a competitor", "rival_create"
    form_class = RivalForm

    def add(self, opportunity: Opportunity, values: dict[str, Any]) -> str:
        made = parts.rival_add(opportunity_id=opportunity.pk, user=self.user, **values)
        return f"{made} added."


class RivalEdit(PartEdit):
    title, url_name, form_class = "Competitor", "rival_edit", RivalNoteForm
    model = OpportunityCompetitor

    def change(self, values: dict[str, Any]) -> None:
        parts.rival_update(rival=self.part, user=self.user, **values)

    def remove(self) -> None:
        parts.rival_remove(rival=self.part, user=self.user)


class StakeholderNew(PartDialog):
    title, url_name = "Add a stakeholder", "stakeholder_create"
    form_class = StakeholderForm

    def add(self, opportunity: Opportunity, values: dict[str, Any]) -> str:
        made = parts.stakeholder_add(
            opportunity_id=opportunity.pk, user=self.user, values=values
        )
        return f"{made} added."


class StakeholderEdit(PartEdit):
    title, url_name, model = "Stakeholder", "stakeholder_edit", Stakeholder
    form_class = StakeholderForm

    def change(self, values: dict[str, Any]) -> None:
        parts.stakeholder_update(stakeholder=self.part, user=self.user, values=values)

    def remove(self) -> None:
        parts.stakeholder_remove(stakeholder=self.part, user=self.user)


# Panels -----------------------------------------------------------------------------


def _may(request: HttpRequest, row: Opportunity) -> bool:
    return may(request.user, "update", row, "opportunity")


def lines_of(request: HttpRequest, row: Opportunity) -> dict[str, Any] | None:
    """The lines, with their sum."""
    found = list(row.lines.select_related("product"))
    changes = _may(request, row) and not row.is_closed
    if not found and not changes:
        return None
    total = sum((line.amount for line in found), start=0)
    return {
        "lines": [(line, cells.amount(line.amount, row.currency)) for line in found],
        "total": cells.amount(total, row.currency) if len(found) > 1 else "",
        "record": row,
        "changes": changes,
        "by_hand": bool(found) and not row.amount_from_lines,
    }


def rivals_of(request: HttpRequest, row: Opportunity) -> dict[str, Any] | None:
    found = list(row.rivals.select_related("competitor"))
    changes = _may(request, row)
    if not found and not changes:
        return None
    return {"rivals": found, "record": row, "changes": changes}


def stakeholders_of(request: HttpRequest, row: Opportunity) -> dict[str, Any] | None:
    found = list(row.stakeholders.select_related("contact", "account"))
    changes = _may(request, row)
    if not found and not changes:
        return None
    return {"people": found, "record": row, "changes": changes}


def stages_of(request: HttpRequest, row: Opportunity) -> dict[str, Any]:
    """How long it stood where."""
    return {"stays": stage_history(row)}


def register_panels() -> None:
    """Put the parts on the page of an opportunity; once, from AppConfig.ready()."""
    for key, title, template, context, position in (
        ("lines", "Lines", "sales/_panel_lines.html", lines_of, 12),
        ("people", "Stakeholders", "sales/_panel_people.html", stakeholders_of, 20),
        ("rivals", "Competitors", "sales/_panel_rivals.html", rivals_of, 30),
        ("stages", "Time in stages", "sales/_panel_stages.html", stages_of, 40),
    ):
        register_panel(
            "opportunity", Panel(key, title, template, context, position=position)
        )
