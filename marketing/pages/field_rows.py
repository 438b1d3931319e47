"""The fields of a form as rows of its editor."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.text import slugify

from crm.models import CustomField
from marketing.rules.fields import KINDS
from marketing.rules.targets import TARGETS


def target_choices(entity: str) -> list[tuple[str, str]]:
    """What a field can fill, custom fields last."""
    custom = CustomField.objects.filter(entity=entity, active=True)
    named = [(f"custom.{row.key}", row.label) for row in custom]
    return [("", "Nothing"), *TARGETS[entity].items(), *named]


class FieldRow(forms.Form):
    """One field of a form, as a row of the editor."""

    name = forms.CharField(
        required=False,
        max_length=60,
        label="Name in the data",
        help_text="Small letters, digits and _; empty: made from the question.",
    )
    label = forms.CharField(max_length=200, label="Question")
    kind = forms.ChoiceField(
        choices=list(KINDS.items()), initial="text", label="Kind of answer"
    )
    required = forms.BooleanField(required=False)
    hidden = forms.BooleanField(required=False, label="Hidden from visitors")
    prefill = forms.BooleanField(
        required=False, initial=True, label="Fill in for remembered visitors"
    )
    contact = forms.ChoiceField(required=False, label="Fills on the contact")
    lead = forms.ChoiceField(required=False, label="Fills on the lead")
    options = forms.CharField(
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        label="Choices",
        help_text='One a line; "value | what visitors read" where they differ.',
    )
    placeholder = forms.CharField(required=False, max_length=200)
    default = forms.CharField(
        required=False, max_length=2000, label="Filled in beforehand"
    )
    message = forms.CharField(
        required=False, max_length=300, label="Message when it is missing"
    )
    max_length = forms.IntegerField(
        required=False, min_value=0, max_value=10_000, label="Longest answer"
    )

    def __init__(self, *args: Any, targets: dict[str, Any], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for entity in ("contact", "lead"):
            field = self.fields[entity]
            assert isinstance(field, forms.ChoiceField)
            field.choices = targets[entity]
        for field in self.fields.values():
            plain = isinstance(field.widget, forms.CheckboxInput)
            select = isinstance(field.widget, forms.Select)
            style = "form-select h" if select else "form-control h"
            field.widget.attrs["class"] = "form-check-input m-0" if plain else style

    def basics(self) -> list[forms.BoundField]:
        """What a marketer decides about every field."""
        return [self[n] for n in ("label", "kind", "contact", "lead")]

    def more(self) -> list[forms.BoundField]:
        """What is right as it is most of the time."""
        names = ("placeholder", "default", "message", "max_length", "name")
        return [self[n] for n in names]

    def flags(self) -> list[forms.BoundField]:
        return [self[n] for n in ("required", "hidden", "prefill")]

    def has_changed(self) -> bool:
        """An empty row at the end, whatever its boxes say, is no field."""
        typed = (self.data.get(self.add_prefix(n)) for n in ("name", "label"))
        return any(typed) or bool(self.initial)

    def definition(self) -> dict[str, Any]:
        """The mapping that the service takes."""
        data = self.cleaned_data
        return {
            "name": data["name"] or name_of(data["label"]),
            **{k: data[k] for k in ("label", "kind", "required")},
            **{k: data[k] for k in ("hidden", "prefill")},
            **{k: data[k] for k in ("contact", "lead", "placeholder", "default")},
            "message": data["message"],
            "max_length": data["max_length"] or 0,
            "options": options_of(data["options"]),
        }


Rows = forms.formset_factory(FieldRow, extra=0, can_order=True, can_delete=True)


def name_of(label: str) -> str:
    """The name of a field in the data, made from its question."""
    name = slugify(label).replace("-", "_").lstrip("_0123456789")[:60]
    return name or "answer"


def options_of(text: str) -> list[dict[str, str]]:
    """The choices in these lines."""
    parts = [line.partition("|") for line in text.splitlines() if line.strip()]
    return [
        {"value": value.strip(), "label": label.strip() or value.strip()}
        for value, _, label in parts
    ]


def options_text(options: list[dict[str, str]]) -> str:
    """The lines that stand for these choices."""
    pairs = [(o["value"], o.get("label") or o["value"]) for o in options]
    return "\n".join(v if v == label else f"{v} | {label}" for v, label in pairs)


def ready_made() -> list[tuple[str, list[dict[str, str]]]]:
    """The fields one can add with a click: name, label, kind and what they fill."""
    both: list[dict[str, str]] = []
    contact: list[dict[str, str]] = []
    lead: list[dict[str, str]] = []
    for name, label in {**TARGETS["contact"], **TARGETS["lead"]}.items():
        at = {e: name if name in TARGETS[e] else "" for e in ("contact", "lead")}
        group = both if all(at.values()) else contact if at["contact"] else lead
        kind = _KIND_OF.get(name, "text")
        group.append({"name": name, "label": label, "kind": kind, **at})
    own = [
        {
            "name": row.key,
            "label": row.label,
            "kind": _KIND_OF_CUSTOM.get(row.kind, "text"),
            "options": "\n".join(map(str, row.choices or [])),
            "contact": "",
            "lead": "",
            row.entity: f"custom.{row.key}",
        }
        for row in CustomField.objects.filter(active=True).order_by("entity", "label")
        if row.entity in TARGETS
    ]
    groups = [
        ("Contact and lead", both),
        ("Contact", contact),
        ("Lead", lead),
        ("Custom fields", own),
    ]
    return [(title, fields) for title, fields in groups if fields]


_KIND_OF = {
    "email": "email",
    "phone": "phone",
    "mobile_phone": "phone",
    "website": "url",
    "linkedin_url": "url",
    "description": "textarea",
    "need": "textarea",
    "birth_date": "date",
    "number_of_employees": "number",
    "annual_revenue": "number",
    "budget": "number",
    "do_not_email": "checkbox",
    "do_not_bulk_email": "checkbox",
    "do_not_phone": "checkbox",
}
_KIND_OF_CUSTOM = {
    "number": "number",
    "date": "date",
    "boolean": "checkbox",
    "choice": "select",
    "multi_choice": "checkboxes",
}
