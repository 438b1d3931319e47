"""Walking a tree of steps: pure rules."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from core.base.errors import Invalid

MAX_STEPS = 100
MAX_DEPTH = 10
BRANCH, WAIT, STOP = "branch", "wait", "stop"
ARMS = ("then", "else")
UNITS = ("minutes", "hours", "days", "weeks")

Step = Mapping[str, Any]
Steps = Sequence[Step]


def step_at(steps: Steps, position: str) -> Step | None:
    """The step at a position such as "1.then.0"; None past the end."""
    found: Step | None = None
    current: Any = steps
    for part in position.split("."):
        if part in ARMS:
            assert found is not None, f"no step before {position}"
            current = found.get(part, [])
        else:
            number = int(part)
            if number >= len(current):
                return None
            found = current[number]
    return found


def first_position(steps: Steps) -> str | None:
    """Where a run begins; None where there is nothing to do."""
    return "0" if steps else None


def next_position(steps: Steps, position: str) -> str | None:
    """The step after this one: in its list, else after the branch around it."""
    parts = position.split(".")
    while parts:
        parts[-1] = str(int(parts[-1]) + 1)
        if step_at(steps, ".".join(parts)) is not None:
            return ".".join(parts)
        parts = parts[:-2]
    return None


def arm_position(steps: Steps, position: str, *, holds: bool) -> str | None:
    """The first step of the arm taken; after the branch where the arm is empty."""
    arm = f"{position}.{'then' if holds else 'else'}.0"
    if step_at(steps, arm) is not None:
        return arm
    return next_position(steps, position)


def wait_of(step: Step) -> dt.timedelta:
    """How long a wait lasts."""
    unit, number = next(iter(step["params"]["for"].items()))
    return dt.timedelta(**{unit: number})


def all_steps(steps: Steps, prefix: str = "") -> Iterator[tuple[str, Step]]:
    """Every step with its position, in the order in which they are drawn."""
    for number, step in enumerate(steps):
        position = f"{prefix}{number}"
        yield position, step
        for arm in ARMS:
            yield from all_steps(step.get(arm, []), f"{position}.{arm}.")


def check_shape(steps: Any) -> None:
    """Refuse what is not a tree of steps, with the place of the fault."""
    count = _check_list(steps, "steps", 1)
    if count > MAX_STEPS:
        raise Invalid("too_many_steps", f"At most {MAX_STEPS} steps fit.", attr="steps")


def _check_list(steps: Any, where: str, depth: int) -> int:
    if not isinstance(steps, list):
        raise Invalid("steps", "Steps are a list.", attr=where)
    if depth > MAX_DEPTH:
        raise Invalid("too_deep", "Branches are nested too deeply.", attr=where)
    return sum(
        _check_step(step, f"{where}[{number}]", depth)
        for number, step in enumerate(steps)
    )


def _check_step(step: Any, where: str, depth: int) -> int:
    if not isinstance(step, dict) or not isinstance(step.get("type"), str):
        raise Invalid("step", "A step has a type.", attr=where)
    known = {"id", "type", "params", *(ARMS if step["type"] == BRANCH else ())}
    unknown = set(step) - known
    if unknown:
        raise Invalid(
            "unknown_key", "There is no such key.", attr=f"{where}.{min(unknown)}"
        )
    if not isinstance(step.get("params", {}), dict):
        raise Invalid("params", "Params are an object.", attr=f"{where}.params")
    if step["type"] == WAIT:
        _check_wait(step, where)
    return 1 + sum(
        _check_list(step.get(arm, []), f"{where}.{arm}", depth + 1) for arm in ARMS
    )


def _check_wait(step: Step, where: str) -> None:
    length = step.get("params", {}).get("for")
    good = isinstance(length, dict) and len(length) == 1
    if good:
        unit, number = next(iter(length.items()))
        good = unit in UNITS and type(number) is int and 0 < number <= 10_000
    if not good:
        raise Invalid(
            "wait",
            "Say how long to wait, for example two days.",
            attr=f"{where}.params.for",
        )
