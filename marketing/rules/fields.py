"""Fields of a form: their definition, and what may be answered.

A definition is a plain mapping, kept in `Form.fields`:

    {"name": "email", "label": "Email", "kind": "email", "required": true,
     "message": "We need your address.", "placeholder": "", "default": "",
     "max_length": 254, "hidden": false, "prefill": true,
     "options": [{"value": "a", "label": "A"}],
     "contact": "email", "lead": "email"}

`contact` and `lead` name the fields it fills (empty for none, `custom.KEY` for a
custom field). Keys that are left out have their defaults.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator, validate_email

from core.base.errors import Invalid
from core.base.text import json_problem, text_problem
from marketing.rules.targets import is_target

KINDS: Mapping[str, str] = {
    "text": "Text",
    "textarea": "Several lines",
    "email": "Email",
    "phone": "Phone",
    "url": "Web address",
    "number": "Number",
    "date": "Date",
    "checkbox": "Tick box",
    "select": "Drop-down list",
    "radio": "Choice of one",
    "checkboxes": "Choice of several",
}
WITH_OPTIONS = frozenset({"select", "radio", "checkboxes"})
# Words that a request uses for itself.
RESERVED = frozenset(
    {"wait", "page", "values", "token", "fields", "remember_me", "homepage", "form"}
)
MAX_FIELDS = 60
_MAX_LENGTH = {"textarea": 10_000, "email": 254, "url": 300, "phone": 60}
_NAME = re.compile(r"^[a-z][a-z0-9_]{0,59}$")
_TRUE = frozenset({"true", "on", "yes", "1"})
_FALSE = frozenset({"false", "off", "no", "0", ""})


@dataclass(frozen=True)
class FieldSpec:
    """One question of a form."""

    name: str
    label: str
    kind: str = "text"
    required: bool = False
    message: str = ""
    placeholder: str = ""
    default: str = ""
    max_length: int = 0
    hidden: bool = False
    prefill: bool = True
    options: tuple[tuple[str, str], ...] = ()
    contact: str = ""
    lead: str = ""

    @property
    def longest(self) -> int:
        """How many characters an answer may have."""
        usual = _MAX_LENGTH.get(self.kind, 250)
        return min(self.max_length, usual) if self.max_length else usual

    def target(self, entity: str) -> str:
        """The field of this entity that an answer fills; empty for none."""
        return self.contact if entity == "contact" else self.lead

    def as_definition(self) -> dict[str, Any]:
        """The mapping kept in `Form.fields`."""
        definition = asdict(self)
        definition["options"] = [{"value": v, "label": t} for v, t in self.options]
        return definition


_TEXTS = {
    "name": 60,
    "label": 200,
    "kind": 20,
    "message": 300,
    "placeholder": 200,
    "default": 2000,
    "contact": 80,
    "lead": 80,
}
_FLAGS = ("required", "hidden", "prefill")
_KEYS = {*_TEXTS, *_FLAGS, "max_length", "options"}


def parse_fields(definitions: Any) -> list[FieldSpec]:
    """Read and check a form's fields.

    Raises Invalid that names the place, for example `fields[2].kind`.
    """
    if not isinstance(definitions, list):
        raise Invalid("invalid", "Fields are a list of definitions.", attr="fields")
    if len(definitions) > MAX_FIELDS:
        raise Invalid(
            "too_many", f"A form has at most {MAX_FIELDS} fields.", attr="fields"
        )
    if problem := json_problem(definitions, "fields"):
        raise Invalid("invalid", problem[1], attr=problem[0])
    specs = [_parse(item, f"fields[{n}]") for n, item in enumerate(definitions)]
    seen: set[str] = set()
    for n, spec in enumerate(specs):
        if spec.name in seen:
            raise _wrong(f"fields[{n}].name", f"Two fields are called {spec.name}.")
        seen.add(spec.name)
    return specs


def load_fields(definitions: Sequence[Mapping[str, Any]]) -> list[FieldSpec]:
    """The fields of a stored form, which were checked when it was saved."""
    return [_build(item) for item in definitions]


def _build(item: Mapping[str, Any]) -> FieldSpec:
    known = {key: value for key, value in item.items() if key in _KEYS}
    known["options"] = tuple(
        (str(o["value"]), str(o.get("label") or o["value"]))
        for o in item.get("options") or []
    )
    return FieldSpec(**known)


def _wrong(attr: str, detail: str) -> Invalid:
    return Invalid("invalid", detail, attr=attr)


def _parse(item: Any, at: str) -> FieldSpec:
    if not isinstance(item, dict):
        raise _wrong(at, "A field is an object with a name and a label.")
    for key in item:
        if key not in _KEYS:
            raise Invalid("unknown_field", f"Unknown key {key}.", attr=f"{at}.{key}")
    for key, longest in _TEXTS.items():
        _check_text(item.get(key, ""), longest, f"{at}.{key}")
    for key in _FLAGS:
        if not isinstance(item.get(key, False), bool):
            raise _wrong(f"{at}.{key}", "Is true or false.")
    _check_max_length(item.get("max_length", 0), f"{at}.max_length")
    _check_options(item.get("options", []), f"{at}.options")
    if "name" not in item or "label" not in item:
        raise Invalid("required", "A field has a name and a label.", attr=at)
    spec = _build(item)
    _check_spec(spec, at)
    return spec


def _check_text(value: Any, longest: int, at: str) -> None:
    if not isinstance(value, str):
        raise _wrong(at, "Is text.")
    if problem := text_problem(value, max_length=longest):
        raise _wrong(at, problem)


def _check_max_length(value: Any, at: str) -> None:
    if isinstance(value, bool) or not isinstance(value, int):
        raise _wrong(at, "Is a whole number.")
    if not 0 <= value <= 10_000:
        raise _wrong(at, "Lies between 0 and 10,000.")


def _check_options(value: Any, at: str) -> None:
    if not isinstance(value, list) or len(value) > 500:
        raise _wrong(at, "Options are a list of at most 500.")
    for n, option in enumerate(value):
        if not isinstance(option, dict) or not isinstance(option.get("value"), str):
            raise _wrong(f"{at}[{n}]", "An option has a value and a label.")
        _check_text(option["value"], 200, f"{at}[{n}].value")
        _check_text(option.get("label", ""), 200, f"{at}[{n}].label")


def _check_spec(spec: FieldSpec, at: str) -> None:
    if not _NAME.match(spec.name):
        raise _wrong(
            f"{at}.name",
            "A name starts with a letter and has small letters, digits and _ only.",
        )
    if spec.name in RESERVED:
        raise _wrong(f"{at}.name", f"The name {spec.name} is used by the form itself.")
    if not spec.label.strip():
        raise Invalid("required", "A field has a label.", attr=f"{at}.label")
    if spec.kind not in KINDS:
        raise _wrong(f"{at}.kind", f"Is one of {', '.join(KINDS)}.")
    if spec.kind in WITH_OPTIONS and not spec.options:
        raise _wrong(f"{at}.options", "A choice needs at least one option.")
    for entity in ("contact", "lead"):
        target = spec.target(entity)
        if target and not is_target(entity, target):
            raise _wrong(f"{at}.{entity}", f"A form cannot fill {target}.")


def clean_values(
    specs: Sequence[FieldSpec], raw: Mapping[str, Any]
) -> tuple[dict[str, Any], dict[str, str]]:
    """The answers as they are stored, and the problem of each wrong one.

    A hidden field that was not sent has its default.
    """
    values: dict[str, Any] = {}
    errors: dict[str, str] = {}
    for spec in specs:
        sent = raw.get(spec.name)
        if sent is None and spec.hidden:
            sent = spec.default
        try:
            value = _clean(spec, sent)
        except ValueError as error:
            errors[spec.name] = str(error)
            continue
        if value in ("", None, [], False) and spec.required:
            errors[spec.name] = spec.message or f"{spec.label} is required."
        elif value not in ("", None, [], False):
            values[spec.name] = value
    return values, errors


def _clean(spec: FieldSpec, sent: Any) -> Any:
    """One answer; ValueError says what is wrong with it."""
    if spec.kind == "checkbox":
        return _clean_flag(sent)
    if spec.kind == "checkboxes":
        return _clean_several(spec, sent)
    if isinstance(sent, bool) or not isinstance(sent, str | int | float | None):
        raise ValueError("Enter a single value.")
    text = "" if sent is None else str(sent).strip()
    if problem := text_problem(text, max_length=spec.longest):
        raise ValueError(problem)
    if not text:
        return ""
    return _CHECKS[spec.kind](spec, text)


def _clean_flag(sent: Any) -> bool:
    if isinstance(sent, bool) or sent is None:
        return bool(sent)
    word = str(sent).strip().lower()
    if word in _TRUE:
        return True
    if word in _FALSE:
        return False
    raise ValueError("Tick the box or leave it empty.")


def _clean_several(spec: FieldSpec, sent: Any) -> list[str]:
    if sent in (None, ""):
        return []
    chosen = sent if isinstance(sent, list) else [sent]
    known = {value for value, _ in spec.options}
    if not all(isinstance(item, str) and item in known for item in chosen):
        raise ValueError("Choose from the list.")
    return list(dict.fromkeys(chosen))


def _clean_text(spec: FieldSpec, text: str) -> str:
    return text


def _clean_email(spec: FieldSpec, text: str) -> str:
    try:
        validate_email(text)
    except ValidationError:
        raise ValueError(
            "Enter an email address, for example ada@example.com."
        ) from None
    return text


def _clean_url(spec: FieldSpec, text: str) -> str:
    full = text if "://" in text else f"https://{text}"
    try:
        URLValidator(schemes=["http", "https"])(full)
    except ValidationError:
        raise ValueError("Enter a web address.") from None
    return full


def _clean_phone(spec: FieldSpec, text: str) -> str:
    if not any(c.isdigit() for c in text):
        raise ValueError("Enter a phone number.")
    return text


def _clean_number(spec: FieldSpec, text: str) -> str:
    try:
        number = Decimal(text)
    except InvalidOperation:
        raise ValueError("Enter a number.") from None
    if not number.is_finite():
        raise ValueError("Enter a number.")
    return text


def _clean_date(spec: FieldSpec, text: str) -> str:
    try:
        return datetime.date.fromisoformat(text).isoformat()
    except ValueError:
        raise ValueError("Enter a date as year-month-day.") from None


def _clean_choice(spec: FieldSpec, text: str) -> str:
    if text not in {value for value, _ in spec.options}:
        raise ValueError("Choose from the list.")
    return text


_CHECKS = {
    "text": _clean_text,
    "textarea": _clean_text,
    "email": _clean_email,
    "phone": _clean_phone,
    "url": _clean_url,
    "number": _clean_number,
    "date": _clean_date,
    "select": _clean_choice,
    "radio": _clean_choice,
}
