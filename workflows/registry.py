"""Kinds of steps: each is registered by the app that owns what the step does."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Param:
    """One setting of a step, as the editor shows it and the API checks it.

    `kind` is text, number, boolean, choice, field, value, user, team, segment or
    lookup; `choices` gives (value, label) pairs.
    """

    name: str
    label: str
    kind: str = "text"
    required: bool = True
    choices: Callable[[], Sequence[tuple[str, str]]] | None = None
    help_text: str = ""
    default: Any = None


@dataclass(frozen=True)
class StepContext:
    """Who runs the step, and for which kind of record."""

    workflow_id: int
    workflow_name: str
    entity: str
    user: Any = None


@dataclass(frozen=True)
class Outcome:
    """What a step did for one record: done, skipped (with the reason) or stop."""

    detail: str
    result: str = "done"
    data: Mapping[str, Any] = field(default_factory=dict)


RunMany = Callable[[StepContext, Sequence[int], Mapping[str, Any]], dict[int, Outcome]]


@dataclass(frozen=True)
class StepPreview:
    """What a step would do: figures with labels, who is left out and why, examples.

    `left_out` gives the ids of some of those behind each reason in `skipped`.
    """

    figures: Mapping[str, int]
    skipped: Mapping[str, int] = field(default_factory=dict)
    left_out: Mapping[str, Sequence[int]] = field(default_factory=dict)
    examples: Sequence[Mapping[str, Any]] = ()


@dataclass(frozen=True)
class StepType:
    """A kind of step.

    `run_many` does it for many records at once, in the transaction it is called in,
    and says for each what it did; it locks what it changes and may be called again
    for a record only if that transaction was rolled back. `check` raises Invalid for
    params that could never work. `sentence` says in plain words what it will do.
    `scope` gives the records it is meant for, among which a report says who was left
    out and why; `preview` says what it would do for some of them.
    """

    key: str
    label: str
    entities: tuple[str, ...]
    run_many: RunMany
    sentence: Callable[[Mapping[str, Any]], str]
    params: Sequence[Param] = ()
    check: Callable[[str, Mapping[str, Any]], None] | None = None
    preview: Callable[[Sequence[int]], StepPreview] | None = None
    icon: str = "bolt"


_types: dict[str, StepType] = {}


def register_step_type(step_type: StepType) -> None:
    """Make a kind of step known; called from AppConfig.ready()."""
    _types[step_type.key] = step_type


def step_type(key: str) -> StepType | None:
    """The kind of this key, if registered."""
    return _types.get(key)


def step_types(entity: str | None = None) -> list[StepType]:
    """All kinds that a workflow on this entity can use."""
    return [t for t in _types.values() if entity is None or entity in t.entities]
