"""After a restore: the journal's transaction numbers must lie behind the cluster's."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import connection, transaction


@dataclass(frozen=True, slots=True)
class Offset:
    """The offset before and after."""

    before: int
    after: int


def offset_raise() -> Offset:
    """Set the journal's offset above every stored number, if it is not.

    Run it after restoring a dump and before anything may write: numbers of a younger
    cluster would otherwise lie below those stored, and consumers would meet old
    entries again as its counter climbs. Holds the journal and the cursors locked.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "LOCK TABLE journal_entry, journal_cursor IN SHARE ROW EXCLUSIVE MODE"
        )
        cursor.execute(
            "SELECT journal_xid_offset(), greatest("
            "(SELECT max(xid) FROM journal_entry), "
            "(SELECT max(xid) FROM journal_cursor), 0), "
            "pg_snapshot_xmin(pg_current_snapshot())::text::bigint"
        )
        before, stored, horizon = cursor.fetchone()
        # The oldest number still to come must lie above all that is stored.
        after = max(before, stored - horizon + 1)
        if after != before:
            cursor.execute(
                "CREATE OR REPLACE FUNCTION journal_xid_offset() RETURNS bigint "
                "LANGUAGE sql STABLE PARALLEL SAFE AS "
                f"$$ SELECT {int(after)}::bigint $$"
            )
    return Offset(before, after)
