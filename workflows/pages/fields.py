"""The settings of a step as a form: one field for each, by its kind."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.db import models

from core.access.models import Team, User
from core.base.errors import Invalid
from core.ui.conditions import ConditionField
from crm.models import Choice
from crm.services.kinds import kind_of
from segments.models import Segment
from workflows import rules
from workflows.pages.words import field_label
from workflows.registry import Param, step_type

YES_NO = [("true", "Yes"), ("false", "No")]


def _select(choices: Any, **kwargs: Any) -> forms.ChoiceField:
    return forms.ChoiceField(
        choices=[("", "Choose"), *choices],
        widget=forms.Select(attrs={"class": "form-select h"}),
        **kwargs,
    )


def _picked(rows: Any, **kwargs: Any) -> forms.TypedChoiceField:
    return forms.TypedChoiceField(
        choices=[("", "Nobody chosen"), *((row.pk, str(row)) for row in rows)],
        coerce=int,
        empty_value=None,
        widget=forms.Select(attrs={"class": "form-select h"}),
        **kwargs,
    )


def _people(entity: str, given: Mapping[str, Any], **kwargs: Any) -> forms.Field:
    rows = User.objects.filter(is_active=True).order_by("last_name", "username")
    return _picked(rows, **kwargs)


def _teams(entity: str, given: Mapping[str, Any], **kwargs: Any) -> forms.Field:
    return _picked(Team.objects.order_by("name"), **kwargs)


def _segments(entity: str, given: Mapping[str, Any], **kwargs: Any) -> forms.Field:
    return _picked(Segment.objects.static().order_by("name"), **kwargs)


def _fields(entity: str, given: Mapping[str, Any], **kwargs: Any) -> forms.Field:
    names = sorted(
        (field_label(entity, name).capitalize(), name)
        for name in kind_of(entity).fields
        if name not in ("custom", "profile_links")
    )
    return _select([(name, label) for label, name in names], **kwargs)


def _value(entity: str, given: Mapping[str, Any], **kwargs: Any) -> forms.Field:
    """A picker that fits the field chosen beside it."""
    kind, name = kind_of(entity), str(given.get("field") or "")
    if name not in kind.fields:
        return forms.CharField(
            widget=forms.TextInput(attrs={"class": "form-control h"}), **kwargs
        )
    listed = kind.choices.get(name)
    if listed:
        values = Choice.objects.filter(list=listed, active=True)
        return _select([(v, v) for v in values.values_list("value", flat=True)])
    return _for_column(kind.model._meta.get_field(name), entity, given, kwargs)


def _for_column(
    column: Any, entity: str, given: Mapping[str, Any], kwargs: dict[str, Any]
) -> forms.Field:
    if column.choices:
        return _select(list(column.choices), **kwargs)
    if isinstance(column, models.BooleanField):
        return forms.TypedChoiceField(
            choices=YES_NO,
            coerce=lambda text: text in (True, "true"),
            widget=forms.Select(attrs={"class": "form-select h"}),
            **kwargs,
        )
    if isinstance(column, models.ForeignKey) and column.related_model in (User, Team):
        pick = _people if column.related_model is User else _teams
        return pick(entity, given, **kwargs)
    if isinstance(column, models.IntegerField):
        return forms.IntegerField(
            widget=forms.NumberInput(attrs={"class": "form-control h"}), **kwargs
        )
    return forms.CharField(
        widget=forms.TextInput(attrs={"class": "form-control h"}), **kwargs
    )


PICKERS = {
    "user": _people,
    "team": _teams,
    "segment": _segments,
    "field": _fields,
    "value": _value,
}


def param_field(param: Param, entity: str, given: Mapping[str, Any]) -> forms.Field:
    """The form field of one setting."""
    common: dict[str, Any] = {
        "label": param.label,
        "required": param.required and param.kind != "boolean",
        "help_text": param.help_text,
    }
    if param.kind in PICKERS:
        return PICKERS[param.kind](entity, given, **common)
    if param.kind == "boolean":
        return forms.BooleanField(
            widget=forms.CheckboxInput(attrs={"class": "form-check-input m-0"}),
            **common,
        )
    if param.choices:
        return _select(param.choices(), **common)
    if param.kind == "number":
        return forms.IntegerField(
            min_value=0,
            widget=forms.NumberInput(attrs={"class": "form-control h"}),
            **common,
        )
    return forms.CharField(
        max_length=2_000,
        widget=forms.TextInput(attrs={"class": "form-control h"}),
        **common,
    )


class StepForm(forms.Form):
    """The settings of one step of a kind, for records of an entity."""

    def __init__(
        self, kind: str, entity: str, data: Any = None, *, params: Mapping[str, Any]
    ) -> None:
        super().__init__(data, initial=_initial(kind, params))
        self.kind, self.entity = kind, entity
        given = self.data if self.is_bound else params
        self.fields.update(_fields_of(kind, entity, given))

    def params(self) -> dict[str, Any]:
        """What is stored: settings left empty are left out."""
        clean = self.cleaned_data
        if self.kind == rules.WAIT:
            return {"for": {clean["unit"]: clean["number"]}}
        return {
            name: value
            for name, value in clean.items()
            if value not in (None, "") or name == "value"
        }

    def add_problem(self, error: Invalid) -> None:
        """Put a refusal at its setting."""
        name = (error.attr or "").rpartition("params.")[2].split(".")[0]
        if (error.attr or "").startswith("condition"):
            name = "condition"
        self.add_error(name if name in self.fields else None, error.detail)


def _initial(kind: str, params: Mapping[str, Any]) -> dict[str, Any]:
    if kind == rules.WAIT and params.get("for"):
        unit, number = next(iter(params["for"].items()))
        return {"unit": unit, "number": number}
    found = step_type(kind)
    defaults = {param.name: param.default for param in found.params} if found else {}
    return {**{k: v for k, v in defaults.items() if v is not None}, **params}


def _fields_of(
    kind: str, entity: str, given: Mapping[str, Any]
) -> dict[str, forms.Field]:
    if kind == rules.WAIT:
        number = forms.IntegerField(
            min_value=1,
            max_value=10_000,
            label="How long",
            initial=1,
            widget=forms.NumberInput(attrs={"class": "form-control h"}),
        )
        units = [(unit, unit.capitalize()) for unit in rules.UNITS]
        unit_field = forms.ChoiceField(
            choices=units,
            label="Unit",
            initial="days",
            widget=forms.Select(attrs={"class": "form-select h"}),
        )
        return {"number": number, "unit": unit_field}
    if kind == rules.BRANCH:
        condition = ConditionField(label="Condition")
        condition.about(entity)
        return {"condition": condition}
    found = step_type(kind)
    if found is None:
        return {}
    return {param.name: param_field(param, entity, given) for param in found.params}
