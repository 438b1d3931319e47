"""What rights can be granted on: every entity is registered by the app that owns it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from django.db.models import Model

STANDARD_ACTIONS = ("create", "read", "update", "delete")


@dataclass(frozen=True)
class Entity:
    """A kind of record that roles speak of.

    `owner_field` and `team_field` name the columns that the levels own, team and
    below are counted from; an entity without them knows only the level all.
    `extra_actions` are rights beyond create, read, update and delete, with the
    words that the roles page shows for them.
    """

    key: str
    label: str
    plural: str
    model: type[Model]
    owner_field: str | None = "owner"
    team_field: str | None = "team"
    extra_actions: Mapping[str, str] = field(default_factory=dict)

    @property
    def actions(self) -> tuple[str, ...]:
        return (*STANDARD_ACTIONS, *self.extra_actions)


_entities: dict[str, Entity] = {}


def register_entity(entity: Entity) -> None:
    """Make an entity known; called from AppConfig.ready()."""
    _entities[entity.key] = entity


def entity_of(key: str) -> Entity:
    """The entity of this key; KeyError where no app registered it."""
    return _entities[key]


def entity_for_model(model: type[Model]) -> Entity | None:
    """The entity whose rows this model holds, if any."""
    return next((e for e in _entities.values() if e.model is model), None)


def all_entities() -> list[Entity]:
    """Every registered entity, in the order of registration."""
    return list(_entities.values())
