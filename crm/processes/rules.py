"""What a business process is made of, as pure rules.

A definition is a list of stages in their order:

    {"key": "inquiry", "name": "Inquiry", "entity": "lead", "hands_over_to": "",
     "steps": [{"key": "contact", "label": "Existing contact?",
                "field": "parent_contact", "required": false, "moves_to": ""}]}

A step with a field shows and edits that field; one without is a tick of its own.
Ticking a step with `moves_to` enters that stage. Entering a stage that hands over
makes the lead sales ready and shows the other process from then on. Stages on leads
come first; with the first stage on opportunities the process crosses over.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from core.base.errors import Invalid
from core.base.text import text_problem

ENTITIES = ("lead", "opportunity")
_KEY = re.compile(r"[a-z0-9][a-z0-9_-]{0,59}")
MOST_STAGES, MOST_STEPS = 30, 40


@dataclass(frozen=True)
class Step:
    """One thing to know or to do in a stage."""

    key: str
    label: str
    field: str = ""
    required: bool = False
    moves_to: str = ""


@dataclass(frozen=True)
class Stage:
    """One stage, on leads or on opportunities."""

    key: str
    name: str
    entity: str
    steps: tuple[Step, ...] = ()
    hands_over_to: str = ""


@dataclass(frozen=True)
class Definition:
    """A process with its stages in order."""

    key: str
    name: str
    stages: tuple[Stage, ...]
    active: bool = True
    position: int = 100
    by_key: Mapping[str, Stage] = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "by_key", {s.key: s for s in self.stages})

    def on(self, entity: str) -> list[Stage]:
        """The stages on this entity, in order."""
        return [stage for stage in self.stages if stage.entity == entity]

    def after(self, key: str) -> Stage | None:
        """The stage behind this one; None behind the last."""
        return self._at(key, 1)

    def before(self, key: str) -> Stage | None:
        """The stage before this one; None before the first."""
        return self._at(key, -1)

    def _at(self, key: str, offset: int) -> Stage | None:
        keys = [stage.key for stage in self.stages]
        if key not in keys:
            return None
        place = keys.index(key) + offset
        return self.stages[place] if 0 <= place < len(keys) else None

    @property
    def hand_over(self) -> Stage | None:
        """The stage that hands over to another process, where there is one."""
        return next((stage for stage in self.stages if stage.hands_over_to), None)


def definition_of(
    *, key: str, name: str, stages: Sequence[Mapping[str, Any]], **more: Any
) -> Definition:
    """A stored definition as objects."""
    return Definition(
        key,
        name,
        tuple(
            Stage(
                each["key"],
                each["name"],
                each["entity"],
                tuple(Step(**step) for step in each.get("steps", ())),
                each.get("hands_over_to", ""),
            )
            for each in stages
        ),
        **more,
    )


def stages_clean(
    stages: Any, *, fields: Mapping[str, frozenset[str]], processes: frozenset[str]
) -> list[dict[str, Any]]:
    """Stages as they are stored, or Invalid with every problem and its place.

    `fields` are the fields that data steps of an entity may show; `processes` the
    keys of the processes that a stage may hand over to.
    """
    check = _Check(fields, processes)
    clean = check.stages(stages)
    if check.problems:
        raise Invalid.many(check.problems)
    return clean


class _Check:
    def __init__(
        self, fields: Mapping[str, frozenset[str]], processes: frozenset[str]
    ) -> None:
        self.fields, self.processes = fields, processes
        self.problems: list[tuple[str | None, str, str]] = []

    def wrong(self, at: str, detail: str, code: str = "invalid") -> None:
        self.problems.append((at, code, detail))

    def stages(self, given: Any) -> list[dict[str, Any]]:
        if not isinstance(given, list) or not given:
            self.wrong("stages", "Give at least one stage.", "required")
            return []
        if len(given) > MOST_STAGES:
            self.wrong("stages", f"At most {MOST_STAGES} stages.")
            return []
        clean = [self.stage(f"stages.{n}", each) for n, each in enumerate(given)]
        self.unique("stages", [each["key"] for each in clean])
        self.order([each["entity"] for each in clean])
        if sum(bool(each["hands_over_to"]) for each in clean) > 1:
            self.wrong("stages", "Only one stage hands over.")
        keys = {each["key"] for each in clean}
        keys |= {""} if not any(s["hands_over_to"] for s in clean) else {"", "next"}
        for n, each in enumerate(clean):
            for m, step in enumerate(each["steps"]):
                if step["moves_to"] not in keys:
                    at = f"stages.{n}.steps.{m}.moves_to"
                    self.wrong(at, f'There is no stage "{step["moves_to"]}".')
        return clean

    def stage(self, at: str, given: Any) -> dict[str, Any]:
        known = {"key", "name", "entity", "steps", "hands_over_to"}
        raw = self.object(at, given, known)
        entity = raw.get("entity", "lead")
        if entity not in ENTITIES:
            self.wrong(f"{at}.entity", f"Choose one of: {', '.join(ENTITIES)}.")
            entity = "lead"
        target = raw.get("hands_over_to") or ""
        if target and (target not in self.processes or entity != "lead"):
            self.wrong(f"{at}.hands_over_to", "Choose another process of leads.")
        steps = raw.get("steps") or []
        if not isinstance(steps, list) or len(steps) > MOST_STEPS:
            self.wrong(f"{at}.steps", f"Give a list of at most {MOST_STEPS} steps.")
            steps = []
        name = self.text(f"{at}.name", raw.get("name"), "Give the stage a name.")
        clean = [
            self.step(f"{at}.steps.{n}", step, entity) for n, step in enumerate(steps)
        ]
        self.unique(f"{at}.steps", [step["key"] for step in clean])
        return {
            "key": self.key(f"{at}.key", raw.get("key"), name),
            "name": name,
            "entity": entity,
            "hands_over_to": str(target),
            "steps": clean,
        }

    def step(self, at: str, given: Any, entity: str) -> dict[str, Any]:
        known = {"key", "label", "field", "required", "moves_to"}
        raw = self.object(at, given, known)
        name = raw.get("field") or ""
        allowed = self.fields[entity]
        if name and name not in allowed:
            self.wrong(f"{at}.field", f"A {entity} has no field {str(name)[:60]!r}.")
        if not isinstance(raw.get("required", False), bool):
            self.wrong(f"{at}.required", "Say true or false.")
        label = self.text(f"{at}.label", raw.get("label"), "Give the step a label.")
        return {
            "key": self.key(f"{at}.key", raw.get("key"), label),
            "label": label,
            "field": str(name),
            "required": bool(raw.get("required", False)),
            "moves_to": str(raw.get("moves_to") or ""),
        }

    def object(self, at: str, given: Any, known: set[str]) -> Mapping[str, Any]:
        if not isinstance(given, Mapping):
            self.wrong(at, "Give an object.")
            return {}
        for name in set(given) - known:
            self.wrong(f"{at}.{str(name)[:60]}", "Unknown.", "unknown_field")
        return given

    def text(self, at: str, given: Any, missing: str) -> str:
        text = given.strip() if isinstance(given, str) else ""
        if not text:
            self.wrong(at, missing, "required")
        elif problem := text_problem(text, max_length=120):
            self.wrong(at, problem)
        return text

    def key(self, at: str, given: Any, name: str) -> str:
        """The given key, or one made from the name."""
        key = given if isinstance(given, str) and given else key_of(name)
        if not _KEY.fullmatch(key):
            self.wrong(at, "Use small letters, digits, - and _.")
        return key

    def unique(self, at: str, keys: list[str]) -> None:
        for key in {key for key in keys if keys.count(key) > 1}:
            self.wrong(at, f'"{key}" is there twice.', "unique")

    def order(self, entities: list[str]) -> None:
        if entities != sorted(entities):
            self.wrong("stages", "Stages of leads come before those of opportunities.")


def key_of(name: str) -> str:
    """A key made from a name: Sales acceptance -> sales_acceptance."""
    return re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")[:60] or "stage"
