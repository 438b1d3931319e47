"""Which records stand in processes, and where they keep it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db.models import Model


@dataclass(frozen=True)
class ProcessEntity:
    """An entity whose records stand in stages.

    `process`, `stage` and `since` name its columns; `state`, `ended_at` and `ticks`
    are called `process_state`, `process_ended_at` and `process_ticks` everywhere.
    `fields` gives what data steps may show besides custom fields.
    """

    key: str
    model: type[Model]
    fields: Callable[[], frozenset[str]]
    process: str = "process"
    stage: str = "stage"
    since: str = "stage_since"


_entities: dict[str, ProcessEntity] = {}


def register_process_entity(entity: ProcessEntity) -> None:
    """Let records of an entity stand in processes; from ready()."""
    _entities[entity.key] = entity


def process_entity(key: str) -> ProcessEntity:
    """The entity of this key; KeyError where nobody registered it."""
    return _entities[key]


def process_entities() -> dict[str, ProcessEntity]:
    """Every entity whose records stand in processes."""
    return dict(_entities)


def place_of(record: Any) -> tuple[str, str]:
    """The process and the stage in which a record stands."""
    at = next(e for e in _entities.values() if isinstance(record, e.model))
    return getattr(record, at.process), getattr(record, at.stage)
