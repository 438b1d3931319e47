"""How a form is shown to the public, and how an answer is read."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.http import HttpRequest

from core.base.errors import Invalid
from core.base.text import text_problem
from marketing.live import LiveForm
from marketing.rules.fields import FieldSpec, clean_values
from marketing.rules.targets import UTM
from marketing.rules.tokens import Shown, read_shown

MAX_BODY = 1_000_000
HONEYPOT = "homepage"
_EXTRA = {"page", "token", "wait", "values", "remember_me", "referrer", HONEYPOT, *UTM}


@dataclass
class Answer:
    """One request to a form: what was typed, and where it came from."""

    raw: Mapping[str, Any]
    page: str = ""
    shown: Shown | None = None
    wait: bool = False
    is_json: bool = False
    remember: bool | None = None
    referrer: str = ""
    utm: dict[str, str] = field(default_factory=dict)
    trapped: bool = False
    values: dict[str, Any] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)


def read_answer(request: HttpRequest, live: LiveForm) -> Answer:
    """Read and check an answer, form-encoded or JSON.

    Raises Invalid where the body as a whole cannot be read or, in JSON, has a key
    that the form does not know. What is wrong with a field stands in `errors`.
    """
    if (request.content_type or "").endswith("json"):
        answer = _read_json(request, live)
    else:
        answer = _read_encoded(request, live)
    answer.values, answer.errors = clean_values(live.specs, answer.raw)
    return answer


def _read_json(request: HttpRequest, live: LiveForm) -> Answer:
    if len(request.body) > MAX_BODY:
        raise Invalid("too_large", "The body has at most 1 MB.")
    try:
        data = json.loads(request.body)
    except (ValueError, RecursionError):
        raise Invalid("parse_error", "The body is not JSON.") from None
    if not isinstance(data, dict):
        raise Invalid("invalid", "The body is an object of answers.")
    raw = data.get("values", data)
    if not isinstance(raw, dict):
        raise Invalid("invalid", "Values are an object of answers.", attr="values")
    _refuse_unknown(data, raw, live)
    for name in ("wait", "remember_me"):
        if not isinstance(data.get(name, False), bool):
            raise Invalid("invalid", "Is true or false.", attr=name)
    answer = _context(data, raw, live)
    answer.is_json, answer.wait = True, data.get("wait", False)
    answer.remember = data.get("remember_me") if live.form.remember_me else None
    return answer


def _refuse_unknown(
    data: Mapping[str, Any], raw: Mapping[str, Any], live: LiveForm
) -> None:
    known = {spec.name for spec in live.specs}
    allowed = {*_EXTRA, *(known if raw is data else ())}
    unknown = [name for name in data if name not in allowed]
    if raw is not data:
        unknown += [name for name in raw if name not in known]
    if unknown:
        shown = unknown[0].encode("ascii", "backslashreplace").decode()[:80]
        raise Invalid("unknown_field", "The form has no such field.", attr=shown)


def _read_encoded(request: HttpRequest, live: LiveForm) -> Answer:
    post = request.POST
    raw: dict[str, Any] = {}
    for spec in live.specs:
        if spec.kind == "checkboxes":
            raw[spec.name] = post.getlist(spec.name)
        else:
            raw[spec.name] = post.get(spec.name)
    answer = _context(post, raw, live)
    # A foreign page that shows the form without the box says nothing about it.
    if live.form.remember_me and answer.shown is not None:
        answer.remember = "remember_me" in post
    return answer


def _context(data: Mapping[str, Any], raw: Mapping[str, Any], live: LiveForm) -> Answer:
    token = _text(data.get("token"), 200)
    utm = {name: _text(data.get(name) or raw.get(name), 200) for name in UTM}
    return Answer(
        raw=raw,
        page=_text(data.get("page"), 120),
        shown=read_shown(token, live.form.pk) if token else None,
        referrer=_text(data.get("referrer"), 2000),
        utm={name: value for name, value in utm.items() if value},
        trapped=bool(data.get(HONEYPOT)),
    )


def _text(value: Any, longest: int) -> str:
    """Context around an answer: cut or dropped, never a reason to lose it."""
    if not isinstance(value, str) or text_problem(value):
        return ""
    return value.strip()[:longest]


def spam_reason(answer: Answer, live: LiveForm) -> str:
    """Why an answer looks like a robot's; empty where it does not."""
    if answer.trapped:
        return "A field that people do not see was filled in."
    shortest = live.form.min_seconds
    if shortest and (answer.shown is None or answer.shown.seconds < shortest):
        return f"The form was sent less than {shortest} seconds after it was shown."
    return ""


def shown_fields(
    specs: Sequence[FieldSpec],
    values: Mapping[str, Any],
    errors: Mapping[str, str],
) -> list[dict[str, Any]]:
    """The fields as the template draws them, with what was typed and what is wrong."""
    drawn = []
    for spec in specs:
        value = values.get(spec.name, spec.default)
        chosen = value if isinstance(value, list) else [str(value or "")]
        drawn.append(
            {
                "spec": spec,
                "id": f"field-{spec.name}",
                "value": "" if value is None else value,
                "checked": value in (True, "on", "true", "yes", "1"),
                "options": [
                    {"value": v, "label": label, "chosen": v in chosen}
                    for v, label in spec.options
                ],
                "error": errors.get(spec.name, ""),
                "input_type": _INPUTS.get(spec.kind, "text"),
                "autocomplete": _AUTOCOMPLETE.get(spec.contact or spec.lead, ""),
            }
        )
    return drawn


_INPUTS = {"email": "email", "phone": "tel", "date": "date", "number": "text"}
_AUTOCOMPLETE = {
    "first_name": "given-name",
    "last_name": "family-name",
    "email": "email",
    "phone": "tel",
    "mobile_phone": "tel",
    "company_name": "organization",
    "job_title": "organization-title",
    "address_line1": "address-line1",
    "postal_code": "postal-code",
    "city": "address-level2",
    "country": "country-name",
}
