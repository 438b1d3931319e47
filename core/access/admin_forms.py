"""What every form of the Django admin carries: the version seen, and refusals."""

from __future__ import annotations

from typing import Any

from django import forms

from core.base.errors import DomainError

SEEN = "seen_version"


class SeenForm(forms.ModelForm):
    """Carries the version of the record that the person looked at.

    So that who saves last does not overwrite what somebody else changed meanwhile.
    """

    seen_version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk is not None:
            self.initial[SEEN] = getattr(self.instance, "version", None)


def refused_form(form: type[forms.ModelForm], error: DomainError) -> Any:
    """The same form that says what the service refused, at its fields.

    It is never valid: what was typed stays in it, and nothing is saved.
    """

    def clean(self: Any) -> Any:
        cleaned = super(refused, self).clean()
        for attr, detail in problems_of(error):
            self.add_error(attr if attr in self.fields else None, detail)
        return cleaned

    refused: Any = type(form.__name__, (form,), {"clean": clean})
    return refused


def problems_of(error: DomainError) -> list[tuple[str | None, str]]:
    """Each problem as (field, what to do)."""
    listed = error.extra.get("errors")
    if not listed:
        return [(error.attr, error.detail)]
    return [(item["attr"], str(item["detail"])) for item in listed]
