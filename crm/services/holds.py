"""What hangs on records, so that nobody takes them away from under it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from typing import Any, NamedTuple

from django.db import models
from django.db.models import F, Max

from core.journal.interactions import interaction_names
from core.journal.models import Entry
from crm.models import Activity, Attachment, Note

ABOUT = (Activity, Note, Attachment)
_computed: set[str] = set()


class Hold(NamedTuple):
    """Something that names a record: whose row it is, through which column."""

    record_id: int
    model: type[models.Model]
    row_id: int
    column: str

    @property
    def what(self) -> str:
        return str(self.model._meta.verbose_name_plural)


def register_computed(*found: type[models.Model]) -> None:
    """Rows of these models are worked out from the records: they hold nothing."""
    _computed.update(model._meta.label for model in found)


def holds_on(key: str, model: type[models.Model], ids: Collection[int]) -> list[Hold]:
    """Rows elsewhere that name these records, and what people wrote about them.

    One query a look-up that leads to the model, and one each for activities, notes
    and files. What a machine wrote (a task of a workflow) holds nothing.
    """
    found: list[Hold] = []
    for other, column in _naming_columns(model):
        found += _naming(other, column, ids)
    for about in ABOUT:
        written: Any = about._default_manager.filter(created_by__isnull=False)
        found += [
            Hold(record, about, row, "regarding_id")
            for record, row in written.filter(
                regarding_type=key, regarding_id__in=ids
            ).values_list("regarding_id", "pk")
        ]
        if key == "contact":
            found += [
                Hold(record, about, row, "contact_id")
                for record, row in written.filter(contact__in=ids).values_list(
                    "contact_id", "pk"
                )
            ]
    return found


def _naming_columns(model: type[models.Model]) -> list[tuple[Any, str]]:
    """Every look-up to this model that can hold a record, also hidden ones."""
    relations = [
        field
        for field in model._meta.get_fields(include_hidden=True)
        if isinstance(field, models.ManyToOneRel) and field.field.concrete
    ]
    return [
        (relation.related_model, relation.field.attname)
        for relation in relations
        if relation.related_model not in ABOUT
        and relation.related_model._meta.label not in _computed
    ]


def _naming(other: Any, column: str, ids: Collection[int]) -> list[Hold]:
    rows = other._base_manager.filter(**{f"{column}__in": ids})
    return [Hold(ref, other, pk, column) for ref, pk in rows.values_list(column, "pk")]


def last_interactions(key: str, ids: Collection[int]) -> dict[int, int]:
    """The newest visit, answer or the like of each, by the number of its entry."""
    rows = Entry.objects.filter(name__in=interaction_names(), machine=False)
    if key == "contact":
        by, rows = "contact_id", rows.filter(contact_id__in=ids)
    elif key == "lead":
        by = "subject_id"
        rows = rows.filter(subject_type="lead", subject_id__in=ids)
    else:
        return {}
    newest = rows.values(who=F(by)).annotate(last=Max("pk"))
    return dict(newest.values_list("who", "last"))


def free_of(holds: list[Hold], going: set[int], own: type[models.Model]) -> set[int]:
    """Those of `going` that nothing holds but what goes with them.

    A row of the same model holds only where it stays itself.
    """
    free = set(going)
    while True:
        held = {
            hold.record_id
            for hold in holds
            if not (hold.model is own and hold.row_id in free)
        }
        if not held & free:
            return free
        free -= held


def grouped(holds: list[Hold]) -> dict[int, list[Hold]]:
    """By the record that is held."""
    found: dict[int, list[Hold]] = defaultdict(list)
    for hold in holds:
        found[hold.record_id].append(hold)
    return found
