"""One chunk of an import: decide row by row in memory, write set-based."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import connection

from core.access.rights import EVERYTHING, rights_of
from core.base.copying import copy_rows
from core.base.text import email_normalise
from crm.imports.convert import Bad
from crm.imports.mapping import Plan
from crm.imports.registry import ImportEntity, ImportField, Merged
from crm.imports.rows import Converted
from crm.matching.find import Candidate, find_many, hold
from crm.matching.rules import match_key


@dataclass
class Setup:
    """What every chunk of one import needs, read once."""

    entity: ImportEntity
    plan: Plan
    fields: Mapping[str, ImportField]
    user: Any
    defaults: Mapping[str, Any]
    marketing_only: bool


@dataclass
class Target:
    """The record a row ends up in: its values now, and what the file changes."""

    pk: int
    new: bool
    now: dict[str, Any]
    changes: dict[str, Any] = field(default_factory=dict)
    reachable: bool = True


@dataclass
class Outcome:
    """What became of a row."""

    result: str
    record_id: int | None = None


@dataclass
class ChunkResult:
    """Outcomes by staging id, and what else the chunk made."""

    outcomes: dict[int, Outcome] = field(default_factory=dict)
    extra: dict[str, int] = field(default_factory=dict)


def merge_chunk(setup: Setup, rows: list[Converted]) -> ChunkResult:
    """Match, create and update the records of these rows, in the caller's transaction.

    Holds every identifying value of the chunk first, then the rows it matches. Rows
    that are refused get an error; nothing of theirs is written. Journaled by the
    tables' triggers.
    """
    good = [row for row in rows if not row.errors]
    hold(*(row.values for row in good))
    walk = _Walk(setup, good)
    result = ChunkResult()
    for row in rows:
        if not row.errors:
            result.outcomes[row.pk] = walk.place(row)
        if row.errors:
            result.outcomes.setdefault(row.pk, Outcome("rejected"))
    created = [target for target in walk.targets if target.new]
    updated = [target for target in walk.targets if not target.new and target.changes]
    _insert(setup, created)
    _update(setup, updated)
    if setup.entity.after is not None:
        merged = Merged([t.pk for t in created], [t.pk for t in walk.touched()])
        result.extra = setup.entity.after(setup, merged)
    return result


class _Walk:
    """Places the rows of a chunk in the order of the file.

    What an earlier row made or changed is seen by the later ones.
    """

    def __init__(self, setup: Setup, rows: list[Converted]) -> None:
        self.setup = setup
        entity = setup.entity
        self._identity = entity.identity
        self._amend = entity.amending() if entity.amending else None
        self._prepare = entity.preparing() if entity.preparing else entity.prepare
        self._by_external = self._externals(rows)
        self._by_match = self._candidates(rows)
        self._known = self._lock_and_read(self._wanted())
        self._by_key: dict[tuple[str, ...], Target] = {}
        self._new_ids: Iterator[int] = iter(())
        self._reserve = len(rows)
        self.targets: list[Target] = []
        self._seen: set[int] = set()

    def touched(self) -> list[Target]:
        """Existing records that a row of the chunk was accepted for."""
        return [t for t in self.targets if not t.new]

    def _externals(self, rows: list[Converted]) -> dict[str, int]:
        wanted = {row.values.get(self._identity) for row in rows} - {None}
        if not wanted:
            return {}
        state = f"state = '{self.setup.entity.open_state}', " * bool(
            self.setup.entity.open_state
        )
        with connection.cursor() as cursor:
            cursor.execute(
                f'SELECT {self._identity}, id FROM "{self.setup.entity.table}" '  # noqa: S608 - own names
                f"WHERE {self._identity} = ANY(%s) AND {self._identity} <> '' "
                f"ORDER BY {state}updated_at, id",
                [list(wanted)],
            )
            return dict(cursor.fetchall())

    def _candidates(self, rows: list[Converted]) -> dict[int, list[Candidate]]:
        """Matches of the rows that no external id settled.

        A row with an external id takes no record that bears another one: they are
        two records in the system the file comes from.
        """
        attributes = self.setup.plan.match
        target = self.setup.entity.matcher or self.setup.entity.key
        todo = [
            row
            for row in rows
            if row.values.get(self._identity) not in self._by_external
        ]
        found: dict[int, list[Candidate]] = {}
        for foreign in (True, False) if attributes else ():
            some = [
                r for r in todo if foreign is not bool(r.values.get(self._identity))
            ]
            matches = find_many(
                target, attributes, [r.values for r in some], foreign=foreign
            )
            found.update(
                (r.pk, match) for r, match in zip(some, matches, strict=True) if match
            )
        return found

    def _wanted(self) -> set[int]:
        ids = set(self._by_external.values())
        return ids.union(*([c.pk for c in found] for found in self._by_match.values()))

    def _lock_and_read(self, ids: set[int]) -> dict[int, Target]:
        """Lock the records that may change and read what the file could change."""
        if not ids:
            return {}
        columns = _read_columns(self.setup)
        rows = self.setup.entity.model._default_manager.filter(pk__in=ids)
        values = rows.order_by("pk").select_for_update(of=("self",))
        reach = self._reach(ids)
        return {
            row["pk"]: Target(row["pk"], False, row, reachable=row["pk"] in reach)
            for row in values.values("pk", *columns)
        }

    def _reach(self, ids: set[int]) -> set[int]:
        """The records that the importing user may update."""
        user = self.setup.user
        if user is None:
            return ids
        condition = rights_of(user).condition(self.setup.entity.key, "update")
        if condition == EVERYTHING:
            return ids
        rows = self.setup.entity.model._default_manager.filter(condition, pk__in=ids)
        return set(rows.values_list("pk", flat=True))

    def place(self, row: Converted) -> Outcome:
        """Find the record of this row and lay its values over it."""
        target = self._find(row)
        if target is None:
            return self._make(row)
        changes = self._changes(target, row.values)
        if not changes:
            self._use(target, row)
            return Outcome("unchanged", target.pk)
        if not self._may_change(target, changes, row):
            return Outcome("rejected", target.pk)
        if self._amend is not None:
            try:
                self._amend(target.now, changes)
            except Bad as bad:
                row.refuse(bad.attr, bad.code, bad.detail)
                return Outcome("rejected", target.pk)
        target.now.update(changes)
        target.changes.update(changes)
        self._use(target, row)
        return Outcome("updated", target.pk)

    def _find(self, row: Converted) -> Target | None:
        external = row.values.get(self._identity)
        if external and external in self._by_external:
            return self._known.get(self._by_external[external])
        for candidate in self._by_match.get(row.pk, ()):
            target = self._known.get(candidate.pk)
            if target is not None and _same_source(target, external, self._identity):
                return target
        key = match_key(self.setup.plan.match, row.values)
        made = self._by_key.get(key) if key else None
        return (
            made
            if made is not None and _same_source(made, external, self._identity)
            else None
        )

    def _changes(self, target: Target, values: Mapping[str, Any]) -> dict[str, Any]:
        changes: dict[str, Any] = {}
        custom = dict(target.now.get("custom") or {})
        for name, value in values.items():
            spec = self.setup.fields.get(name)
            if spec is None:
                continue
            if not spec.column:
                custom[spec.custom_key] = _plain(value)
                continue
            value = _overlaid(spec, target.now.get(name), value)
            if value != target.now.get(name):
                changes[name] = value
        if custom != (target.now.get("custom") or {}):
            changes["custom"] = custom
        return changes

    def _may_change(
        self, target: Target, changes: Mapping[str, Any], row: Converted
    ) -> bool:
        open_state = self.setup.entity.open_state
        if open_state and target.now.get("state") != open_state:
            row.refuse("", "closed", "The record is closed and cannot be changed.")
        elif open_state and ("state" in changes or "status_reason" in changes):
            row.refuse("state", "state_change", "An import does not close records.")
        elif not target.reachable:
            row.refuse("", "permission_denied", "Your role may not change this record.")
        return not row.errors

    def _make(self, row: Converted) -> Outcome:
        entity = self.setup.entity
        if not any(row.values.get(name) for name in entity.needs_one_of):
            needed = ", ".join(entity.needs_one_of)
            row.refuse(
                entity.needs_one_of[0], "required", f"Needs at least one of: {needed}."
            )
            return Outcome("rejected")
        target = Target(self._next_id(), True, dict(self.setup.defaults))
        target.now.update(self._changes(target, row.values))
        if self._prepare is not None:
            try:
                self._prepare(target.now)
            except Bad as bad:
                row.refuse(bad.attr, bad.code, bad.detail)
                return Outcome("rejected")
        self._use(target, row)
        return Outcome("created", target.pk)

    def _use(self, target: Target, row: Converted) -> None:
        key = match_key(self.setup.plan.match, row.values)
        if key:
            self._by_key.setdefault(key, target)
        if external := row.values.get(self._identity):
            self._by_external[external] = target.pk
        self._known[target.pk] = target
        if target.pk not in self._seen:
            self._seen.add(target.pk)
            self.targets.append(target)

    def _next_id(self) -> int:
        """Ids are drawn in one query for the chunk, when the first is needed."""
        found = next(self._new_ids, None)
        if found is None:
            self._new_ids = iter(_draw(self.setup.entity.table, self._reserve))
            found = next(self._new_ids)
        return found


def _same_source(target: Target, external: str | None, identity: str) -> bool:
    """Whether a record may be the one a row with this external id speaks of."""
    theirs = target.now.get(identity)
    return not external or not theirs or theirs == external


def _overlaid(spec: ImportField, before: Any, value: Any) -> Any:
    """The value after the file: preferences only tighten, tags and links add up.

    An address in another case is the same address.
    """
    if spec.kind == "email" and email_normalise(before or "") == email_normalise(value):
        return before
    if spec.strict:
        return bool(before) or value
    if spec.kind in ("tags", "links"):
        return [*(before or []), *(item for item in value if item not in before)]
    return value


def _plain(value: Any) -> Any:
    return value.isoformat() if hasattr(value, "isoformat") else value


def _read_columns(setup: Setup) -> list[str]:
    names = {spec.name for spec in setup.fields.values() if spec.column}
    if any(not spec.column for spec in setup.fields.values()):
        names.add("custom")
    names |= {setup.entity.identity, *setup.entity.reads}
    if setup.entity.open_state:
        names.add("state")
    return sorted(names)


def _draw(table: str, count: int) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence(%s, 'id')) "
            "FROM generate_series(1, %s)",
            [table, count],
        )
        return [pk for (pk,) in cursor.fetchall()]


def record_defaults(entity: ImportEntity, fixed: Mapping[str, Any]) -> dict[str, Any]:
    """Every field of a new record that Django, not the database, defaults."""
    found: dict[str, Any] = {}
    for column in entity.model._meta.concrete_fields:
        if column.generated or column.primary_key or column.has_db_default():
            continue
        found[column.name] = column.get_default()
    known = {column.name for column in entity.model._meta.concrete_fields}
    return {**found, **{name: v for name, v in fixed.items() if name in known}}


def _columns_of(entity: ImportEntity, names: Iterable[str]) -> list[str]:
    columns = {f.name: str(f.column) for f in entity.model._meta.concrete_fields}
    return [columns[name] for name in names]


def _insert(setup: Setup, targets: Sequence[Target]) -> None:
    if not targets:
        return
    names = list(setup.defaults)
    copy_rows(
        setup.entity.table,
        ["id", *_columns_of(setup.entity, names)],
        ([t.pk, *(t.now[name] for name in names)] for t in targets),
        usual=[None, *(setup.defaults[name] for name in names)],
    )


def _update(setup: Setup, targets: Sequence[Target]) -> None:
    """One UPDATE for all changed records, over the columns that any of them changes."""
    names = sorted({name for target in targets for name in target.changes})
    if not names:
        return
    columns = _columns_of(setup.entity, names)
    table, stage = setup.entity.table, "handoff_import_changes"
    listed = ", ".join(f'"{column}"' for column in columns)
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE IF EXISTS {stage}")
        cursor.execute(
            f"CREATE TEMP TABLE {stage} ON COMMIT DROP AS "  # noqa: S608 - own names
            f'SELECT id, {listed} FROM "{table}" WHERE false'
        )
        rows = ([t.pk, *(t.now[name] for name in names)] for t in targets)
        copy_rows(stage, ["id", *columns], rows)
        changes = ", ".join(f'"{column}" = s."{column}"' for column in columns)
        cursor.execute(
            f'UPDATE "{table}" t SET {changes} FROM {stage} s '  # noqa: S608 - own names
            "WHERE t.id = s.id"
        )
