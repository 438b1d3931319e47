"""The planner's statistics: what they tell, and renewing them after a bulk write."""

from __future__ import annotations

import json

from django.db import connection
from django.db.models import QuerySet

# Twice the pages the planner knows of, and more than a handful; or pages that were
# last seen nearly empty, where what was deleted or rolled back had stood.
_OUTGROWN = """
SELECT oid::regclass::text FROM pg_class
WHERE oid = ANY(%s::regclass[])
  AND (pg_relation_size(oid) / current_setting('block_size')::int > 2 * relpages + 16
       OR (relpages > 16 AND reltuples < 2 * relpages))
"""


def statistics_renew(*tables: str) -> None:
    """ANALYZE those of the tables that outgrew their statistics.

    A table that was empty a moment ago looks so small that joins are planned as nested
    loops: minutes instead of a fraction of a second. For the end of a transaction that
    wrote many rows; a table that somebody else analyses at this moment is left to them.
    """
    with connection.cursor() as cursor:
        cursor.execute(_OUTGROWN, [list(tables)])
        outgrown = [name for (name,) in cursor.fetchall()]
        for name in outgrown:
            cursor.execute(f"ANALYZE (SKIP_LOCKED) {name}")


def rows_expected(rows: QuerySet) -> int:
    """How many rows the planner expects to find; reads none of them."""
    plan = json.loads(rows.order_by().values("pk").explain(format="json"))
    return int(plan[0]["Plan"]["Plan Rows"])
