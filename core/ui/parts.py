"""What a record page is made of: facts, panels, actions. Upper apps register here."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest


@dataclass(frozen=True)
class Fact:
    """One line of the facts; `name` is a field of the form where it can be edited.

    `show(record)` gives its HTML (the plain value by default).
    """

    name: str
    label: str
    show: Callable[[Any], Any] | None = None
    editable: bool = True


@dataclass(frozen=True)
class FactSection:
    """Facts under a title; `folded` ones open on demand.

    `more(record)` adds facts that only data knows, such as custom fields.
    """

    title: str
    facts: tuple[Fact, ...] = ()
    folded: bool = False
    more: Callable[[Any], tuple[Fact, ...]] | None = None

    def all_facts(self, record: Any) -> tuple[Fact, ...]:
        return (*self.facts, *(self.more(record) if self.more else ()))


@dataclass(frozen=True)
class Key:
    """One cell of the strip under the header; None as value leaves it out."""

    label: str
    show: Callable[[Any], Any]
    wide: bool = False
    phone: bool = True


@dataclass(frozen=True)
class RecordAction:
    """A button or menu line of a record.

    `url(record)` is opened (`method` "get"), posted to ("post"), or opened in a side
    panel ("panel"). The first three fitting ones that are not `menu` are buttons.
    `when(record)` says whether it makes sense now; `action` is the right it needs.
    """

    key: str
    label: str
    icon: str
    url: Callable[[Any], str]
    method: str = "get"
    action: str = "update"
    primary: bool = False
    menu: bool = False
    danger: bool = False
    question: str = ""
    when: Callable[[Any], bool] = lambda record: True
    position: int = 100


@dataclass(frozen=True)
class Panel:
    """A panel at the right (place "right") or above the columns (place "top").

    `context(request, record)` gives what `template` needs as `panel`, or None where
    there is nothing to show. Panels stand in the order of `position`.
    """

    key: str
    title: str
    template: str
    context: Callable[[HttpRequest, Any], dict[str, Any] | None]
    place: str = "right"
    position: int = 100


class RecordRegistry:
    """What apps added to the record pages of others."""

    def __init__(self) -> None:
        self.panels: dict[str, list[Panel]] = defaultdict(list)
        self.actions: dict[str, list[RecordAction]] = defaultdict(list)
        self.keys: dict[str, list[Key]] = defaultdict(list)
        self.sections: dict[str, list[FactSection]] = defaultdict(list)


registry = RecordRegistry()


def register_panel(entity: str, panel: Panel) -> None:
    """Add a panel to the record page of an entity."""
    rest = [each for each in registry.panels[entity] if each.key != panel.key]
    registry.panels[entity] = sorted([*rest, panel], key=lambda each: each.position)


def register_action(entity: str, action: RecordAction) -> None:
    """Add a button or menu line to the record page of an entity."""
    rest = [each for each in registry.actions[entity] if each.key != action.key]
    registry.actions[entity] = [*rest, action]


def register_key(entity: str, key: Key) -> None:
    """Add a cell to the strip of key facts."""
    registry.keys[entity] = [
        *(each for each in registry.keys[entity] if each.label != key.label),
        key,
    ]


def register_facts(entity: str, section: FactSection) -> None:
    """Add a section of facts."""
    registry.sections[entity] = [
        *(each for each in registry.sections[entity] if each.title != section.title),
        section,
    ]
