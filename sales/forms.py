"""What sales asks for in side panels."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Any

from django import forms
from django.utils import timezone

from core.ui.lookups import LookupField
from crm.models import Account, Contact
from crm.services.status_reasons import Reasons
from sales.models import Opportunity

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

    LINK = (("create", "Create"), ("link", "Link"), ("skip", "Skip"))

    account_do = forms.ChoiceField(choices=LINK)
    contact_do = forms.ChoiceField(choices=LINK)
    opportunity_do = forms.ChoiceField(choices=LINK)
    account = forms.IntegerField(required=False, min_value=1)
    contact = forms.IntegerField(required=False, min_value=1)
    other_account = LookupField(Account, "account", label="Another account")
    other_contact = LookupField(Contact, "contact", label="Another contact")
    link_opportunity = LookupField(
        Opportunity, "open_opportunity", label="Open opportunity"
    )
    customer = LookupField(Account, "account", label="Customer, if another account")
    customer_contact = LookupField(Contact, "contact", label="Or a person as customer")
    name = forms.CharField(required=False, max_length=300)
    currency = forms.CharField(required=False, max_length=3)
    estimated_value = forms.DecimalField(
        required=False, min_value=0, max_digits=14, decimal_places=2
    )
    estimated_close = forms.DateField(required=False)

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            if isinstance(field, LookupField):
                field.bind_to(user)

    def clean(self) -> dict[str, Any]:
        """What is to be linked has to be chosen."""
        said = super().clean() or {}
        if said.get("opportunity_do") == "link" and not said.get("link_opportunity"):
            self.add_error("link_opportunity", "Choose the one to link.")
        if said.get("customer") and said.get("customer_contact"):
            text = "The customer is an account or a person, not both."
            self.add_error("customer_contact", text)
        return said

    def options(self) -> dict[str, Any]:
        """The parameters of the service."""
        said = self.cleaned_data
        does = said["opportunity_do"]
        options: dict[str, Any] = {"create_opportunity": does == "create"}
        for part in ("account", "contact"):
            options[f"create_{part}"] = said[f"{part}_do"] == "create"
            other = said[f"other_{part}"]
            chosen = other.pk if other else said[part]
            if said[f"{part}_do"] == "link" and chosen:
                options[f"{part}_id"] = chosen
        if does == "link":
            options["opportunity_id"] = said["link_opportunity"].pk
        if does == "create":
            options |= self._opportunity(said)
        return options

    def _opportunity(self, said: dict[str, Any]) -> dict[str, Any]:
        names = ("name", "estimated_value", "estimated_close")
        values = {key: said[key] for key in names if said[key] not in (None, "")}
        found: dict[str, Any] = {"opportunity_values": values}
        if said["currency"]:
            found["opportunity_currency"] = said["currency"]
        if said["customer"]:
            found["opportunity_customer"] = ("account", said["customer"].pk)
        if said["customer_contact"]:
            found["opportunity_customer"] = ("contact", said["customer_contact"].pk)
        return found
