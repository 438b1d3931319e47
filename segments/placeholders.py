"""Templates of conditions: which parts are asked for anew each time. No ORM here."""

from __future__ import annotations

import copy
import re
from typing import Any

from core.base.errors import Invalid
from core.query.errors import QueryError
from core.query.language import validate

MANY = 20
LONGEST = 200
_STEP = re.compile(r"[^.\[\]]+")
# Values that are a good beginning, and stay: a window, a period, yes or no.
_KEPT = ("period",)


def part_at(definition: Any, place: str) -> Any:
    """What stands at a place such as where.and[0]; None where nothing does."""
    found = definition
    for key in _STEP.findall(place):
        if isinstance(found, dict):
            found = found.get(key)
        elif isinstance(found, list) and key.isdigit() and int(key) < len(found):
            found = found[int(key)]
        else:
            return None
    return found


def replaced(definition: Any, place: str, part: Any) -> Any:
    """The definition with another part at this place."""
    whole = copy.deepcopy(definition)
    *way, last = _STEP.findall(place)
    holder = part_at(whole, ".".join(way)) if way else whole
    holder[int(last) if isinstance(holder, list) else last] = part
    return whole


def emptied(clause: dict[str, Any]) -> dict[str, Any]:
    """The condition without its value, unless that is a good beginning."""
    value = clause.get("value")
    if isinstance(value, bool | dict) or clause.get("op") in _KEPT:
        return clause
    return {**clause, "value": [] if isinstance(value, list) else ""}


def check_template(definition: Any, placeholders: Any) -> None:
    """Refuse conditions that no answer could mend, and questions about nothing.

    Raises Invalid for placeholders, QueryError at the place of a broken condition.
    """
    _check_shape(placeholders)
    whole = definition
    for each in placeholders:
        clause = part_at(definition, each["at"])
        if not isinstance(clause, dict) or "field" not in clause:
            raise _bad(f"There is no condition at {each['at']}.")
        # Whatever is answered, the field must be there.
        present = {"field": clause["field"], "op": "not_blank"}
        whole = replaced(whole, each["at"], present)
    try:
        validate(whole, ends_on="contact")
    except QueryError as error:
        path = f"definition.{error.path}" if error.path else "definition"
        raise QueryError(path, error.code, error.detail) from None


def _check_shape(placeholders: Any) -> None:
    if not isinstance(placeholders, list) or len(placeholders) > MANY:
        raise _bad(f"Give a list of at most {MANY} placeholders.")
    for each in placeholders:
        if not isinstance(each, dict) or set(each) != {"at", "ask"}:
            raise _bad("A placeholder has 'at', the place, and 'ask', the question.")
        if not all(isinstance(text, str) and text.strip() for text in each.values()):
            raise _bad("Say the place and the question of each placeholder.")
        if len(each["ask"]) > LONGEST or len(each["at"]) > LONGEST:
            raise _bad(f"A question has at most {LONGEST} characters.")
    places = [each["at"] for each in placeholders]
    if len(set(places)) != len(places):
        raise _bad("One place is asked for twice.")


def _bad(detail: str) -> Invalid:
    return Invalid("bad_placeholders", detail, attr="placeholders")


def filled(definition: Any, placeholders: Any, values: dict[str, Any]) -> Any:
    """The definition with these answers; what nobody answered stays unfinished."""
    known = {each["at"] for each in placeholders}
    for place, value in values.items():
        if place not in known:
            raise Invalid(
                "unknown_placeholder",
                f"This template asks nothing at {place}.",
                attr="values",
            )
        clause = {**part_at(definition, place), "value": value}
        definition = replaced(definition, place, clause)
    return definition
