"""Database triggers that journal every change of a table, whoever makes it.

The functions are generated from the model, column by column: an update compares
old and new of each column in place and writes only what differs (measured four times
as fast as comparing whole rows as JSON).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.db import models
from pgtrigger import compiler

# Moved by the database itself; never a change that somebody made.
_KEPT_BY_DATABASE = ("version", "updated_at")
# PostgreSQL takes at most 100 arguments in one call.
_MAX_ARGUMENTS = 90
_HIDDEN = '"***"'
# django-pgtrigger says Model where it means the class.
Model = Any
_referencing: Any = pgtrigger.Referencing  # untyped


def journaled(
    entity: str,
    *,
    contact_id: str | None = None,
    lead_id: str | None = None,
    account_id: str | None = None,
    quiet: tuple[str, ...] = (),
    secret: tuple[str, ...] = (),
    versioned: bool = True,
) -> list[pgtrigger.Trigger]:
    """The triggers of a model: `triggers = journaled("lead", lead_id="id", ...)`.

    Journals `ENTITY.created`, `.updated` and `.deleted`. `contact_id`, `lead_id` and
    `account_id` name the columns that hold those numbers. `quiet` fields neither
    journal nor move the version; of `secret` ones only the fact of a change is kept.
    `versioned=False` is for models without `version` and `updated_at`.
    """
    links = {"contact_id": contact_id, "lead_id": lead_id, "account_id": account_id}
    plan = _Plan(
        entity=entity,
        links=tuple((name, column) for name, column in links.items() if column),
        quiet=quiet,
        secret=secret,
    )
    kinds: list[type[_Planned]] = [Created, Updated, Deleted]
    if versioned:
        kinds += [VersionMoves, VersionStays]
    return [kind(plan) for kind in kinds]


@dataclass(frozen=True)
class _Plan:
    """What the triggers of one model have in common."""

    entity: str
    links: tuple[tuple[str, str], ...]
    quiet: tuple[str, ...]
    secret: tuple[str, ...]

    def fields(self, model: Model) -> list[models.Field[Any, Any]]:
        """The fields whose change is somebody's deed, in the model's order."""
        return [
            field
            for field in model._meta.local_concrete_fields
            if not field.primary_key
            and not field.generated
            and field.name not in _KEPT_BY_DATABASE
            and field.name not in self.quiet
        ]


class JournalTriggerSql(compiler.UpsertTriggerSql):
    """The installation of one trigger, without a switch to leave it out.

    django-pgtrigger's own template asks on every call whether the session ignores
    the trigger: an audit log has no such switch, and the question costs time. Old
    migrations refer to this class: a change of the text needs a new class.
    """

    settings = ""

    def get_template(self) -> str:
        return (
            "CREATE OR REPLACE FUNCTION {pgid}() RETURNS TRIGGER AS $$ "
            "BEGIN {func} END; $$ LANGUAGE plpgsql" + self.settings + "; "
            "DROP TRIGGER IF EXISTS {pgid} ON {table}; "
            "CREATE TRIGGER {pgid} {when} {operation} ON {table} {referencing} "
            "FOR EACH {level} {condition} EXECUTE FUNCTION {execute}; "
            "COMMENT ON TRIGGER {pgid} ON {table} IS '{hash}';"
        )


class JoiningTriggerSql(JournalTriggerSql):
    """The same for a function that joins old rows to new ones.

    PL/pgSQL keeps the plan of the first call: a nested loop made for a single row
    would compare 50,000 old rows with 50,000 new ones, each with each.
    """

    settings = " SET enable_nestloop = off"


class SwitchlessTrigger(pgtrigger.Trigger):
    """A trigger that no session can leave out."""

    installation = JournalTriggerSql

    def compile(self, model: Model) -> compiler.Trigger:
        sql = self.installation(
            pgid=self.get_pgid(model),
            func=" ".join(self.render_func(model).split()),
            table=model._meta.db_table,
            when=self.when,
            operation=self.operation,
            referencing=self.referencing or "",
            level=self.level,
            condition=self.render_condition(model),
        )
        return compiler.Trigger(name=self.name, sql=sql)


class _Planned(SwitchlessTrigger):
    def __init__(self, plan: _Plan) -> None:
        self.plan = plan
        super().__init__()


class _Statement(_Planned):
    """One entry a row, written by one statement over the transition tables."""

    level = pgtrigger.Statement
    when = pgtrigger.After
    verb: str
    key: str
    row: str
    rows: str
    where = ""

    def get_func(self, model: Model) -> str:
        assert model._meta.pk is not None
        pk = _quoted(model._meta.pk.column)
        names = "".join(f", {name}" for name, _ in self.plan.links)
        links = "".join(
            f", {self.row}.{_quoted(column)} AS {name}"
            for name, column in self.plan.links
        )
        entity = self.plan.entity
        return f"""
            INSERT INTO journal_entry
                (name, subject_type, subject_id{names}, data)
            SELECT '{entity}.{self.verb}', '{entity}', subject_id{names},
                ('{{"{self.key}":{{' || substr(told, 2) || '}}}}')::jsonb
            FROM (SELECT {self.row}.{pk} AS subject_id{links}, {self.told(model)}
                AS told FROM {self.rows.format(pk=pk)} OFFSET 0) AS rows {self.where};
            RETURN NULL;
        """

    def told(self, model: Model) -> str:
        """SQL for the text `,"field": value` of each field worth telling."""
        told = [self.tell(field) for field in self.plan.fields(model)]
        calls = [
            f"concat({', '.join(told[start : start + _MAX_ARGUMENTS])})"
            for start in range(0, len(told), _MAX_ARGUMENTS)
        ]
        return " || ".join(calls) or "''"

    def tell(self, field: models.Field[Any, Any]) -> str:
        """SQL for the text of one field, NULL where there is nothing to tell."""
        raise NotImplementedError

    def value(self, row: str, field: models.Field[Any, Any]) -> str:
        """SQL for a field's value as the text of JSON."""
        if field.name in self.plan.secret:
            return f"'{_HIDDEN}'"
        return f"to_json({row}.{_quoted(field.column)})::text"

    def present(self, field: models.Field[Any, Any]) -> str:
        """SQL for the text of one field of a row that came or went."""
        column = f"{self.row}.{_quoted(field.column)}"
        value = self.value(self.row, field)
        return (
            f"CASE WHEN {_not_blank(column, field)} "
            f"THEN ',\"{field.name}\":' || {value} END"
        )


class Created(_Statement):
    """ENTITY.created, with the columns that are not blank."""

    name = "journal_created"
    operation = pgtrigger.Insert
    referencing = _referencing(new="new_rows")
    verb, key, row, rows = "created", "values", "n", "new_rows AS n"

    def tell(self, field: models.Field[Any, Any]) -> str:
        if field.name == "created_at":
            # The default says what the entry's own time says.
            return (
                "CASE WHEN n.created_at <> statement_timestamp() "
                "THEN ',\"created_at\":' || to_json(n.created_at)::text END"
            )
        return self.present(field)


class Deleted(_Statement):
    """ENTITY.deleted, with the columns that were not blank."""

    name = "journal_deleted"
    operation = pgtrigger.Delete
    referencing = _referencing(old="old_rows")
    verb, key, row, rows = "deleted", "values", "o", "old_rows AS o"

    def tell(self, field: models.Field[Any, Any]) -> str:
        return self.present(field)


class Updated(_Statement):
    """ENTITY.updated, with old and new value of each column that changed."""

    installation = JoiningTriggerSql
    name = "journal_updated"
    operation = pgtrigger.Update
    referencing = _referencing(old="old_rows", new="new_rows")
    verb, key, row = "updated", "changes", "n"
    rows = "old_rows AS o JOIN new_rows AS n ON n.{pk} = o.{pk}"
    where = "WHERE told <> ''"

    def tell(self, field: models.Field[Any, Any]) -> str:
        old, new = (f"coalesce({self.value(row, field)}, 'null')" for row in "on")
        column = _quoted(field.column)
        return (
            f"CASE WHEN o.{column} IS DISTINCT FROM n.{column} "
            f"THEN ',\"{field.name}\":[' || {old} || ',' || {new} || ']' END"
        )


class _Version(_Planned):
    """BEFORE UPDATE of a row. Its condition runs without entering the function."""

    level = pgtrigger.Row
    when = pgtrigger.Before
    operation = pgtrigger.Update

    def changed(self, model: Model) -> str:
        """SQL: a column that a user can see changed."""
        return " OR ".join(
            f"OLD.{column} IS DISTINCT FROM NEW.{column}"
            for column in (_quoted(f.column) for f in self.plan.fields(model))
        )


class VersionMoves(_Version):
    """A visible change moves `version` and `updated_at`."""

    name = "version_moves"
    func = """
        NEW.version := OLD.version + 1;
        NEW.updated_at := statement_timestamp();
        RETURN NEW;
    """

    def get_condition(self, model: Model) -> pgtrigger.Condition:
        return pgtrigger.Condition(f"({self.changed(model)})")


class VersionStays(_Version):
    """Nothing visible changed: a stale copy that is saved cannot turn them back."""

    name = "version_stays"
    func = """
        NEW.version := OLD.version;
        NEW.updated_at := OLD.updated_at;
        RETURN NEW;
    """

    def get_condition(self, model: Model) -> pgtrigger.Condition:
        return pgtrigger.Condition(
            "((NEW.version <> OLD.version OR NEW.updated_at <> OLD.updated_at) "
            f"AND NOT ({self.changed(model)}))"
        )


def _quoted(column: str | None) -> str:
    return f'"{column}"'


def _not_blank(column: str, field: models.Field[Any, Any]) -> str:
    """SQL: a column holds something. Zero and false are something."""
    if isinstance(field, (models.CharField, models.TextField)):
        return f"{column} <> ''"
    if isinstance(field, ArrayField):
        return f"cardinality({column}) > 0"
    if isinstance(field, models.JSONField):
        return f"{column} NOT IN ('null', '\"\"', '[]', '{{}}')"
    return f"{column} IS NOT NULL"
