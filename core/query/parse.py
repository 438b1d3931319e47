"""Validation: JSON in, typed nodes out, or the path of the first bad node.

The tree may come from anybody. Its depth is checked before each step down, so the
recursion here never goes deeper than the limit, and a list is measured before it is
read.
"""

from __future__ import annotations

from typing import Any

from core.query.errors import QueryError
from core.query.operators import (
    COUNT_OPERATORS,
    MAX_TEXT,
    OPERATORS,
    WITHOUT_VALUE,
    bad_value,
    clean_count,
    clean_value,
)
from core.query.registry import (
    CUSTOM,
    Field,
    QueryEntity,
    Relation,
    all_query_entities,
    query_entity,
    segment_source,
)
from core.query.shape import MAX_DEPTH, MAX_NODES, check_shape
from core.query.tree import (
    And,
    Block,
    Clause,
    Combine,
    Cond,
    Count,
    Not,
    Or,
    Query,
    Related,
    SegmentRef,
    Set,
    Step,
)

SETS = ("union", "intersect", "except")


def parse(
    tree: Any, *, ends_on: str | None = None, starts_from: str | None = None
) -> Query:
    """Validate a tree; QueryError with the path of the bad node otherwise.

    A bare condition is read as a block of the entity `starts_from`, where given.
    """
    check_shape(tree)
    parser = _Parser(starts_from)
    root = parser.root(tree)
    if ends_on is not None and root.end.key != ends_on:
        raise _wrong_end(root, ends_on)
    return Query(root, tree)


def _join(path: str, key: str) -> str:
    return f"{path}.{key}" if path else key


class _Parser:
    """One pass over one tree; counts its nodes and remembers the fields read."""

    def __init__(self, starts_from: str | None) -> None:
        self.starts_from = starts_from
        self.nodes = 0
        self.fields: dict[str, dict[str, Field]] = {}

    def enter(self, node: Any, path: str, depth: int) -> dict[str, Any]:
        """Every node is an object, not too deep, not one too many."""
        if depth > MAX_DEPTH:
            raise QueryError(
                path, "too_deep", f"At most {MAX_DEPTH} levels may be nested."
            )
        self.nodes += 1
        if self.nodes > MAX_NODES:
            raise QueryError(
                path, "too_large", f"At most {MAX_NODES} conditions are allowed."
            )
        if not isinstance(node, dict):
            raise QueryError(path, "not_an_object", "Expected an object here.")
        return node

    def root(self, tree: Any) -> Set:
        starts = {"from", "segment", *SETS}
        bare = isinstance(tree, dict) and tree and not starts & set(tree)
        # A "where" alone is a block that lacks its "from"; relations have one too.
        if bare and self.starts_from and ("related" in tree or "where" not in tree):
            entity = self.entity(self.starts_from, "")
            where, left_out = self.where(tree, entity, "", 1)
            return Block("", entity, where, (), None, entity, left_out)
        return self.set(tree, "", 0)

    # Sets

    def set(self, node: Any, path: str, depth: int) -> Set:
        found = self.enter(node, path, depth)
        if "from" in found:
            return self.block(found, path, depth)
        if "segment" in found:
            return self.segment(found, path)
        kind = self.only_key(found, SETS, path, 'a set: "from", "segment"')
        items = self.items(found[kind], _join(path, kind))
        if not items:
            raise bad_value(_join(path, kind), "Give at least one set.")
        parsed = tuple(
            self.set(item, f"{_join(path, kind)}[{n}]", depth + 1)
            for n, item in enumerate(items)
        )
        for item in parsed[1:]:
            if item.end.key != parsed[0].end.key:
                raise _wrong_end(item, parsed[0].end.key)
        return Combine(path, kind, parsed, parsed[0].end)

    def segment(self, node: dict[str, Any], path: str) -> SegmentRef:
        self.known_keys(node, ("segment",), path)
        place = _join(path, "segment")
        value = node["segment"]
        if isinstance(value, bool) or not isinstance(value, int):
            raise bad_value(place, "Give the id of a segment.")
        source = segment_source()
        name = source.name(value) if source and 0 < value < 2**63 else None
        entity = query_entity(source.entity) if source else None
        if name is None or entity is None:
            raise QueryError(place, "unknown_segment", f"There is no segment {value}.")
        if self.starts_from not in (None, entity.key):
            raise QueryError(
                place, "wrong_start", f"Only {self.starts_from} can be asked here."
            )
        return SegmentRef(path, value, name, entity)

    def block(self, node: dict[str, Any], path: str, depth: int) -> Block:
        self.known_keys(node, ("from", "where", "to", "then"), path)
        entity = self.start(node["from"], _join(path, "from"))
        where, left_out = self.where(
            node.get("where"), entity, _join(path, "where"), depth + 1
        )
        steps = self.steps(node.get("to"), entity, _join(path, "to"))
        end = steps[-1].target if steps else entity
        then_path = _join(path, "then")
        if node.get("then") is not None and not steps:
            raise QueryError(
                then_path, "unknown_key", '"then" narrows what "to" arrives at.'
            )
        then = None
        if steps:
            then, _ = self.where(node.get("then"), end, then_path, depth + 1)
        return Block(path, entity, where, steps, then, end, left_out)

    def start(self, name: Any, path: str) -> QueryEntity:
        entity = self.entity(name, path)
        if not entity.start:
            raise self.unknown_entity(name, path)
        if self.starts_from not in (None, entity.key):
            raise QueryError(
                path, "wrong_start", f'The block must start from "{self.starts_from}".'
            )
        return entity

    def entity(self, name: Any, path: str) -> QueryEntity:
        entity = query_entity(name) if isinstance(name, str) else None
        if entity is None:
            raise self.unknown_entity(name, path)
        return entity

    def unknown_entity(self, name: Any, path: str) -> QueryError:
        keys = ", ".join(item.key for item in all_query_entities() if item.start)
        return QueryError(
            path,
            "unknown_entity",
            f"{_shown(name)} is not an entity; choose one of: {keys}.",
        )

    def steps(self, names: Any, entity: QueryEntity, path: str) -> tuple[Step, ...]:
        if names is None:
            return ()
        if not isinstance(names, list):
            raise bad_value(path, "Give a list of relations.")
        if len(names) > MAX_DEPTH:
            raise QueryError(path, "too_deep", f"At most {MAX_DEPTH} steps fit.")
        found: list[Step] = []
        for number, name in enumerate(names):
            relation = self.relation(entity, name, f"{path}[{number}]")
            target = self.entity(relation.target, f"{path}[{number}]")
            passed = number + 1 < len(names)
            implied = self.where(None, target, path, 0)[0] if passed else None
            found.append(Step(relation, entity, target, implied))
            entity = target
        return tuple(found)

    # Conditions

    def where(
        self, node: Any, entity: QueryEntity, path: str, depth: int
    ) -> tuple[Cond | None, tuple[str, ...]]:
        """The condition on rows of an entity, with what applies unless named."""
        cond = self.optional(node, entity, path, depth)
        named = {
            item.field.name
            for item in _own_conditions(cond)
            if isinstance(item, Clause)
        }
        added = [
            Clause(path, entity, found, "eq", value, implied=True)
            for name, value in entity.unless_named.items()
            if name not in named and (found := entity.own_field(name))
        ]
        if not added:
            return cond, ()
        items = (cond, *added) if cond is not None else tuple(added)
        return And(path, items), tuple(item.field.name for item in added)

    def optional(
        self, node: Any, entity: QueryEntity, path: str, depth: int
    ) -> Cond | None:
        return None if node is None else self.cond(node, entity, path, depth)

    def cond(self, node: Any, entity: QueryEntity, path: str, depth: int) -> Cond:
        found = self.enter(node, path, depth)
        if "field" in found:
            return self.clause(found, entity, path)
        if "related" in found:
            return self.related(found, entity, path, depth)
        kind = self.only_key(
            found, ("and", "or", "not"), path, 'a condition: "field", "related"'
        )
        place = _join(path, kind)
        if kind == "not":
            return Not(path, self.cond(found["not"], entity, place, depth + 1))
        items = tuple(
            self.cond(item, entity, f"{place}[{n}]", depth + 1)
            for n, item in enumerate(self.items(found[kind], place))
        )
        return And(path, items) if kind == "and" else Or(path, items)

    def clause(self, node: dict[str, Any], entity: QueryEntity, path: str) -> Clause:
        self.known_keys(node, ("field", "op", "value"), path)
        found = self.field(entity, node["field"], _join(path, "field"))
        op = node.get("op")
        allowed = OPERATORS[found.kind]
        if not isinstance(op, str) or op not in allowed:
            raise QueryError(
                _join(path, "op"),
                "unknown_operator",
                f"{_shown(op)} is not an operator of {found.name}; choose one of: "
                f"{', '.join(allowed)}.",
            )
        place = _join(path, "value")
        if op in WITHOUT_VALUE:
            if node.get("value") is not None:
                raise bad_value(place, f"The operator {op} takes no value.")
            return Clause(path, entity, found, op)
        if node.get("value") is None:
            raise bad_value(place, "A value is needed; for empty use blank.")
        value = clean_value(found.kind, op, node["value"], place)
        return Clause(path, entity, found, op, value)

    def field(self, entity: QueryEntity, name: Any, path: str) -> Field:
        found = None
        if isinstance(name, str) and len(name) <= MAX_TEXT:
            found = entity.own_field(name)
            if found is None and name.startswith(CUSTOM):
                found = self.all_fields(entity).get(name)
        if found is None:
            raise QueryError(
                path, "unknown_field", f"{entity.label} has no field {_shown(name)}."
            )
        return found

    def all_fields(self, entity: QueryEntity) -> dict[str, Field]:
        if entity.key not in self.fields:
            self.fields[entity.key] = entity.field_map()
        return self.fields[entity.key]

    def related(
        self, node: dict[str, Any], entity: QueryEntity, path: str, depth: int
    ) -> Related:
        self.known_keys(node, ("related", "where", "count"), path)
        place = _join(path, "related")
        relation = self.relation(entity, node["related"], place)
        target = self.entity(relation.target, place)
        where, left_out = self.where(
            node.get("where"), target, _join(path, "where"), depth + 1
        )
        count = self.count(node.get("count"), _join(path, "count"))
        return Related(path, entity, relation, target, where, count, left_out)

    def relation(self, entity: QueryEntity, name: Any, path: str) -> Relation:
        found = entity.relation(name) if isinstance(name, str) else None
        if found is None or query_entity(found.target) is None:
            known = ", ".join(item.name for item in entity.relation_list) or "none"
            raise QueryError(
                path,
                "unknown_relation",
                f"{entity.label} has no relation {_shown(name)}; it has: {known}.",
            )
        return found

    def count(self, node: Any, path: str) -> Count | None:
        if node is None:
            return None
        if not isinstance(node, dict):
            raise QueryError(path, "not_an_object", "Expected an object here.")
        self.known_keys(node, ("op", "value"), path)
        op = node.get("op")
        if not isinstance(op, str) or op not in COUNT_OPERATORS:
            raise QueryError(
                _join(path, "op"),
                "unknown_operator",
                f"Choose one of: {', '.join(COUNT_OPERATORS)}.",
            )
        return Count(op, clean_count(op, node.get("value"), _join(path, "value")))

    # Shape

    def items(self, value: Any, path: str) -> list[Any]:
        if not isinstance(value, list):
            raise QueryError(path, "not_a_list", "Expected a list here.")
        if len(value) > MAX_NODES:
            raise QueryError(
                path, "too_large", f"At most {MAX_NODES} conditions are allowed."
            )
        return value

    def known_keys(
        self, node: dict[str, Any], keys: tuple[str, ...], path: str
    ) -> None:
        for key in node:
            if key not in keys:
                raise QueryError(
                    _join(path, str(key)[:100]),
                    "unknown_key",
                    f"Unknown key; allowed are: {', '.join(keys)}.",
                )

    def only_key(
        self, node: dict[str, Any], keys: tuple[str, ...], path: str, what: str
    ) -> str:
        known = [key for key in keys if key in node]
        if not known:
            listed = ", ".join(f'"{key}"' for key in keys)
            raise QueryError(path, "unknown_node", f"Expected {what}, {listed}.")
        self.known_keys(node, (known[0],), path)
        return known[0]


def _own_conditions(cond: Cond | None) -> list[Cond]:
    """The conditions on the rows themselves, without those on related rows."""
    found: list[Cond] = []
    stack = [cond] if cond is not None else []
    while stack:
        item = stack.pop()
        found.append(item)
        if isinstance(item, And | Or):
            stack.extend(item.items)
        elif isinstance(item, Not):
            stack.append(item.item)
    return found


def _shown(value: Any) -> str:
    return f'"{value[:100]}"' if isinstance(value, str) else "This"


def _wrong_end(item: Set, ends_on: str) -> QueryError:
    """The message says which relation leads to where the query must end."""
    if isinstance(item, Combine):
        return _wrong_end(item.items[0], ends_on)
    target = query_entity(ends_on)
    plural = target.plural.lower() if target else ends_on
    ways = [way.name for way in item.end.relation_list if way.target == ends_on]
    if ways:
        listed = " or ".join(f'"{way}"' for way in ways)
        detail = f'It must end on {plural}: add {listed} to "to".'
    else:
        detail = f"It must end on {plural}; it ends on {item.end.plural.lower()}."
    place = (
        f"to[{len(item.steps) - 1}]"
        if isinstance(item, Block) and item.steps
        else ("from" if isinstance(item, Block) else "segment")
    )
    return QueryError(_join(item.path, place), "wrong_end", detail)
