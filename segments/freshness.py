"""From what changed back to the contacts it may concern.

Everything here errs on one side only: it may name a contact for which nothing
changed, never pass over one for which something did.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

from core.journal.consumers import EntryRow
from core.journal.interactions import interaction_kind
from core.query.language import Dependencies, affected_ids
from core.query.registry import QueryEntity, Relation
from core.query.tree import Block, Query, Related, all_conditions, walk_sets

ANY = "*"
CONTACT = "contact"
SEGMENT = "segment"
INTERACTION = "interaction"


@dataclass(frozen=True)
class Link:
    """A relation a query walks, and the entities on its two sides."""

    relation: Relation
    source: QueryEntity
    target: QueryEntity

    @property
    def holder(self) -> QueryEntity:
        """The side whose column makes the link."""
        return self.target if self.relation.column_on_target else self.source

    @property
    def held(self) -> QueryEntity:
        """The side that the column names."""
        return self.source if self.relation.column_on_target else self.target

    @property
    def held_by_id(self) -> bool:
        """Whether the value of the column is the id of the side it names."""
        relation = self.relation
        key = relation.local if relation.column_on_target else relation.remote
        return key in ("pk", "id")


def links_of(query: Query) -> Iterator[Link]:
    """Every relation the query walks."""
    for item in walk_sets(query.root):
        if isinstance(item, Block):
            for step in item.steps:
                yield Link(step.relation, step.source, step.target)
    for cond in all_conditions(query):
        if isinstance(cond, Related):
            yield Link(cond.relation, cond.entity, cond.target)


@dataclass
class Touched:
    """What a batch of entries changed: columns and ids by entity.

    `linked` holds the old values of changed columns: (entity, column) to values,
    through which a row was linked before and is no longer. `events` holds, for
    things that happened, the ids of the records they happened to.
    """

    columns: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    ids: dict[str, set[int]] = field(default_factory=lambda: defaultdict(set))
    linked: dict[tuple[str, str], set[int]] = field(
        default_factory=lambda: defaultdict(set)
    )
    events: dict[str, set[int]] = field(default_factory=lambda: defaultdict(set))
    members: dict[int, set[int]] = field(default_factory=lambda: defaultdict(set))

    def add(self, entry: EntryRow) -> None:
        """Take in one entry of whatever kind."""
        if entry.name in ("segment.entered", "segment.left"):
            self._add_member(entry)
            self._add_event(entry, SEGMENT)
        elif entry.name == "identity.joined" or interaction_kind(entry.name):
            self._add_event(entry, INTERACTION)
        elif entry.name in _facts:
            self._add_event(entry, _facts[entry.name])
        elif entry.verb in ("created", "updated", "deleted"):
            self._add_change(entry)

    def _add_member(self, entry: EntryRow) -> None:
        if entry.subject_id is not None and entry.contact_id is not None:
            self.ids[SEGMENT].add(entry.subject_id)
            self.members[entry.subject_id].add(entry.contact_id)

    def _add_event(self, entry: EntryRow, entity: str) -> None:
        self.columns[entity].add(ANY)
        numbers = (
            (CONTACT, entry.contact_id),
            ("lead", entry.lead_id),
            ("account", entry.account_id),
        )
        for key, number in numbers:
            if number is not None:
                self.events[key].add(number)

    def _add_change(self, entry: EntryRow) -> None:
        entity = entry.subject_type
        if entry.subject_id is None:
            return
        self.ids[entity].add(entry.subject_id)
        if entry.verb == "updated":
            self.columns[entity].update(entry.changes)
            before = {name: pair[0] for name, pair in entry.changes.items()}
        else:
            self.columns[entity].add(ANY)
            before = entry.values if entry.verb == "deleted" else {}
        for name, value in before.items():
            if isinstance(value, int) and not isinstance(value, bool):
                self.linked[entity, name].add(value)


_facts: dict[str, str] = {}


def register_fact(name: str, entity: str) -> None:
    """Say that entries of this name change rows of an entity that has no triggers.

    For example `score.changed` changes the scores of the lead it names.
    """
    _facts[name] = entity


def fact_names() -> list[str]:
    """The names that apps registered."""
    return sorted(_facts)


def is_concerned(needs: Dependencies, touched: Touched) -> bool:
    """Whether anything the query reads was touched."""
    if needs.segments & touched.ids[SEGMENT]:
        return True
    return any(
        ANY in changed or needs.reads(entity, changed)
        for entity, changed in touched.columns.items()
        if entity in needs.fields
    )


def concerned_ids(query: Query, needs: Dependencies, touched: Touched) -> set[int]:
    """The rows, contacts for a segment, for which the query may answer otherwise now.

    One query for each way the tree has to a changed entity, however many rows.
    """
    changed = _changed_rows(query, needs, touched)
    contacts: set[int] = set()
    for segment_id in needs.segments:
        contacts |= touched.members.get(segment_id, set())
    for entity, ids in changed.items():
        if ids:
            contacts |= affected_ids(query, entity, ids)
    return contacts


def _changed_rows(
    query: Query, needs: Dependencies, touched: Touched
) -> dict[str, set[int]]:
    """The changed rows of each entity, those with a link that is no more included."""
    changed: dict[str, set[int]] = defaultdict(set)
    for entity in needs.fields:
        changed[entity] |= touched.ids.get(entity, set())
    for link in links_of(query):
        before = touched.linked.get((link.holder.key, link.relation.column), set())
        if link.held_by_id:
            changed[link.held.key] |= before
        # What happened has no row that could have changed: its neighbours have, on
        # whichever side of the link the tree comes from.
        for event, neighbour in (
            (link.target, link.source),
            (link.source, link.target),
        ):
            if ANY in touched.columns.get(event.key, ()):
                changed[neighbour.key] |= touched.events.get(neighbour.key, set())
    return changed
