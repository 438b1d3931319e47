"""The changes that the journal allows, each of them journaled itself."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass

from django.db import connection

from core.journal.bell import ring
from core.journal.models import Entry


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """Which entries get which links.

    Either `subject` (type, id): the entries about that record (a lead that got its
    contact, a visitor who was recognised); or `from_contact`: all entries of that
    contact (merged into `contact_id`). `contact_id`, `lead_id` and `account_id` are
    the new links, None leaves one alone. Links that hold something else stay unless
    `overwrite`.
    """

    subject: tuple[str, int] | None = None
    from_contact: int | None = None
    contact_id: int | None = None
    lead_id: int | None = None
    account_id: int | None = None
    overwrite: bool = False
    reason: str = ""


def relink(*moves: Move, sparing: bool = False) -> int:
    """Move entries to other people; give the number of entries moved.

    Journals one `identity.joined` a move, which consumers take as "recompute this
    contact and lead". With `sparing`, only for moves that moved more than the
    record's own created and updated entries (for links in bulk, where those are
    journaled anyway). Any number of moves is one statement.
    """
    if not moves:
        return 0
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT journal_relink(%s, %s)", [json.dumps([*map(_row, moves)]), sparing]
        )
        moved: int = cursor.fetchone()[0]
    ring()
    return moved


@dataclass(frozen=True, slots=True)
class Links:
    """The links of one entry, as they were before it was moved."""

    id: int
    contact_id: int | None
    lead_id: int | None
    account_id: int | None


def link_back(entries: Iterable[Links], *, reason: str) -> int:
    """Undo a relink: give entries exactly these links again; give their number.

    Journals one `identity.joined` a record that they are about. Read the links
    before the relink, in its transaction.
    """
    rows = json.dumps([asdict(entry) for entry in entries])
    with connection.cursor() as cursor:
        cursor.execute("SELECT journal_link_back(%s, %s)", [rows, reason])
        moved: int = cursor.fetchone()[0]
    ring()
    return moved


def _row(move: Move) -> dict[str, object]:
    row = asdict(move)
    row["subject_type"], row["subject_id"] = row.pop("subject") or (None, None)
    return row


def erase(contact_ids: Iterable[int], subjects: Iterable[tuple[str, int]] = ()) -> int:
    """Forget what entries say of these people; give the number of entries.

    The entries keep their names, dates and numbers and lose their data, address and
    visitor. Journals one `identity.erased`. Delete the records first: their deletion
    is journaled with its values, and those must go as well.
    """
    types, ids = [], []
    for kind, number in subjects:
        types.append(kind)
        ids.append(number)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT journal_erase(%s::bigint[], %s::text[], %s::bigint[])",
            [list(contact_ids), types, ids],
        )
        erased: int = cursor.fetchone()[0]
    ring()
    return erased


def entries_of_contact(contact_id: int) -> list[int]:
    """The numbers of all entries of a person."""
    rows = Entry.objects.filter(contact_id=contact_id).order_by("pk")
    return list(rows.values_list("pk", flat=True))


def relink_entries(
    ids: Iterable[int], *, from_contact: int, contact_id: int, reason: str
) -> int:
    """Move these entries of one person to another; give their number.

    Journals `identity.joined` for both: consumers recompute the one and the other.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT journal_relink_entries(%s::bigint[], %s, %s, %s)",
            [list(ids), from_contact, contact_id, reason],
        )
        moved: int = cursor.fetchone()[0]
    ring()
    return moved
