"""Files of people for static segments: which column names them. No database."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import IO, Any

from core.base.errors import Invalid
from core.base.text import text_problem
from crm.imports.files import Layout, Row, read_layout, read_rows

MOST_ROWS = 200_000
_KNOWN = {
    "id": "id",
    "contact": "id",
    "contactid": "id",
    "externalid": "external_id",
    "email": "email",
    "emailaddress": "email",
    "mail": "email",
}


@dataclass
class People:
    """What a file names: values of one column, the rows they stand in, bad rows."""

    column: str
    values: list[str] = field(default_factory=list)
    numbers: list[int] = field(default_factory=list)
    problems: list[dict[str, Any]] = field(default_factory=list)


def people_in(stream: IO[bytes]) -> People:
    """Read a CSV file with a column of emails, ids or external ids.

    A file of one column needs no header. Raises Invalid where no column names
    people, or where there are more rows than one file may have.
    """
    layout = read_layout(stream)
    place, column, headless = _column(layout)
    found = People(column)
    if headless:
        _take(found, Row(0, layout.header), place)
    for row in read_rows(stream, layout):
        if len(found.values) + len(found.problems) >= MOST_ROWS:
            detail = f"A file may have up to {MOST_ROWS:,} rows. Cut it in parts."
            raise Invalid("too_many_rows", detail, attr="file")
        _take(found, row, place)
    if not found.values and not found.problems:
        raise Invalid("empty_file", "The file has no rows.", attr="file")
    return found


def _column(layout: Layout) -> tuple[int, str, bool]:
    """Which column it is, what it holds, and whether the header is a row itself."""
    for place, name in enumerate(layout.header):
        known = _KNOWN.get(re.sub(r"[^a-z]", "", name.lower()))
        if known:
            return place, known, False
    if len(layout.header) == 1:
        first = layout.header[0]
        if "@" in first:
            return 0, "email", True
        if first.isascii() and first.isdigit():
            return 0, "id", True
    raise Invalid(
        "no_column",
        "No column names people. Call one of them Email, ID or External ID.",
        attr="file",
    )


def _take(found: People, row: Row, place: int) -> None:
    value = row.cells[place].strip()
    problem = row.problem[1] if row.problem else text_problem(value, max_length=254)
    if not value:
        problem = problem or "The cell is empty."
    elif found.column == "id" and not (value.isascii() and value.isdigit()):
        problem = problem or "This is not the id of a contact."
    if problem:
        shown = value.encode("utf-8", "replace").decode().replace("\x00", "")[:200]
        found.problems.append({"row": row.number, "value": shown, "detail": problem})
    else:
        found.values.append(value)
        found.numbers.append(row.number)
