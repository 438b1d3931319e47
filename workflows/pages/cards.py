"""The steps of a workflow as cards that lay themselves out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from workflows import rules
from workflows.models import Workflow
from workflows.pages import words
from workflows.registry import step_type
from workflows.services.figures import Figures, StepFigures

ICONS = {rules.BRANCH: "arrows-split-2", rules.WAIT: "clock", rules.STOP: "flag"}
WAYS = {"then": "Yes", "else": "No"}
# Steps name the icons of the whole set; the shell carries a part of it.
STAND_INS = {"user-share": "user-check", "chart-pie": "chart-donut"}


@dataclass
class Card:
    """One step as it is drawn: where it is, what it says, its numbers, its ways."""

    position: str
    title: str
    line: str
    icon: str
    tone: str
    figures: StepFigures
    bad: bool = False
    ways: list[Way] = field(default_factory=list)

    @property
    def number(self) -> str:
        """The place as people count: 1, 2, 2 yes 1."""
        return spoken(self.position)

    @property
    def after(self) -> str:
        """Where a step added right after this one goes."""
        *path, number = self.position.split(".")
        return ".".join([*path, str(int(number) + 1)])


@dataclass
class Way:
    """One way out of a branch."""

    label: str
    path: str
    cards: list[Card]

    @property
    def end(self) -> str:
        """Where a step added at the end of this way goes."""
        return f"{self.path}.{len(self.cards)}"


def spoken(position: str) -> str:
    """A position in words: "1.then.0" is "2, yes, 1"."""
    parts = [
        WAYS[part].lower() if part in WAYS else str(int(part) + 1)
        for part in position.split(".")
    ]
    return ", ".join(parts)


def step_icon(step: rules.Step) -> str:
    kind = step_type(step["type"])
    name = ICONS.get(step["type"]) or (kind.icon if kind else "puzzle")
    return STAND_INS.get(name, name)


def _tone(step: rules.Step, figures: StepFigures) -> str:
    if figures.failed:
        return "bad"
    return "" if step["type"] in ICONS else "acc"


def cards_of(workflow: Workflow, figures: Figures, problem_at: str = "") -> list[Card]:
    """Every step, with branches nested."""
    return _cards(workflow.entity, workflow.steps, "", figures.steps, problem_at)


def _cards(
    entity: str,
    steps: rules.Steps,
    prefix: str,
    figures: Mapping[str, StepFigures],
    problem_at: str,
) -> list[Card]:
    return [
        _card(entity, step, f"{prefix}{number}", figures, problem_at)
        for number, step in enumerate(steps)
    ]


def _card(
    entity: str,
    step: rules.Step,
    position: str,
    figures: Mapping[str, StepFigures],
    problem_at: str,
) -> Card:
    own = figures.get(position, StepFigures())
    card = Card(
        position,
        words.step_title(step),
        words.step_line(entity, step),
        step_icon(step),
        _tone(step, own),
        own,
        bad=position == problem_at,
    )
    if step["type"] == rules.BRANCH:
        card.ways = [
            Way(
                WAYS[arm],
                f"{position}.{arm}",
                _cards(
                    entity,
                    step.get(arm, []),
                    f"{position}.{arm}.",
                    figures,
                    problem_at,
                ),
            )
            for arm in rules.ARMS
        ]
    return card
