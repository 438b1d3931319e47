"""What the query language can reach: entities, their fields and relations.

Nothing outside this registry can be named in a tree. Apps register in
`AppConfig.ready()`; upper apps add fields and relations to entities of lower ones
with `extend_query_entity`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from django.db.models import F, ForeignKey, Model, QuerySet
from django.db.models.expressions import Combinable
from django.db.models.fields.reverse_related import ForeignObjectRel

KINDS = (
    "text",
    "code",
    "choice",
    "number",
    "boolean",
    "date",
    "datetime",
    "multi",
    "lookup",
)
CUSTOM = "custom."

Choices = Sequence[tuple[str, str]]
Path = str | Callable[[], Combinable]


@dataclass(frozen=True)
class Field:
    """One field of an entity.

    `kind` is one of KINDS; `code` is a text that is stored in lower case by
    construction (a state, a name of an interaction), so that its index serves.
    `path` is a Django path from the entity's model (the name by default) or a
    callable that returns an expression. `json` says that the path is a JSON object
    in which the value stands under `json`. `columns` are the columns whose change
    changes the value, as the journal names them.
    """

    name: str
    label: str
    kind: str
    choices: Choices | Callable[[], Choices] | None = None
    path: Path | None = None
    json: str | None = None
    columns: tuple[str, ...] = ()
    target: str | None = None
    hidden: bool = False

    def expression(self) -> Combinable:
        """The column (or whole JSON object) that holds the value."""
        path = self.path or self.name
        return path() if callable(path) else F(path)

    @property
    def reads(self) -> tuple[str, ...]:
        """The columns this field is read from, as the journal names them."""
        if self.columns:
            return self.columns
        path = self.path or self.name
        return (path.split("__")[0] if isinstance(path, str) else self.name,)

    def choice_list(self) -> list[tuple[str, str]]:
        """Values and labels to offer; may read the database."""
        found = self.choices() if callable(self.choices) else self.choices
        return [(str(value), str(label)) for value, label in found or ()]


@dataclass(frozen=True)
class Relation:
    """A way from one entity to the rows of another.

    `path` is a Django relation of the model, forward or reverse; or `local` and
    `remote` name the columns that are equal (for numbers that are no foreign keys).
    `enforced` says that a value of `local` is always a row of the target, and
    `column` is the column that makes the link, as the journal names it.
    """

    name: str
    label: str
    target: str
    path: str | None = None
    many: bool = True
    local: str = ""
    remote: str = ""
    enforced: bool = False
    column: str = ""
    column_on_target: bool = True

    def resolved(self, model: type[Model]) -> Relation:
        """This relation with its two columns filled in from the model's path."""
        if self.local and self.remote:
            forward = self.remote in ("id", "pk")
            column = self.local if forward else self.remote
            return replace(
                self,
                column=self.column or column.removesuffix("_id"),
                column_on_target=not forward,
            )
        found = model._meta.get_field(self.path or self.name)
        if isinstance(found, ForeignKey):
            return replace(
                self,
                local=found.attname,
                remote="pk",
                many=False,
                enforced=bool(getattr(found, "db_constraint", False)),
                column=found.name,
                column_on_target=False,
            )
        assert isinstance(found, ForeignObjectRel)
        link = found.field
        assert isinstance(link, ForeignKey), "only foreign keys make relations"
        return replace(
            self,
            local="pk",
            remote=link.attname,
            column=link.name,
            column_on_target=True,
            enforced=bool(getattr(link, "db_constraint", False)),
        )


@dataclass(eq=False)
class QueryEntity:
    """A kind of row that a tree can start from or walk to.

    `rows` gives the rows of the entity (all of the model by default). `unless_named`
    holds conditions that apply as long as a tree does not name the field itself.
    `events` marks rows that happen over time and are many: their counts are grouped
    in one scan. `start` says whether a block may begin here. `dynamic` gives further
    fields, read when a tree is validated.

    For events, `event_name` and `event_time` are the fields that say what happened
    and when, and `event_names` gives the names that belong to the entity where the
    model holds other rows too.
    """

    key: str
    label: str
    plural: str
    model: type[Model]
    fields: Iterable[Field] = ()
    relations: Iterable[Relation] = ()
    rows: Callable[[], QuerySet[Any]] | None = None
    unless_named: Mapping[str, bool] = field(default_factory=dict)
    events: bool = False
    start: bool = True
    dynamic: Callable[[], Iterable[Field]] | None = None
    event_name: str = ""
    event_time: str = ""
    event_names: Callable[[], Iterable[str]] | None = None

    def __post_init__(self) -> None:
        self._fields = {item.name: item for item in self.fields}
        self._relations = {
            item.name: item.resolved(self.model) for item in self.relations
        }

    def extend(self, fields: Iterable[Field], relations: Iterable[Relation]) -> None:
        """Add what an upper app knows; a name given again replaces the first."""
        self._fields.update((item.name, item) for item in fields)
        self._relations.update(
            (item.name, item.resolved(self.model)) for item in relations
        )

    def queryset(self, names: Iterable[str] | None = None) -> QuerySet[Any]:
        """All rows of this entity, without order.

        `names` are those that a condition admits anyway: where all of them belong to
        the entity, nothing needs to be added.
        """
        rows = self.rows() if self.rows else self.model._base_manager.all()
        if self.event_names is not None:
            known = set(self.event_names())
            if names is None or not known.issuperset(names):
                rows = rows.filter(**{f"{self.event_name}__in": sorted(known)})
        return rows.order_by()

    def field_map(self) -> dict[str, Field]:
        """All fields by name, the custom ones included; may read the database."""
        extra = self.dynamic() if self.dynamic else ()
        return {**self._fields, **{item.name: item for item in extra}}

    def own_field(self, name: str) -> Field | None:
        """A field that is not a custom one."""
        return self._fields.get(name)

    def relation(self, name: str) -> Relation | None:
        return self._relations.get(name)

    @property
    def relation_list(self) -> list[Relation]:
        return list(self._relations.values())


@dataclass(frozen=True)
class SegmentSource:
    """Where `{"segment": ID}` finds its members; registered by the segments app.

    `members` gives a queryset of one column, the ids of the members; `name` the
    segment's name, or None where there is no such segment.
    """

    entity: str
    members: Callable[[int], QuerySet[Any, Any]]
    name: Callable[[int], str | None]


@dataclass
class _Known:
    entities: dict[str, QueryEntity] = field(default_factory=dict)
    waiting: list[tuple[str, list[Field], list[Relation]]] = field(default_factory=list)
    segments: SegmentSource | None = None
    source_names: dict[str, tuple[type[Model], str]] = field(default_factory=dict)


_known = _Known()


def register_query_entity(entity: QueryEntity) -> None:
    """Make an entity known; called from AppConfig.ready()."""
    _known.entities[entity.key] = entity
    for key, fields, relations in _known.waiting:
        if key == entity.key:
            entity.extend(fields, relations)


def extend_query_entity(
    key: str,
    *,
    fields: Iterable[Field] = (),
    relations: Iterable[Relation] = (),
) -> None:
    """Add fields and relations to an entity, whichever is registered first."""
    extra = (key, list(fields), list(relations))
    _known.waiting.append(extra)
    if key in _known.entities:
        _known.entities[key].extend(extra[1], extra[2])


def register_segment_source(source: SegmentSource) -> None:
    """Say where `{"segment": ID}` finds its members."""
    _known.segments = source


def segment_source() -> SegmentSource | None:
    """Where segments are found, once their app has registered."""
    return _known.segments


def register_source_name(source_type: str, model: type[Model], name: str) -> None:
    """Say which model and column name the sources of interactions of one type."""
    _known.source_names[source_type] = (model, name)


def source_names() -> dict[str, tuple[type[Model], str]]:
    """Model and naming column by source type."""
    return dict(_known.source_names)


def query_entity(key: str) -> QueryEntity | None:
    """The entity of this key, if registered."""
    return _known.entities.get(key)


def all_query_entities() -> list[QueryEntity]:
    """Every entity, in the order of registration."""
    return list(_known.entities.values())
