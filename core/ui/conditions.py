"""A condition in a form: a query tree as JSON, checked as it comes in."""

from __future__ import annotations

import json
from typing import Any

from django import forms

from core.base.text import json_problem

LONGEST = 20_000


class ConditionField(forms.Field):
    """Gives a dict, empty where nothing was written.

    Whether the condition can be asked of an entity is for the service to say; here
    it only must be JSON without what no column can hold.
    """

    css = "wide"

    def __init__(self, *, rows: int = 4, **kwargs: Any) -> None:
        attrs = {"rows": rows, "class": "form-control h w-code", "spellcheck": "false"}
        kwargs.setdefault("required", False)
        super().__init__(widget=forms.Textarea(attrs=attrs), **kwargs)

    def about(self, entity: str) -> None:
        """Offer what can be asked of this entity; static/js/condition-field.js does."""
        self.widget.attrs["data-condition"] = entity

    def prepare_value(self, value: Any) -> Any:
        """What was typed stays as it was typed."""
        if isinstance(value, dict):
            return json.dumps(value, indent=2, ensure_ascii=False) if value else ""
        return value

    def to_python(self, value: Any) -> dict[str, Any]:
        text = str(value or "").strip()
        if not text:
            return {}
        if len(text) > LONGEST:
            raise forms.ValidationError(f"At most {LONGEST:,} characters fit.")
        try:
            found = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise forms.ValidationError(f"This cannot be read: {error}.") from error
        if not isinstance(found, dict):
            raise forms.ValidationError("A condition begins and ends with braces.")
        problem = json_problem(found)
        if problem:
            raise forms.ValidationError(" ".join(problem))
        return found
