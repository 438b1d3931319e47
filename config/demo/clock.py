"""Moves what the load wrote just now to when it would have happened.

The services stamp what they do with the present, and the journal admits no change.
The demonstration is the one place that turns both back, with the triggers off that
would refuse or record it. That is safe, and only here, because

- `load.check_empty` has found no record of these kinds and no entry about one, under
  locks that keep it so until the transaction ends: every row and entry changed below
  was made by this very transaction, and nobody has read it;
- switching triggers off is part of the transaction: an error or a killed process
  rolls it back with everything else, and nobody else ever writes while they are off,
  since ALTER TABLE keeps writers out until the end;
- constraints stay: only user triggers are switched off, and deferred checks are made
  before.

So nothing here may run outside that transaction.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from django.db import connection
from psycopg2.extras import execute_values

from config.demo.stages import STAGES

# Record and its table: their journal begins when they were made.
TABLES = {
    "account": "crm_account",
    "contact": "crm_contact",
    "lead": "crm_lead",
    "activity": "crm_activity",
    "note": "crm_note",
    "opportunity": "sales_opportunity",
    "segment": "segments_segment",
    "scoring_model": "scoring_scoringmodel",
    "form": "marketing_form",
    "page": "marketing_page",
    "product": "crm_product",
    "campaign": "crm_campaign",
}
SET_UP = ("segment", "scoring_model", "form", "page", "product", "campaign")
SET_UP_DAYS = 95


@dataclass
class Times:
    """When leads were closed, opportunities made, entries and rows written."""

    leads: dict[int, dt.datetime] = field(default_factory=dict)
    opportunities: dict[int, dt.datetime] = field(default_factory=dict)
    ready: dict[int, dt.datetime] = field(default_factory=dict)
    entries: dict[int, dt.datetime] = field(default_factory=dict)
    rows: list[tuple[str, int, dt.datetime]] = field(default_factory=list)


def turn_back(times: Times, now: dt.datetime) -> None:
    """Set the dates of everything made, and of what the journal says of it.

    Only inside `load`, in the transaction that found the database empty.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("Dates are turned back in the transaction of the load only.")
    with connection.cursor() as cursor:
        # Nothing may wait to be checked while triggers are switched off.
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    with _without_triggers(*TABLES.values(), "journal_entry"):
        _each("UPDATE crm_lead t SET closed_at = v.at, updated_at = v.at", times.leads)
        _each(
            "UPDATE sales_opportunity t SET created_at = v.at, stage_since = v.at",
            times.opportunities,
        )
        set_up = now - dt.timedelta(days=SET_UP_DAYS)
        for entity in SET_UP:
            _run(_SET_UP.format(entity=entity, table=TABLES[entity]), set_up)
        for table, pk, at in times.rows:
            _run(_MADE.format(table=table), at, pk)
        for statement in _RECORDS:
            _run(statement)
        _each(
            "UPDATE crm_lead t SET sales_ready_at = v.at, stage_since = v.at",
            times.ready,
        )
        for statement in STAGES:
            _run(statement)
        for entity, table in TABLES.items():
            _run(_BEGINNING.format(entity=entity, table=table))
        for statement in _JOURNAL:
            _run(statement)
        _each(
            "UPDATE journal_entry t SET occurred_at = v.at, recorded_at = v.at",
            times.entries,
        )
    for statement in _FACTS:
        _run(statement)


@contextmanager
def _without_triggers(*tables: str) -> Iterator[None]:
    for table in tables:
        _run(f"ALTER TABLE {table} DISABLE TRIGGER USER")
    yield  # an error leaves them to the rollback, which switches them on again
    for table in tables:
        _run(f"ALTER TABLE {table} ENABLE TRIGGER USER")


def _run(sql: str, *params: dt.datetime | int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql, params or None)


def _each(update: str, times: dict[int, dt.datetime]) -> None:
    sql = f"{update} FROM (VALUES %s) AS v (id, at) WHERE t.id = v.id"
    if times:
        with connection.cursor() as cursor:
            execute_values(cursor.cursor, sql, list(times.items()))


_MADE = """
    UPDATE {table} t SET created_at = v.at, updated_at = v.at
    FROM (SELECT %s::timestamptz AS at) v WHERE t.id = %s
"""
_SET_UP = """
    WITH v AS (SELECT %s::timestamptz AS at),
    rows AS (UPDATE {table} t SET created_at = v.at, updated_at = v.at FROM v)
    UPDATE journal_entry e SET occurred_at = v.at, recorded_at = v.at
    FROM v WHERE e.subject_type = '{entity}'
"""

# The person of a lead was touched last when the lead was handed over.
_RECORDS = [
    """UPDATE crm_lead l SET created_at = s.at, updated_at = s.at
       FROM (SELECT lead_id, min(received_at) AS at FROM marketing_submission
             GROUP BY lead_id) s
       WHERE s.lead_id = l.id AND l.source_type IN ('page', 'form')""",
    """UPDATE crm_contact c SET created_at = s.at, updated_at = s.at
       FROM (SELECT contact_id, min(received_at) AS at FROM marketing_submission
             GROUP BY contact_id) s
       WHERE s.contact_id = c.id AND c.source_type IN ('page', 'form')""",
    """UPDATE crm_account a SET created_at = l.closed_at, updated_at = l.closed_at
       FROM crm_lead l
       WHERE a.originating_lead_id = l.id AND l.closed_at IS NOT NULL""",
    """UPDATE crm_activity SET completed_at = created_at
       WHERE state = 'completed' AND kind <> 'opportunity_close'""",
    """UPDATE crm_activity SET created_at = completed_at, updated_at = completed_at
       WHERE kind = 'opportunity_close'""",
    """UPDATE sales_opportunity
       SET stage_since = greatest(created_at, now() - mod(id * 7, 37) * interval '1 d')
       WHERE state = 'open' AND stage <> 'qualify'""",
    """UPDATE crm_lead l SET sales_ready_at = last.at, stage_since = last.at,
           updated_at = last.at
       FROM (SELECT contact_id, array_agg(occurred_at ORDER BY occurred_at DESC) AS ats
             FROM journal_entry
             WHERE name IN ('website.visited', 'form.submitted', 'email.clicked')
             GROUP BY contact_id) was,
            LATERAL (SELECT coalesce(was.ats[1 + was.contact_id % 6], was.ats[1]) AS at)
            last
       WHERE l.state = 'open' AND l.sales_ready
         AND was.contact_id = l.parent_contact_id""",
    """UPDATE crm_lead SET stage_since = created_at
       WHERE state = 'open' AND NOT sales_ready""",
    "UPDATE segments_segment SET went_live_at = created_at",
    "UPDATE scoring_scoringmodel SET went_live_at = created_at",
    """UPDATE sales_opportunity
       SET updated_at = coalesce(closed_at, stage_since, created_at)""",
]

_BEGINNING = """
    UPDATE journal_entry e SET occurred_at = r.created_at, recorded_at = r.created_at
    FROM {table} r
    WHERE e.subject_type = '{entity}' AND e.subject_id = r.id
      AND e.name = '{entity}.created'
"""

_JOURNAL = [
    """UPDATE journal_entry e SET occurred_at = l.closed_at, recorded_at = l.closed_at
       FROM crm_lead l
       WHERE e.subject_type = 'lead' AND e.subject_id = l.id AND l.state <> 'open'
         AND e.name IN ('lead.updated', 'lead.qualified', 'lead.disqualified')""",
    """UPDATE journal_entry e
       SET occurred_at = l.sales_ready_at, recorded_at = l.sales_ready_at
       FROM crm_lead l
       WHERE e.lead_id = l.id AND l.state = 'open' AND l.sales_ready
         AND e.name IN ('lead.updated', 'lead.sales_ready', 'score.changed')""",
    """UPDATE journal_entry e SET occurred_at = l.created_at, recorded_at = l.created_at
       FROM crm_lead l
       WHERE e.lead_id = l.id AND l.state = 'open' AND NOT l.sales_ready
         AND e.name IN ('lead.updated', 'score.changed')""",
    """UPDATE journal_entry e
       SET occurred_at = coalesce(o.closed_at, o.stage_since, o.created_at),
           recorded_at = coalesce(o.closed_at, o.stage_since, o.created_at)
       FROM sales_opportunity o
       WHERE e.subject_type = 'opportunity' AND e.subject_id = o.id
         AND e.name ~ '[.](updated|won|lost)$'""",
    """UPDATE journal_entry e SET occurred_at = t.at, recorded_at = t.at
       FROM (SELECT parent_contact_id AS id, max(closed_at) AS at FROM crm_lead
             WHERE state = 'qualified' GROUP BY 1) t
       WHERE e.name = 'contact.updated' AND e.subject_id = t.id""",
    """UPDATE journal_entry e SET occurred_at = t.at, recorded_at = t.at
       FROM (SELECT parent_account_id AS id, max(closed_at) AS at FROM crm_lead
             WHERE state = 'qualified' GROUP BY 1) t
       WHERE e.name = 'account.updated' AND e.subject_id = t.id""",
    # What was written for something that happened earlier was written then.
    "UPDATE journal_entry SET recorded_at = occurred_at WHERE via = 'demo'",
]

# Columns that neither journal nor count as a change.
_FACTS = [
    """UPDATE segments_membership m
       SET since = greatest(c.created_at, s.created_at) + interval '1 minute'
       FROM crm_contact c, segments_segment s
       WHERE c.id = m.contact_id AND s.id = m.segment_id""",
    """UPDATE crm_lead l SET last_activity_at = last.at
       FROM (SELECT contact_id, max(occurred_at) AS at FROM journal_entry
             WHERE name LIKE 'website.%' OR name LIKE 'form.%' GROUP BY contact_id) last
       WHERE last.contact_id = l.parent_contact_id""",
]
