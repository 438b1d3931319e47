"""Making and editing a scoring model: rules, grades, threshold."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import PermissionDenied
from django.forms.formsets import BaseFormSet
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render

from core.access.rights import rights_of
from core.base.errors import DomainError
from core.base.models import Organisation
from core.base.text import whole_number
from core.journal.interactions import interaction_kinds
from core.ui.conditions import ConditionField
from core.ui.forms import FormPage, RecordForm
from scoring.models import ScoringModel, ScoringRule
from scoring.services import lifecycle
from scoring.services.words import rule_sentence

EMPTY_GRADES = 3
_AT = re.compile(r"(rules|grades)\[(\d+)\](?:\.(\w+))?(.*)")


def kinds_of_interaction() -> list[tuple[str, str]]:
    return [(kind.name, kind.label) for kind in interaction_kinds()]


def _number(label: str, **kwargs: Any) -> forms.IntegerField:
    kwargs.setdefault("required", False)
    return forms.IntegerField(
        label=label,
        widget=forms.NumberInput(attrs={"class": "form-control h"}),
        **kwargs,
    )


def _choice(label: str, choices: Any, **kwargs: Any) -> forms.ChoiceField:
    return forms.ChoiceField(
        label=label,
        choices=choices,
        required=False,
        widget=forms.Select(attrs={"class": "form-select h"}),
        **kwargs,
    )


class RuleRow(forms.Form):
    """One rule: a condition on the lead, or a behaviour of its people."""

    id = forms.IntegerField(required=False, widget=forms.HiddenInput)
    kind = forms.ChoiceField(
        choices=ScoringRule.Kind.choices, widget=forms.HiddenInput, initial="condition"
    )
    points = _number("Points", required=True, min_value=-100_000, max_value=100_000)
    name = forms.CharField(
        required=False,
        max_length=200,
        widget=forms.TextInput(
            attrs={"class": "form-control h", "placeholder": "Its sentence"}
        ),
    )
    condition = ConditionField(rows=3)
    interactions = forms.MultipleChoiceField(
        required=False,
        choices=kinds_of_interaction,
        label="When the person",
        widget=forms.SelectMultiple(attrs={"class": "form-select h", "size": 6}),
    )
    frequency = _choice("How often", ScoringRule.Frequency.choices, initial="each")
    times = _number("Times", min_value=1, max_value=10_000, initial=1)
    window_days = _number("In the last days", min_value=1, max_value=3_650)
    cap = _number("At most, points", min_value=1, max_value=1_000_000)
    half_life_days = _number("Halves every, days", min_value=1, max_value=3_650)
    scope = _choice("Counts", ScoringRule.Scope.choices, initial="all")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        condition: Any = self.fields["condition"]
        condition.about("interaction" if self.behaves else "lead")
        if self.behaves:
            condition.label = "Only interactions where"

    ORDERED: ClassVar = ("frequency", "times", "window_days", "cap", "half_life_days")

    @property
    def behaves(self) -> bool:
        return str(self["kind"].value()) == ScoringRule.Kind.BEHAVIOUR

    def shown(self) -> list[forms.BoundField]:
        """The settings of this kind of rule, in their order."""
        if not self.behaves:
            return [self["condition"]]
        rest = [self[name] for name in (*self.ORDERED, "scope", "condition")]
        return [self["interactions"], *rest]

    def sentence(self) -> str:
        """The rule in words, where it can be read."""
        data = self.initial if not self.is_bound else getattr(self, "cleaned_data", {})
        begun = data.get("interactions" if self.behaves else "condition")
        if not begun or self.errors:
            return ""
        return rule_sentence(_rule(data))

    def value(self) -> dict[str, Any]:
        """What the service gets; a rule without a name takes its sentence."""
        data = {
            name: value
            for name, value in self.cleaned_data.items()
            if name not in ("ORDER", "DELETE")
        }
        if data["id"] is None:
            del data["id"]
        for name, default in (("frequency", "each"), ("scope", "all"), ("times", 1)):
            data[name] = data[name] or default
        data["name"] = data["name"].strip() or rule_sentence(_rule(data))[:200]
        return data


def _rule(data: Mapping[str, Any]) -> ScoringRule:
    names = [name for name in lifecycle.RULE_FIELDS if name in data]
    return ScoringRule(**{name: data[name] for name in names})


class GradeRow(forms.Form):
    """One grade: its name, and the score from which it holds."""

    name = forms.CharField(
        required=False,
        max_length=60,
        widget=forms.TextInput(attrs={"class": "form-control h"}),
    )
    start = _number("From", min_value=-1_000_000, max_value=1_000_000)

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        if (
            data.get("name")
            and data.get("start") is None
            and "start" not in self.errors
        ):
            self.add_error("start", "From which score?")
        if data.get("start") is not None and not data.get("name"):
            self.add_error("name", "Name the grade.")
        return data


class RuleFormSet(BaseFormSet):
    """Rules in their order, each of which can be removed."""

    def add_fields(self, form: Any, index: int | None) -> None:
        """Order and removal in the look of the shell."""
        super().add_fields(form, index)
        form.fields["ORDER"].widget.attrs["class"] = "form-control h"
        form.fields["DELETE"].widget.attrs["class"] = "form-check-input m-0"


RuleRows: type[BaseFormSet] = forms.formset_factory(
    RuleRow, RuleFormSet, extra=0, can_order=True, can_delete=True, max_num=100
)
GradeRows: type[BaseFormSet] = forms.formset_factory(
    GradeRow, extra=EMPTY_GRADES, max_num=20
)


class ScoringModelForm(RecordForm):
    """A model with its rules and grades."""

    sections: ClassVar = (
        ("Model", ("name", "description", "sales_ready_score", "time_zone")),
    )

    class Meta:
        model = ScoringModel
        fields = ("name", "description", "sales_ready_score", "time_zone")
        labels: ClassVar = {"sales_ready_score": "Sales ready from"}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        model = self.instance
        if model.pk is None:
            self.initial["time_zone"] = Organisation.current().time_zone
        data = self.data if self.is_bound else None
        rules = list(model.rules.values()) if model.pk else []
        for number, rule in enumerate(rules, 1):
            rule["ORDER"] = number
        grades = [{"name": g["name"], "start": g["from"]} for g in model.grades]
        self.rules = RuleRows(data, prefix="rules", initial=rules)
        self.grades = GradeRows(data, prefix="grades", initial=grades)
        self.sent: dict[str, list[Any]] = {"rules": [], "grades": []}

    def is_valid(self) -> bool:
        # All three are asked, so that every fault is shown at once.
        found = [super().is_valid(), self.rules.is_valid(), self.grades.is_valid()]
        return all(found)

    def values(self) -> dict[str, Any]:
        self.sent["rules"] = list(self.rules.ordered_forms)
        self.sent["grades"] = [
            row for row in self.grades if row.cleaned_data.get("name")
        ]
        return super().values() | {
            "rules": [row.value() for row in self.sent["rules"]],
            "grades": [
                {"name": row.cleaned_data["name"], "from": row.cleaned_data["start"]}
                for row in self.sent["grades"]
            ],
        }

    def add_problem(self, attr: str | None, detail: str) -> bool:
        """Put a refusal at its rule or grade; False where it is about neither."""
        at = _AT.fullmatch(attr or "")
        if at is None:
            return False
        rows, number = self.sent[at[1]], int(at[2])
        if number >= len(rows):
            return False
        # A grade is wrong where it starts, unless its name is.
        name = "start" if at[1] == "grades" and at[3] != "name" else at[3]
        where = f"{at[4].lstrip('.')}: " if at[4] else ""
        row = rows[number]
        row.add_error(name if name in row.fields else None, f"{where}{detail}")
        return True


class ScoringModelEdit(FormPage):
    entity, model = "scoring_model", ScoringModel
    noun = "scoring model"
    form_class = ScoringModelForm
    list_url_name, record_url_name = "scoring_model_list", "scoring_model"
    template_name = "scoring/edit.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.GET.get("part") == "rule":
            return self.new_rule()
        return super().get(request, *args, **kwargs)

    def new_rule(self) -> HttpResponse:
        """One more empty rule at the end."""
        if not rights_of(self.request.user).has("scoring_model", "read"):
            raise PermissionDenied
        asked = self.request.GET.get("rules-TOTAL_FORMS", "0")
        number = min(whole_number(asked) or 0, 100)
        kind = self.request.GET.get("kind", "")
        kind = kind if kind in ScoringRule.Kind.values else "condition"
        rows = RuleRows(prefix="rules")
        row = RuleRow(prefix=rows.add_prefix(number), initial={"kind": kind})
        rows.add_fields(row, None)
        row.initial["ORDER"] = number + 1
        context = {"row": row, "total": number + 1, "fresh": True}
        return render(self.request, "scoring/_rule_fields.html", context)

    def create(self, values: dict[str, Any]) -> Any:
        return lifecycle.scoring_model_create(user=self.request.user, **values)

    def update(self, record: Any, values: dict[str, Any], version: int | None) -> Any:
        return lifecycle.scoring_model_update(
            model_id=record.pk, expected_version=version, **values
        )

    def add_problems(self, form: Any, error: DomainError) -> None:
        if not form.add_problem(error.attr, error.detail):
            super().add_problems(form, error)
