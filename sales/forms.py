"""What sales asks for in side panels."""

from __future__ import annotations

from typing import Any

from django import forms

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


class WinForm(forms.Form):
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


class LoseForm(forms.Form):
    status_reason = forms.ChoiceField(
        label="Reason",
        choices=lambda: Reasons("opportunity").choices("lost"),
        widget=forms.Select(attrs=_SELECT),
    )
    competitor = forms.CharField(
        required=False, max_length=200, widget=forms.TextInput(attrs=_TEXT)
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
