"""What sales asks for in side panels."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Any

from django import forms
from django.utils import timezone

from crm.services.status_reasons import Reasons

_TEXT = {"class": "form-control h"}
_SELECT = {"class": "form-select h"}


def note_field(label: str) -> forms.CharField:
    """Free text that becomes a note."""
    return forms.CharField(
        label=label,
        required=False,
        max_length=20_000,
        widget=forms.Textarea(attrs={**_TEXT, "rows": 4}),
    )


class DisqualifyForm(forms.Form):
    status_reason = forms.ChoiceField(
        label="Reason",
        choices=lambda: Reasons("lead").choices("disqualified"),
        widget=forms.Select(attrs=_SELECT),
    )
    note = note_field("What was said")


class ReturnForm(forms.Form):
    reason = note_field("Why it is too early")


class ClosedOn(forms.Form):
    """The day it closed on; today where nothing is said."""

    closed_on = forms.DateField(
        label="Closed on",
        required=False,
        help_text="Today where it is left empty.",
        widget=forms.DateInput(attrs={**_TEXT, "type": "date"}),
    )

    def clean_closed_on(self) -> date | None:
        day: date | None = self.cleaned_data["closed_on"]
        if day is not None and day > timezone.localdate():
            raise forms.ValidationError("It cannot close in the future.")
        return day

    def clean(self) -> dict[str, Any]:
        """The service wants a moment: noon of a past day, now for today."""
        said = super().clean() or {}
        day = said.pop("closed_on", None)
        said["closed_at"] = None
        if day is not None and day < timezone.localdate():
            noon = datetime.combine(day, time(12))
            said["closed_at"] = timezone.make_aware(noon)
        return said


class WinForm(ClosedOn):
    field_order = ["actual_value", "closed_on", "note"]
    actual_value = forms.DecimalField(
        label="Value",
        required=False,
        min_value=0,
        max_digits=14,
        decimal_places=2,
        help_text="The estimated value where it is left empty.",
        widget=forms.NumberInput(attrs={**_TEXT, "step": "0.01"}),
    )
    note = note_field("Note")


class LoseForm(ClosedOn):
    field_order = ["status_reason", "competitor", "closed_on", "note"]
    status_reason = forms.ChoiceField(
        label="Reason",
        choices=lambda: Reasons("opportunity").choices("lost"),
        widget=forms.Select(attrs=_SELECT),
    )
    competitor = forms.CharField(
        required=False,
        max_length=200,
        help_text="A new name joins the competitors.",
        widget=forms.TextInput(attrs={**_TEXT, "list": "competitors"}),
    )
    note = note_field("Note")


class QualifyForm(forms.Form):
    """The choices of the three columns; hidden behind the template's own look."""

    account_do = forms.ChoiceField(
        choices=[("create", "Create"), ("link", "Link"), ("skip", "Skip")]
    )
    contact_do = forms.ChoiceField(
        choices=[("create", "Create"), ("link", "Link"), ("skip", "Skip")]
    )
    opportunity_do = forms.ChoiceField(choices=[("create", "Create"), ("skip", "Skip")])
    account = forms.IntegerField(required=False, min_value=1)
    contact = forms.IntegerField(required=False, min_value=1)
    name = forms.CharField(required=False, max_length=300)
    estimated_value = forms.DecimalField(
        required=False, min_value=0, max_digits=14, decimal_places=2
    )
    estimated_close = forms.DateField(required=False)

    def options(self) -> dict[str, Any]:
        """The parameters of the service."""
        said = self.cleaned_data
        options: dict[str, Any] = {
            "create_opportunity": said["opportunity_do"] == "create"
        }
        for part in ("account", "contact"):
            options[f"create_{part}"] = said[f"{part}_do"] == "create"
            if said[f"{part}_do"] == "link" and said[part]:
                options[f"{part}_id"] = said[part]
        values = {
            key: said[key]
            for key in ("name", "estimated_value", "estimated_close")
            if said[key] not in (None, "")
        }
        if options["create_opportunity"]:
            options["opportunity_values"] = values
        return options
