"""Changing a tree of steps: pure functions that give a new one."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any

from core.base.errors import Invalid
from workflows import rules

Steps = list[dict[str, Any]]


def _place(steps: Steps, position: str) -> tuple[Steps, int]:
    """The list that holds a position, and the number in it."""
    parts = position.split(".")
    current: Any = steps
    try:
        for arm_or_number in parts[:-1]:
            if arm_or_number in rules.ARMS:
                current = current.setdefault(arm_or_number, [])
            else:
                current = current[int(arm_or_number)]
        number = int(parts[-1])
    except (ValueError, IndexError, KeyError, AttributeError, TypeError) as error:
        raise Invalid("no_place", "There is no such place.", attr="at") from error
    if not isinstance(current, list) or not 0 <= number <= len(current):
        raise Invalid("no_place", "There is no such place.", attr="at")
    return current, number


def _step_there(steps: Steps, position: str) -> tuple[Steps, int]:
    current, number = _place(steps, position)
    if number >= len(current):
        raise Invalid("no_step", "There is no such step any more.", attr="at")
    return current, number


def fresh_id(steps: Sequence[rules.Step], kind: str) -> str:
    """An id that no step has yet."""
    taken = {step.get("id") for _, step in rules.all_steps(steps)}
    number = 1
    while f"{kind}-{number}" in taken:
        number += 1
    return f"{kind}-{number}"


def step_insert(steps: Steps, position: str, step: dict[str, Any]) -> Steps:
    """A new tree with the step put at a position, the others moved down."""
    found = copy.deepcopy(steps)
    current, number = _place(found, position)
    current.insert(number, {"id": fresh_id(found, step["type"]), **step})
    return found


def step_replace(steps: Steps, position: str, params: dict[str, Any]) -> Steps:
    """A new tree with other settings of one step."""
    found = copy.deepcopy(steps)
    current, number = _step_there(found, position)
    current[number]["params"] = params
    return found


def step_remove(steps: Steps, position: str) -> Steps:
    """A new tree without the step, and without what hangs under it."""
    found = copy.deepcopy(steps)
    current, number = _step_there(found, position)
    del current[number]
    return found


def step_move(steps: Steps, position: str, by: int) -> tuple[Steps, str]:
    """A new tree with the step one up or down in its list, and where it is now."""
    found = copy.deepcopy(steps)
    current, number = _step_there(found, position)
    target = min(max(number + by, 0), len(current) - 1)
    current.insert(target, current.pop(number))
    return found, ".".join([*position.split(".")[:-1], str(target)])
