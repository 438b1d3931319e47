"""Points, grades and thresholds: pure rules."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core.base.errors import Invalid, Refused

MAX_RULES = 100


def check_grades(grades: Any) -> None:
    """Grades are named ranges, each starting higher than the one before."""
    if not isinstance(grades, list):
        raise Invalid("grades", "Grades are a list.", attr="grades")
    last: int | None = None
    names = set()
    for number, grade in enumerate(grades):
        where = f"grades[{number}]"
        if not isinstance(grade, dict) or set(grade) != {"name", "from"}:
            raise Invalid("grade", "A grade has a name and a from.", attr=where)
        start, name = grade["from"], grade["name"]
        if not isinstance(name, str) or not name.strip() or name in names:
            raise Invalid("grade_name", "Each grade needs its own name.", attr=where)
        if not isinstance(start, int) or isinstance(start, bool):
            raise Invalid("grade_from", "A grade starts at a whole number.", attr=where)
        if last is not None and start <= last:
            raise Invalid(
                "grade_order",
                f"'{name}' must start above {last}, where the grade before it starts.",
                attr=where,
            )
        last = start
        names.add(name)


def check_rule(rule: Mapping[str, Any], where: str) -> None:
    """A rule that could never give points, or not the ones it says, is refused."""
    if rule["points"] == 0:
        raise Invalid("points", "A rule gives or takes points.", attr=f"{where}.points")
    if rule["kind"] == "condition":
        if not rule["condition"]:
            raise Invalid("no_condition", "Add a condition.", attr=f"{where}.condition")
        return
    if not rule["interactions"]:
        raise Invalid(
            "no_interactions",
            "Choose at least one kind of interaction.",
            attr=f"{where}.interactions",
        )
    if rule["frequency"] == "at_least" and rule["times"] < 1:
        raise Invalid("times", "Count from one on.", attr=f"{where}.times")
    if rule["frequency"] == "none" and rule["half_life_days"]:
        raise Invalid(
            "half_life",
            "Points for what did not happen cannot fade.",
            attr=f"{where}.half_life_days",
        )


def check_can_edit(state: str) -> None:
    """A live model is stopped before its rules change."""
    if state == "live":
        raise Refused(
            "live_model", "Stop the model before changing it, or duplicate it."
        )


def check_can_go_live(state: str, rules: int) -> None:
    """Refuse going live twice or without rules."""
    if state == "live":
        raise Refused("already_live", "This scoring model is live already.")
    if not rules:
        raise Invalid("no_rules", "Add at least one rule first.", attr="rules")
