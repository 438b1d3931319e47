"""The audit history of a record: field, old value, new value, who, when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.auth import get_user_model
from django.core.exceptions import FieldDoesNotExist
from django.db.models import Model

from core.access.querysets import visible_rows
from core.journal.models import Entry
from core.ui.sources import via_names

PAGE = 50


@dataclass
class Change:
    """One field that changed."""

    label: str
    old: Any
    new: Any


@dataclass
class AuditRow:
    """One change of a record, with its author and door."""

    when: datetime
    who: str
    via: str
    verb: str
    changes: list[Change]


VERBS = {"created": "Created", "updated": "Changed", "deleted": "Deleted"}


def audit_rows(
    entity: str, record: Model, *, user: Any, before: int | None = None
) -> tuple[list[AuditRow], int | None]:
    """A page of changes, newest first, and the id the next page goes on from.

    Look-ups are named as far as `user` sees them, else by their number.
    """
    names = [f"{entity}.{verb}" for verb in VERBS]
    rows = Entry.objects.filter(
        subject_type=entity, subject_id=record.pk, name__in=names
    )
    if before:
        rows = rows.filter(pk__lt=before)
    entries = list(rows.order_by("-id")[: PAGE + 1])
    more, entries = len(entries) > PAGE, entries[:PAGE]
    people = get_user_model()._default_manager.in_bulk(
        {entry.actor_id for entry in entries if entry.actor_id}
    )
    spoken = _LookUps(type(record), entries, user)
    doors = via_names(entry.via for entry in entries)
    found = [
        AuditRow(
            entry.occurred_at,
            str(people.get(entry.actor_id) or "Handoff")
            if entry.actor_id
            else "Handoff",
            doors.get(entry.via, entry.via),
            VERBS[entry.name.rpartition(".")[2]],
            spoken.changes(entry),
        )
        for entry in entries
    ]
    return found, entries[-1].pk if more else None


def label_of(model: type[Model], name: str) -> str:
    """What people call a field."""
    try:
        text = str(getattr(model._meta.get_field(name), "verbose_name", name))
    except FieldDoesNotExist:
        text = name.replace("_", " ")
    return text[:1].upper() + text[1:]


class _LookUps:
    """Values as people read them; look-ups by name, one query a related model."""

    def __init__(self, model: type[Model], entries: list[Entry], user: Any) -> None:
        self.model = model
        wanted: dict[type[Model], set[int]] = {}
        for entry in entries:
            for name, pair in self.pairs(entry):
                related = self.related(name)
                if related:
                    ids = {pk for pk in pair if isinstance(pk, int)}
                    wanted.setdefault(related, set()).update(ids)
        self.names = {
            related: visible_rows(related, user).in_bulk(ids)
            for related, ids in wanted.items()
        }

    def pairs(self, entry: Entry) -> list[tuple[str, list[Any]]]:
        data = entry.data or {}
        if "changes" in data:
            return list(data["changes"].items())
        new = entry.name.endswith(".created")
        values = data.get("values", {}).items()
        return [(k, [None, v] if new else [v, None]) for k, v in values]

    def related(self, name: str) -> type[Model] | None:
        try:
            found = self.model._meta.get_field(name).related_model
        except FieldDoesNotExist:
            return None
        return found if isinstance(found, type) else None

    def changes(self, entry: Entry) -> list[Change]:
        return [
            Change(label_of(self.model, name), self.say(name, old), self.say(name, new))
            for name, (old, new) in self.pairs(entry)
        ]

    def say(self, name: str, value: Any) -> Any:
        related = self.related(name)
        if related and isinstance(value, int):
            return str(self.names[related].get(value, f"number {value}"))
        try:
            choices = dict(getattr(self.model._meta.get_field(name), "flatchoices", ()))
        except FieldDoesNotExist:
            return value
        return value if isinstance(value, dict | list) else choices.get(value, value)
