"""Forms of rule sets, rules and availability."""

from __future__ import annotations

import datetime as dt
from typing import Any, ClassVar
from zoneinfo import available_timezones

from django import forms
from django.db.models import Q

from core.access.models import Team, User
from core.ui.conditions import ConditionField
from core.ui.forms import RecordForm
from core.ui.lookups import LookupField
from sales.assignment.models import AssignmentRule, Availability, RuleSet
from sales.assignment.rules import DAYS, hours_read
from sales.assignment.services.people import sellers

# Which settings belong to which way of giving; static/js/shown-for.js reads it.
SHOWN_FOR = {
    "user": "user",
    "team": "team round_robin load",
    "people": "round_robin load",
    "available_within": "user round_robin load",
    "uses_capacity": "user round_robin load",
}


class RuleSetForm(RecordForm):
    """Whose rules, when they run by themselves, and who gets the rest."""

    sections: ClassVar = (
        ("Rules", ("name", "team", "partner")),
        ("They run by themselves", ("on_created", "on_sales_ready")),
        ("Where no rule has somebody", ("fallback_owner",)),
    )
    team = LookupField(
        Team,
        "team",
        help_text="Left empty, these are the rules of the organisation.",
    )
    fallback_owner = LookupField(
        User,
        "user",
        label="Fallback owner",
        help_text="Gets the lead, and the sales managers are told. Left empty, the "
        "lead stays without an owner.",
    )

    class Meta:
        model = RuleSet
        fields = (
            "name",
            "team",
            "partner",
            "on_created",
            "on_sales_ready",
            "fallback_owner",
        )
        labels: ClassVar = {
            "partner": "A channel partner: its leads never go to people outside it",
            "on_created": "When a lead is created without an owner",
            "on_sales_ready": "When a lead becomes sales ready",
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            del self.fields["team"]


class RuleForm(RecordForm):
    """Which leads, and who gets them."""

    sections: ClassVar = (
        ("Rule", ("name", "active")),
        ("Which leads", ("condition",)),
        (
            "Who gets them",
            ("to", "user", "team", "people", "available_within", "uses_capacity"),
        ),
    )
    condition = ConditionField(
        rows=8, label="Conditions", help_text="Left empty, the rule fits every lead."
    )
    to = forms.ChoiceField(label="Give to", choices=AssignmentRule.To.choices)
    user = LookupField(User, "user", label="Person")
    team = LookupField(Team, "team")
    people = forms.ModelMultipleChoiceField(
        User.objects.none(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="Left empty, all salespeople of the team.",
    )
    available_within = forms.TypedChoiceField(
        label="Only people",
        required=False,
        coerce=int,
        empty_value=None,
        choices=[
            ("" if key is None else key, label)
            for key, label in AssignmentRule.AVAILABLE
        ],
    )

    class Meta:
        model = AssignmentRule
        fields = (
            "name",
            "active",
            "condition",
            "to",
            "user",
            "team",
            "people",
            "available_within",
            "uses_capacity",
        )
        labels: ClassVar = {
            "active": "This rule is on",
            "uses_capacity": "Only people with room for another lead",
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        people: Any = self.fields["people"]
        seen = User.objects.visible_to(self.user).filter(is_active=True)
        chosen = self.instance.people
        people.queryset = seen.filter(
            Q(pk__in=sellers().values("pk")) | Q(pk__in=chosen)
        )
        people.widget.attrs["class"] = "form-check-input m-0"
        condition: Any = self.fields["condition"]
        condition.widget.attrs["class"] = "form-control h w-code"
        condition.about("lead")
        for name, ways in SHOWN_FOR.items():
            self.fields[name].shown_for = ways  # type: ignore[attr-defined]  # read by the template

    def values(self) -> dict[str, Any]:
        values = super().values()
        return values | {"people": [person.pk for person in values["people"]]}

    def _post_clean(self) -> None:
        """The service checks and writes; here nothing touches the instance."""


def _time(label: str) -> forms.TimeField:
    widget = forms.TimeInput(
        format="%H:%M",
        attrs={"class": "form-control h", "type": "time", "aria-label": label},
    )
    return forms.TimeField(required=False, widget=widget)


class AvailabilityForm(forms.ModelForm):
    """Room, time zone, and from when to when on each weekday."""

    class Meta:
        model = Availability
        fields = ("takes_leads", "capacity", "time_zone")
        labels: ClassVar = {
            "takes_leads": "Takes leads",
            "capacity": "Open leads at most",
        }
        widgets: ClassVar = {
            "takes_leads": forms.CheckboxInput(attrs={"class": "form-check-input m-0"}),
            "capacity": forms.NumberInput(attrs={"class": "form-control h", "min": 0}),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        names = [("", "The person's own"), *((n, n) for n in zones())]
        self.fields["time_zone"] = forms.ChoiceField(
            required=False,
            label="Time zone",
            choices=names,
            widget=forms.Select(attrs={"class": "form-select h"}),
        )
        hours = hours_read(self.instance.hours) or [None] * len(DAYS)
        for number, (day, found) in enumerate(zip(DAYS, hours, strict=True)):
            for part, label in enumerate(("from", "to")):
                name = f"{label}_{number}"
                self.fields[name] = _time(f"{day} {label}")
                self.initial.setdefault(name, found[part] if found else None)

    def days(self) -> list[tuple[str, forms.BoundField, forms.BoundField]]:
        """Each weekday with its two fields."""
        return [
            (day, self[f"from_{number}"], self[f"to_{number}"])
            for number, day in enumerate(DAYS)
        ]

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        for number in range(len(DAYS)):
            begin, end = data.get(f"from_{number}"), data.get(f"to_{number}")
            if (begin is None) != (end is None) and not self.errors:
                missing = "to" if end is None else "from"
                self.add_error(f"{missing}_{number}", "Give both times, or neither.")
        return data

    def _post_clean(self) -> None:
        """The service checks and writes; here nothing touches the instance."""

    def values(self) -> dict[str, Any]:
        """What the service gets; no hours at all means always."""
        data = self.cleaned_data
        hours = [
            _span(data.get(f"from_{n}"), data.get(f"to_{n}")) for n in range(len(DAYS))
        ]
        kept = {name: data[name] for name in ("takes_leads", "capacity", "time_zone")}
        return kept | {"hours": hours if any(hours) else []}


def _span(begin: dt.time | None, end: dt.time | None) -> list[str] | None:
    if begin is None or end is None:
        return None
    return [begin.strftime("%H:%M"), end.strftime("%H:%M")]


def zones() -> list[str]:
    """The time zones that people know, in their order."""
    return sorted(n for n in available_timezones() if "/" in n and n[:4] != "Etc/")


class DayOffForm(forms.Form):
    """Days on which somebody takes no leads."""

    first = forms.DateField(
        label="From",
        widget=forms.DateInput(attrs={"class": "form-control h", "type": "date"}),
    )
    last = forms.DateField(
        label="To",
        required=False,
        help_text="Left empty, one day.",
        widget=forms.DateInput(attrs={"class": "form-control h", "type": "date"}),
    )
    note = forms.CharField(
        required=False,
        max_length=200,
        widget=forms.TextInput(attrs={"class": "form-control h"}),
    )


class RunForm(forms.Form):
    """Which leads a run on demand takes up."""

    ready = forms.BooleanField(required=False, initial=True)
    take_away = forms.BooleanField(required=False)


class AssignByRulesForm(forms.Form):
    """Asked before a selection is given by the rules."""

    take_away = forms.BooleanField(
        required=False,
        label="Also take leads away from salespeople who have them",
        widget=forms.CheckboxInput(attrs={"class": "form-check-input m-0"}),
    )
