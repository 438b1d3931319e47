"""Names and addresses of the records that workflows ran for."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.urls import NoReverseMatch, reverse

from core.access.entities import entity_of
from core.access.querysets import visible_rows


@dataclass(frozen=True)
class Named:
    """A record as a line: its name, a second text, its page."""

    pk: int
    name: str
    second: str
    url: str


def address(entity: str, pk: int) -> str:
    """The page of a record; "" where its kind has none."""
    try:
        return reverse(entity, args=[pk])
    except NoReverseMatch:
        return ""


def named(entity: str, ids: Sequence[int], user: Any) -> list[Named]:
    """These records in this order; those the user may not see are left out."""
    rows = visible_rows(entity_of(entity).model, user).in_bulk(list(ids))
    return [_named(entity, rows[pk]) for pk in ids if pk in rows]


def _named(entity: str, row: Any) -> Named:
    name = getattr(row, "name", "") or str(row)
    second = getattr(row, "topic", "") or getattr(row, "company_name", "")
    return Named(row.pk, str(name), second or "", address(entity, row.pk))


def named_subjects(
    subjects: Iterable[tuple[str, int]], user: Any
) -> dict[tuple[str, int], Named]:
    """Many records of several kinds: one query a kind."""
    ids: dict[str, list[int]] = {}
    for entity, pk in subjects:
        ids.setdefault(entity, []).append(pk)
    return {
        (entity, one.pk): one
        for entity, pks in ids.items()
        for one in named(entity, pks, user)
    }
