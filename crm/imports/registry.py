"""What can be imported: entities and their fields, registered by their apps."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from django.contrib.postgres.fields import ArrayField
from django.db import models

from core.base.errors import Invalid
from crm.models import CustomField

Kind = Literal[
    "text",
    "email",
    "url",
    "integer",
    "decimal",
    "boolean",
    "date",
    "datetime",
    "choice",
    "list",
    "lookup",
    "tags",
    "links",
    "multi_choice",
]
Lookup = Callable[[set[str], Any], Mapping[str, Sequence[int]]]


@dataclass(frozen=True)
class ImportField:
    """One field that a column of a file can fill.

    `list` names the extensible list of its values; `choices` maps the stored value
    to its label; `lookup` finds ids by words ({words: [ids]}), for the user who
    imports. `strict` marks a preference: an import sets it and never clears it.
    `column` is the database column; custom fields have none.
    """

    name: str
    label: str
    kind: Kind
    column: str = ""
    max_length: int | None = None
    max_digits: int | None = None
    decimal_places: int = 0
    choices: Mapping[str, str] = field(default_factory=dict)
    list: str = ""
    lookup: Lookup | None = None
    strict: bool = False

    @property
    def custom_key(self) -> str:
        """The key in `custom`, for custom fields."""
        return self.name.removeprefix("custom.") if not self.column else ""


@dataclass(frozen=True)
class Merged:
    """What a chunk wrote: ids of the rows it made and of those it changed."""

    created: list[int]
    updated: list[int]


@dataclass(frozen=True)
class ImportEntity:
    """An entity that files can bring.

    `needs_one_of` are the fields of which a new record must have one. `match` is
    compared where the mapping says nothing. `prepare` completes the values of a new
    record; `preparing` makes such a function for each chunk, where it must read.
    `closed` names the state field and the values under which a record is read-only;
    `after` runs in the chunk's transaction and answers the counts of contacts and
    accounts it made. `identity` is the column by which a file speaks of a record it
    brought before; `dynamic` gives fields whose choices are data; `amending` makes the
    function that adds what follows from a change of a record (of which `reads` are
    read too).
    """

    key: str
    label: str
    plural: str
    model: type[models.Model]
    fields: Mapping[str, ImportField]
    needs_one_of: Sequence[str]
    match: Sequence[str] = ("email",)
    matcher: str = ""
    prepare: Callable[[dict[str, Any]], None] | None = None
    preparing: Callable[[], Callable[[dict[str, Any]], None]] | None = None
    open_state: str = ""
    after: Callable[[Any, Merged], dict[str, int]] | None = None
    identity: str = "external_id"
    dynamic: Callable[[], Mapping[str, ImportField]] = dict
    amending: Callable[[], Callable[[dict[str, Any], dict[str, Any]], None]] | None = (
        None
    )
    reads: Sequence[str] = ()

    @property
    def table(self) -> str:
        return self.model._meta.db_table


_entities: dict[str, ImportEntity] = {}


def register_import_entity(entity: ImportEntity) -> None:
    """Make an entity importable; called from AppConfig.ready()."""
    _entities[entity.key] = entity


def import_entities() -> list[ImportEntity]:
    """Every importable entity, in the order of registration."""
    return list(_entities.values())


def import_entity(key: str) -> ImportEntity:
    """The importable entity of this key; Invalid where there is none."""
    try:
        return _entities[key]
    except KeyError:
        known = ", ".join(sorted(_entities))
        raise Invalid(
            "unknown_entity", f"{key!r} cannot be imported; {known} can.", attr="entity"
        ) from None


def fields_of(entity: ImportEntity) -> dict[str, ImportField]:
    """The entity's fields and its custom fields. One query."""
    found = {**entity.fields, **entity.dynamic()}
    kinds: dict[str, Kind] = {"number": "decimal", "boolean": "boolean"}
    for row in CustomField.objects.filter(entity=entity.key, active=True):
        kind: Any = kinds.get(row.kind, row.kind)
        found[f"custom.{row.key}"] = ImportField(
            name=f"custom.{row.key}",
            label=row.label,
            kind=kind,
            max_length=10_000,
            max_digits=30,
            decimal_places=10,
            choices={str(choice): str(choice) for choice in row.choices},
        )
    return found


def model_fields(
    model: type[models.Model],
    names: Sequence[str],
    *,
    lists: Sequence[str] = (),
    lookups: Mapping[str, Lookup] | None = None,
    strict: Sequence[str] = (),
) -> dict[str, ImportField]:
    """Describe these model fields for import; `lists` are extensible lists."""
    found = {}
    for name in names:
        column = model._meta.get_field(name)
        assert isinstance(column, models.Field)
        found[name] = ImportField(
            name=name,
            label=str(column.verbose_name).capitalize(),
            kind=_kind(column, name in lists),
            column=str(column.column),
            max_length=column.max_length,
            max_digits=getattr(column, "max_digits", None),
            decimal_places=getattr(column, "decimal_places", None) or 0,
            choices=dict(column.flatchoices) if column.choices else {},
            list=name if name in lists else "",
            lookup=(lookups or {}).get(name),
            strict=name in strict,
        )
    return found


_KINDS: list[tuple[type[models.Field], Kind]] = [
    (models.ForeignKey, "lookup"),
    (models.BooleanField, "boolean"),
    (models.IntegerField, "integer"),
    (models.DecimalField, "decimal"),
    (models.DateTimeField, "datetime"),
    (models.DateField, "date"),
    (models.URLField, "url"),
]


def _kind(column: models.Field[Any, Any], is_list: bool) -> Kind:
    if is_list:
        return "list"
    if column.choices:
        return "choice"
    if isinstance(column, ArrayField):
        return "tags" if column.name == "tags" else "links"
    if column.name == "email":
        return "email"
    return next((kind for base, kind in _KINDS if isinstance(column, base)), "text")
