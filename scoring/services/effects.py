"""What a score does to its lead: stage, hold, sales ready."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import connection

from core.base.models import Organisation
from crm.services.lead_scoring import (
    leads_become_sales_ready,
    leads_release,
    leads_start_qualification,
)

# Leads whose breakdown holds anything: they have a first score.
_SCORED = """
SELECT DISTINCT s.lead_id FROM scoring_leadscore s
JOIN crm_lead l ON l.id = s.lead_id
WHERE s.lead_id = ANY(%s) AND s.breakdown <> '{}' AND l.state = 'open'
  AND l.process = 'marketing' AND l.stage = 'inquiry' AND NOT l.entered_by_sales
"""

# Returned leads under every threshold: from here they can cross anew. Or held long
# enough, with something new from the person since.
_RELEASED = """
SELECT l.id FROM crm_lead l
WHERE l.id = ANY(%(leads)s) AND l.state = 'open' AND l.returned_at IS NOT NULL
  AND (NOT EXISTS (SELECT FROM scoring_leadscore s
                   JOIN scoring_scoringmodel m ON m.id = s.model_id
                   WHERE s.lead_id = l.id AND m.state = 'live'
                     AND s.score >= m.sales_ready_score)
       OR (l.returned_at < now() - make_interval(days => %(days)s)
           AND EXISTS (SELECT FROM journal_entry e
                       WHERE e.contact_id = l.parent_contact_id
                         AND e.name = ANY(%(interactions)s)
                         AND e.occurred_at > l.returned_at AND NOT e.machine)))
"""

_READY = """
SELECT s.lead_id, max(s.score) FROM scoring_leadscore s
JOIN scoring_scoringmodel m ON m.id = s.model_id AND m.state = 'live'
JOIN crm_lead l ON l.id = s.lead_id
WHERE s.lead_id = ANY(%s) AND s.score >= m.sales_ready_score AND l.state = 'open'
  AND NOT l.sales_ready AND NOT l.entered_by_sales AND l.returned_at IS NULL
GROUP BY s.lead_id
"""


def scores_take_effect(*, lead_ids: Sequence[int], interactions: list[str]) -> int:
    """Move stages and set sales ready for leads that were just scored.

    Runs in the transaction that stored the scores, under the organisation's
    switches. Reaching the threshold of any one live model suffices; a falling score
    never unsets anything. Gives the number of leads that became sales ready.
    """
    switches = Organisation.current()
    ids = list(lead_ids)
    if switches.score_sets_stage:
        leads_start_qualification(lead_ids=_ids(_SCORED, [ids]))
    if not switches.score_sets_sales_ready:
        return 0
    held: dict[str, Any] = {
        "leads": ids,
        "days": switches.return_hold_days,
        "interactions": interactions,
    }
    leads_release(lead_ids=_ids(_RELEASED, held))
    with connection.cursor() as cursor:
        cursor.execute(_READY, [ids])
        scores = dict(cursor.fetchall())
    return len(leads_become_sales_ready(scores=scores))


def _ids(sql: str, params: list[Any] | dict[str, Any]) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return [row[0] for row in cursor.fetchall()]
