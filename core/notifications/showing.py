"""Notifications in words: names and addresses as far as the reader sees the records."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.urls import NoReverseMatch, reverse

from core.access.entities import entity_of
from core.access.models import User
from core.access.querysets import visible_rows
from core.jobs.models import Job
from core.notifications.models import Notification
from core.notifications.registry import Told, notification_kind

GONE = "A record that is not there for you any more"


@dataclass(frozen=True)
class Shown:
    """A notification as a line."""

    row: Notification
    sentence: str
    icon: str
    label: str
    url: str


def shown(rows: Sequence[Notification], user: User) -> list[Shown]:
    """These notifications in words; one statement a kind of record, one for people."""
    names = _names(rows, user)
    actors = User.objects.in_bulk({row.actor_id for row in rows if row.actor_id})
    found = []
    for row in rows:
        kind = notification_kind(row.kind)
        if kind is None:
            continue
        if row.number > 1:
            sentence, url = f"{row.number:,} {kind.many}", _list(kind)
        else:
            name = names.get((row.subject_type, row.subject_id or 0))
            actor = str(actors[row.actor_id]) if row.actor_id in actors else ""
            told = Told(row.data, name or GONE, actor, 1)
            gone = bool(row.subject_type) and name is None
            sentence = GONE if gone else kind.tell(told)
            url = "" if gone else address(row.subject_type, row.subject_id)
        found.append(Shown(row, sentence, kind.icon, kind.label, url))
    return found


def _list(kind: object) -> str:
    name = getattr(kind, "list_url_name", "")
    query = getattr(kind, "list_query", "")
    try:
        return reverse(name) + (f"?{query}" if query else "") if name else ""
    except NoReverseMatch:
        return ""


def _names(rows: Sequence[Notification], user: User) -> dict[tuple[str, int], str]:
    ids: dict[str, set[int]] = defaultdict(set)
    for row in rows:
        if row.subject_type and row.subject_id:
            ids[row.subject_type].add(row.subject_id)
    found: dict[tuple[str, int], str] = {}
    for entity, pks in ids.items():
        for record in _seen(entity, user).filter(pk__in=pks):
            found[entity, record.pk] = str(record)
    return found


def _seen(entity: str, user: User) -> Any:
    if entity == "job":
        return Job.objects.visible_to(user)
    try:
        return visible_rows(entity_of(entity).model, user)
    except KeyError:
        return Job.objects.none()


def address(entity: str, pk: int | None) -> str:
    """The page of a record; "" where its kind has none."""
    if not entity or pk is None:
        return ""
    try:
        return reverse(entity, args=[pk])
    except NoReverseMatch:
        return ""
