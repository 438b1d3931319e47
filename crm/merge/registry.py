"""What hangs on a record by a plain number; foreign keys are found by themselves."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db import models


@dataclass(frozen=True)
class Reference:
    """A column that holds the number of a record.

    `where` narrows the rows (a type beside the number); `number` says that it is
    none of the database's foreign keys. `narrow` is a further SQL condition on the
    row `t`, written by the app that owns the table.
    """

    model: type[models.Model]
    column: str
    where: Mapping[str, Any] = field(default_factory=dict)
    number: bool = False
    narrow: str = ""


_numbers: dict[str, list[Reference]] = defaultdict(list)


def register_merge_reference(
    entity: str,
    model: type[models.Model],
    column: str,
    *,
    narrow: str = "",
    **where: Any,
) -> None:
    """Let rows of a model follow the record whose number they bear (from ready())."""
    reference = Reference(model, column, where, True, narrow)
    if reference not in _numbers[entity]:
        _numbers[entity].append(reference)


def references_to(entity: str, model: type[models.Model]) -> list[Reference]:
    """Everything that points to records of this model: foreign keys, then numbers.

    Customers first, then leads, then the rest, by table: the order of the locks.
    """
    fields: list[Any] = list(model._meta.get_fields(include_hidden=True))
    keys = [
        Reference(each.related_model, each.field.attname)
        for each in fields
        if (each.one_to_many or each.one_to_one)
        and each.auto_created
        and not each.concrete
    ]
    return sorted([*keys, *_numbers[entity]], key=_place)


_ORDER = ("crm_contact", "crm_account", "crm_lead")


def _place(reference: Reference) -> tuple[int, str, str]:
    table = reference.model._meta.db_table
    order = _ORDER.index(table) if table in _ORDER else len(_ORDER)
    return order, table, reference.column
