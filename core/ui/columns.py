"""What a list is made of: columns, system views, bulk actions, row actions.

Upper apps add to a list they do not own by registering here from AppConfig.ready().
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.forms import Form

from core.ui import cells

Cell = Callable[[Any], Any]


@dataclass(frozen=True)
class Column:
    """One column of a list.

    `cell(row)` gives what is shown, `text(row)` what is exported (the cell's plain
    value by default). `sort` is a model field, a path along look-ups or an
    annotation. `select` names look-ups to join, `annotate(rows, user)` adds what the
    cell reads; both only while the column is shown. `css`: first, keep, scr and
    under say what stays on a phone.
    """

    key: str
    label: str
    cell: Cell
    sort: str | None = None
    text: Cell | None = None
    default: bool = True
    css: str = ""
    select: tuple[str, ...] = ()
    annotate: Callable[[QuerySet, Any], QuerySet] | None = None
    position: int = 100

    def export(self, row: Any) -> Any:
        return self.text(row) if self.text else self.cell(row)


def field_column(
    name: str, label: str, *, default: bool = True, css: str = "sub", sort: bool = True
) -> Column:
    """A column that shows a field as it is."""
    return Column(
        name,
        label,
        lambda row: cells.plain(getattr(row, name)),
        sort=name if sort else None,
        text=lambda row: getattr(row, name),
        default=default,
        css=css,
    )


@dataclass(frozen=True)
class ListView:
    """A system view: a tab that narrows the rows; `sort` as in the address (-key)."""

    key: str
    label: str
    narrow: Callable[[Any, Any], Any]
    sort: str | None = None
    note: str = ""


@dataclass(frozen=True)
class RowAction:
    """A button on a row under the pointer: a link, or a side panel (`panel=True`)."""

    key: str
    label: str
    icon: str
    url: Callable[[Any], str]
    panel: bool = False
    action: str = "update"


@dataclass(frozen=True)
class BulkReport:
    """What became of a selection: a sentence, and each row that was left, with why.

    `left` holds (name, address of its page or "", reason). `goto` is a page on which
    somebody goes on with the selection, instead of an answer.
    """

    said: str
    left: Sequence[tuple[str, str, str]] = ()
    goto: str = ""


@dataclass(frozen=True)
class BulkAction:
    """Something done to a selection.

    `run(user, rows, values)` gets the selected rows that the user may reach by
    `action`, and the cleaned values of `form` (asked for in a side panel first); it
    answers with the sentence shown, or with a BulkReport where rows were left as they
    are, or raises DomainError. With a form or a `question` somebody confirms first.
    `may(user)` asks for a further right.
    """

    key: str
    label: str
    icon: str
    run: Callable[[Any, QuerySet, dict[str, Any]], str | BulkReport]
    action: str = "update"
    form: type[Form] | None = None
    question: str = ""
    button: str = ""
    danger: bool = False
    may: Callable[[Any], bool] = lambda user: True


class ListRegistry:
    """What apps added to the lists of others."""

    def __init__(self) -> None:
        self.columns: dict[str, list[Column]] = defaultdict(list)
        self.views: dict[str, list[ListView]] = defaultdict(list)
        self.bulk: dict[str, list[BulkAction]] = defaultdict(list)
        self.row: dict[str, list[RowAction]] = defaultdict(list)


registry = ListRegistry()


def _add(items: list[Any], item: Any) -> None:
    items[:] = [each for each in items if each.key != item.key] + [item]


def register_column(entity: str, column: Column) -> None:
    """Add a column to the list of an entity; `position` orders it among the others."""
    _add(registry.columns[entity], column)


def register_list_view(entity: str, view: ListView) -> None:
    """Add a system view (a tab) to the list of an entity."""
    _add(registry.views[entity], view)


def register_bulk_action(entity: str, action: BulkAction) -> None:
    """Add something that can be done to a selection of an entity's rows."""
    _add(registry.bulk[entity], action)


def register_row_action(entity: str, action: RowAction) -> None:
    """Add a button to each row of an entity's list."""
    _add(registry.row[entity], action)
