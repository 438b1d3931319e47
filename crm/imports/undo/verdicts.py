"""Whether a record an import made may go, and which fields it changed go back."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.db import connection, models

from core.access.rights import EVERYTHING, rights_of
from crm.imports.registry import ImportEntity, import_entity
from crm.imports.undo.traces import Trace, read_traces
from crm.services.holds import (
    Hold,
    free_of,
    grouped,
    holds_on,
    last_interactions,
)

Why = dict[str, str]
WORDS = {
    "closed": "It was closed since.",
    "delete_closed": "Only administrators delete closed leads.",
    "changed": "Somebody changed it since.",
    "interaction": "The person was active since: a visit, an answer or an email.",
    "denied": "Your role may not delete it.",
    "update_denied": "Your role may not change it.",
    "untraced": "It was imported before imports could be undone.",
    "changed_since": "Was changed since and stays as it is.",
    "gone": "What stood here before is gone by now.",
    "in_the_way": "The value from before is taken by now.",
    "missing": "It was deleted or merged since.",
}


def why(code: str, attr: str = "", detail: str = "") -> Why:
    """One line of the report."""
    return {"attr": attr, "code": code, "detail": detail or WORDS[code]}


@dataclass
class Verdict:
    """What an undo does to one record: it goes, gets values back, or stays.

    `held` are the reasons why it, or a field of it, stays.
    """

    pk: int
    trace: Trace
    goes: bool = False
    back: dict[str, Any] = field(default_factory=dict)
    held: list[Why] = field(default_factory=list)
    exists: bool = True

    @property
    def outcome(self) -> str:
        """The word for the report; empty where the import did nothing to it."""
        if self.trace.taken or self.goes:
            return "undone"
        if not self.exists:
            return "gone"
        if self.held:
            return "partly" if self.back else "kept"
        return "undone" if self.trace.changes or self.trace.created else ""


@dataclass
class Court:
    """Judges the records of one import for one user.

    `released` names what an earlier part of the same undo lets go of: rows that go
    (model label, id, "") and look-ups that are emptied (model label, id, column). A
    preview fills it; where the undo runs they are gone indeed.
    """

    import_id: int
    user: Any
    released: set[tuple[str, int, str]] = field(default_factory=set)

    def judge(
        self, key: str, ids: Collection[int], *, lock: bool
    ) -> dict[int, Verdict]:
        """The verdicts on these records, by id.

        With `lock` the records' rows are locked first, in the order of their ids:
        what somebody changes later waits, what came before is seen.
        """
        spec = import_entity(key)
        state = _states(spec, ids, lock=lock)
        traces = read_traces(self.import_id, key, ids)
        found = {pk: Verdict(pk, traces.get(pk, Trace())) for pk in ids}
        for verdict in found.values():
            verdict.exists = verdict.pk in state
        here = [verdict for verdict in found.values() if verdict.exists]
        made = [verdict for verdict in here if verdict.trace.created]
        changed = [v for v in here if not v.trace.created and v.trace.changes]
        self._made(spec, made, state)
        self._changed(spec, changed, state)
        return found

    def traces(self, key: str, ids: Collection[int]) -> dict[int, Trace]:
        """What the import did to these records, also where they are gone."""
        return read_traces(self.import_id, key, ids)

    def untraced(self, verdicts: Mapping[int, Verdict], ids: Collection[int]) -> None:
        """Hold what the report says was written and of which nothing tells."""
        for pk in ids:
            verdict = verdicts[pk]
            if verdict.exists and not verdict.outcome:
                verdict.held.append(why("untraced"))

    def release(self, key: str, verdicts: Mapping[int, Verdict]) -> None:
        """Remember what goes and what lets go, for the next parts of a preview."""
        model = import_entity(key).model
        for verdict in verdicts.values():
            if verdict.goes:
                self.released.add((model._meta.label, verdict.pk, ""))
            for name in verdict.back:
                column = _attname(model, name)
                self.released.add((model._meta.label, verdict.pk, column))

    def _made(
        self, spec: ImportEntity, made: list[Verdict], state: Mapping[int, str]
    ) -> None:
        if not made:
            return
        ids = {verdict.pk for verdict in made}
        may = _reach(self.user, spec, ids, "delete")
        may_closed = _reach_closed(self.user, spec, ids)
        seen = last_interactions(spec.key, ids)
        for verdict in made:
            trace = verdict.trace
            codes = {
                "closed": _closed_since(spec, trace, state[verdict.pk]),
                "changed": bool(trace.touched),
                "interaction": seen.get(verdict.pk, 0) > trace.last_entry,
                "denied": verdict.pk not in may,
                "delete_closed": verdict.pk not in may_closed
                and state[verdict.pk] not in ("", spec.open_state),
            }
            verdict.held += [why(code) for code, holds in codes.items() if holds]
        self._free(spec, made)

    def _free(self, spec: ImportEntity, made: list[Verdict]) -> None:
        """Let those go that nothing holds, and say of the others what does."""
        ids = {verdict.pk for verdict in made}
        holds = [h for h in holds_on(spec.key, spec.model, ids) if not self._out(h)]
        going = {verdict.pk for verdict in made if not verdict.held}
        free = free_of(holds, going, spec.model)
        by_record = grouped(holds)
        for verdict in made:
            verdict.goes = verdict.pk in free
            if not verdict.goes:
                names = sorted(
                    {h.what for h in by_record.get(verdict.pk, ()) if h.row_id}
                )
                verdict.held += [_held_by(name) for name in names]

    def _out(self, hold: Hold) -> bool:
        label = hold.model._meta.label
        return (label, hold.row_id, "") in self.released or (
            label,
            hold.row_id,
            hold.column,
        ) in self.released

    def _changed(
        self, spec: ImportEntity, changed: list[Verdict], state: Mapping[int, str]
    ) -> None:
        if not changed:
            return
        may = _reach(self.user, spec, {v.pk for v in changed}, "update")
        now = _values(spec.model, changed)
        for verdict in changed:
            if spec.open_state and state[verdict.pk] != spec.open_state:
                verdict.held.append(why("closed"))
            elif verdict.pk not in may:
                verdict.held.append(why("update_denied"))
            else:
                _weigh(verdict, now[verdict.pk])
        _without_gone(spec.model, changed)


def _held_by(name: str) -> Why:
    return why("held", detail=f"Somebody built on it: {name}.")


def _states(spec: ImportEntity, ids: Collection[int], *, lock: bool) -> dict[int, str]:
    """The records that are there, with their state where it can be closed."""
    rows: Any = spec.model._default_manager.filter(pk__in=ids).order_by("pk")
    if lock:
        rows = rows.select_for_update(of=("self",))
    if not spec.open_state:
        return dict.fromkeys(rows.values_list("pk", flat=True), "")
    return dict(rows.values_list("pk", "state"))


def _closed_since(spec: ImportEntity, trace: Trace, now: str) -> bool:
    return bool(spec.open_state) and now not in (spec.open_state, trace.wrote("state"))


def _reach(user: Any, spec: ImportEntity, ids: set[int], action: str) -> set[int]:
    """Those of the records that the user may delete or change."""
    if user is None:
        return ids
    condition = rights_of(user).condition(spec.key, action)
    if condition == EVERYTHING:
        return ids
    rows = spec.model._default_manager.filter(condition, pk__in=ids)
    return set(rows.values_list("pk", flat=True))


def _reach_closed(user: Any, spec: ImportEntity, ids: set[int]) -> set[int]:
    return _reach(user, spec, ids, "delete_closed") if spec.key == "lead" else ids


def _attname(model: type[models.Model], name: str) -> str:
    column: Any = model._meta.get_field(name)
    return str(column.attname)


def _values(model: type[models.Model], changed: list[Verdict]) -> dict[int, Any]:
    """The values now, spelled as the journal spells them."""
    names = sorted({name for verdict in changed for name in verdict.trace.changes})
    columns = [(name, str(_column(model, name).column)) for name in names]
    pairs = ", ".join(f"'{name}', to_json(\"{column}\")" for name, column in columns)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT id, jsonb_build_object({pairs})::text "  # noqa: S608 - own names
            f'FROM "{model._meta.db_table}" WHERE id = ANY(%s)',
            [[verdict.pk for verdict in changed]],
        )
        return {
            pk: json.loads(text, parse_float=Decimal) for pk, text in cursor.fetchall()
        }


def _column(model: type[models.Model], name: str) -> Any:
    return model._meta.get_field(name)


def _weigh(verdict: Verdict, now: Mapping[str, Any]) -> None:
    """Field by field: still what the import left, or changed since."""
    for name, (before, after) in verdict.trace.changes.items():
        if name == "custom":
            _weigh_custom(verdict, now[name] or {}, before or {}, after or {})
        elif now[name] == before:
            continue
        elif now[name] == after and name not in verdict.trace.touched:
            verdict.back[name] = before
        else:
            verdict.held.append(why("changed_since", name))


def _weigh_custom(
    verdict: Verdict, now: dict[str, Any], before: dict[str, Any], after: dict[str, Any]
) -> None:
    back = dict(now)
    for key in sorted({*before, *after}):
        then, left = before.get(key), after.get(key)
        if then == left or now.get(key) == then:
            continue
        if now.get(key) != left:
            verdict.held.append(why("changed_since", f"custom.{key}"))
        elif key in before:
            back[key] = then
        else:
            back.pop(key, None)
    if back != now:
        verdict.back["custom"] = back


def _without_gone(model: type[models.Model], changed: list[Verdict]) -> None:
    """Look-ups go back only to what is still there. One query a look-up."""
    for name in {name for verdict in changed for name in verdict.back}:
        column = _column(model, name)
        if not isinstance(column, models.ForeignKey):
            continue
        wanted = {v.back[name] for v in changed if v.back.get(name) is not None}
        target: Any = column.related_model
        there = set(
            target._base_manager.filter(pk__in=wanted).values_list("pk", flat=True)
        )
        for verdict in changed:
            if verdict.back.get(name) in wanted - there:
                del verdict.back[name]
                verdict.held.append(why("gone", name))
