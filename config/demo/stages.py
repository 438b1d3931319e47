"""How long everybody stood in the stages of their processes."""

from __future__ import annotations

# From the beginning of a record to its present stage, in equal parts.
_CHAINED = """
    UPDATE crm_stagestay s
    SET entered_at = r.a + (r.b - r.a) * ((r.n - 1)::float / r.total),
        left_at = r.a + (r.b - r.a) * (r.n::float / r.total)
    FROM (SELECT st.id, l.created_at AS a, greatest(l.{since}, l.created_at) AS b,
              row_number() OVER of_record AS n,
              count(*) OVER (PARTITION BY st.record_id) AS total
          FROM crm_stagestay st JOIN {table} l ON l.id = st.record_id
          WHERE st.entity = '{entity}'
          WINDOW of_record AS (PARTITION BY st.record_id ORDER BY st.id)) r
    WHERE s.id = r.id
"""
_STAY = """
    INSERT INTO crm_stagestay
        (entity, record_id, process, stage, to_process, to_stage, entered_at, left_at)
    SELECT 'lead', l.id, w.process, w.stage, w.to_process, w.to_stage,
        l.created_at, l.created_at
    FROM crm_lead l, (VALUES {way}) AS w (process, stage, to_process, to_stage)
    WHERE {who}
"""
_MARKETING = """
    ('marketing', 'inquiry', 'marketing', 'automated_marketing_qualification')"""
_TO_SALES = f"""{_MARKETING},
    ('marketing', 'automated_marketing_qualification', 'sales', 'sales_acceptance'),
    ('sales', 'sales_acceptance', 'sales', 'qualify')"""
_NEW = """NOT EXISTS (SELECT FROM crm_stagestay s
    WHERE s.entity = 'lead' AND s.record_id = l.id)"""
_TELE = """
    ('marketing', 'automated_marketing_qualification', 'marketing',
     'teleprospecting_acceptance')"""

STAGES = [
    # What marketing handed over came all the way.
    _STAY.format(
        way=_TO_SALES,
        who=f"l.stage = 'qualify' AND NOT l.entered_by_sales AND {_NEW}",
    ),
    # Some of those who wait are called.
    """UPDATE crm_lead SET stage = 'teleprospecting_acceptance',
           teleprospecting_ready = true
       WHERE state = 'open' AND stage = 'automated_marketing_qualification'
         AND id % 9 = 0""",
    _STAY.format(way=_TELE, who="l.stage = 'teleprospecting_acceptance'"),
    # Who was moved stood still first.
    """UPDATE crm_lead l SET stage_since = created_at + (coalesce(closed_at, now())
           - created_at) * (0.2 + (id % 6) * 0.1)
       WHERE stage <> 'inquiry' AND NOT (state = 'open' AND sales_ready)
         AND EXISTS (SELECT FROM crm_stagestay s
                     WHERE s.entity = 'lead' AND s.record_id = l.id)""",
    """UPDATE crm_lead SET process_ended_at = closed_at
       WHERE process_ended_at IS NOT NULL""",
    """UPDATE sales_opportunity o SET process_since = created_at""",
    """UPDATE sales_opportunity o SET process_since = created_at
           + (coalesce(closed_at, now()) - created_at) * (0.3 + (id % 5) * 0.1)
       WHERE EXISTS (SELECT FROM crm_stagestay s
                     WHERE s.entity = 'opportunity' AND s.record_id = o.id)""",
    _CHAINED.format(table="crm_lead", entity="lead", since="stage_since"),
    _CHAINED.format(
        table="sales_opportunity", entity="opportunity", since="process_since"
    ),
]
