"""Contacts for orphaned leads: our service beside hand-written batched SQL.

Run: python -m benchmarks.orphaned_leads [--leads 20000] [--contacts 50000]
Goal: at least 0.6 of the SQL's rate. Both write the same leads of the same database,
interleaved batch by batch, with the journal's triggers on.
"""

from __future__ import annotations

import argparse
import os
import statistics
import time

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from django.db import connection, transaction

from core.journal.services import acting
from crm.services.lead_contacts import lead_contacts_create

BATCH = 5_000
MARK = "benchmark-orphaned"

# What one would write by hand: match, insert, link; nothing locked, nothing reported.
BY_HAND = """
CREATE TEMP TABLE w ON COMMIT DROP AS
    SELECT l.*, (SELECT c.id FROM crm_contact c WHERE c.email_norm = l.email_norm
        AND c.email_norm <> '' AND c.state = 'active'
        ORDER BY c.updated_at DESC, c.id DESC LIMIT 1) AS found
    FROM crm_lead l WHERE l.id = ANY(%s) AND l.state = 'open'
        AND l.parent_contact_id IS NULL AND l.parent_account_id IS NULL;
CREATE TEMP TABLE made ON COMMIT DROP AS
    SELECT email_norm, nextval(pg_get_serial_sequence('crm_contact', 'id')) AS id,
        min(w.id) AS lead_id FROM w WHERE found IS NULL GROUP BY email_norm;
INSERT INTO crm_contact (id, salutation, first_name, last_name, email, phone,
    mobile_phone, job_title, company_name, website, linkedin_url, profile_links,
    buying_role, description, address_line1, address_line2, postal_code, city,
    state_or_province, country, do_not_email, do_not_bulk_email, do_not_phone,
    external_id, tags, custom, state, marketing_only, follow_email, prefill_forms,
    consent_level, is_child, language, relationship, source_type, source_id)
SELECT m.id, w.salutation, w.first_name, w.last_name, w.email, w.phone,
    w.mobile_phone, w.job_title, w.company_name, w.website, w.linkedin_url,
    w.profile_links, w.buying_role, w.description, w.address_line1, w.address_line2,
    w.postal_code, w.city, w.state_or_province, w.country, w.do_not_email,
    w.do_not_bulk_email, w.do_not_phone, '', '{}', '{}', 'active', true, true, true,
    0, false, '', '', 'lead', w.id
FROM made m JOIN w ON w.id = m.lead_id;
UPDATE crm_lead l SET parent_contact_id = coalesce(w.found, m.id)
FROM w LEFT JOIN made m USING (email_norm) WHERE l.id = w.id;
"""


def main() -> None:
    """Make the data, run both in turns, print the rates, take the data away."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--leads", type=int, default=20_000)
    parser.add_argument("--contacts", type=int, default=50_000)
    asked = parser.parse_args()
    try:
        batches = _data(asked.leads, asked.contacts)
        ours, hand = [], []
        for place, ids in enumerate(batches):
            runs = [(ours, _ours), (hand, _by_hand)]
            times, work = runs[place % 2]
            started = time.perf_counter()
            work(ids)
            times.append(len(ids) / (time.perf_counter() - started))
    finally:
        _clear()
    rate, base = statistics.median(ours), statistics.median(hand)
    print(f"service  {rate:10,.0f} leads/s")
    print(f"SQL      {base:10,.0f} leads/s")
    print(f"ratio    {rate / base:10.2f}  (goal 0.6)")


def _ours(ids: list[int]) -> None:
    with acting(None, via="benchmark"):
        report = lead_contacts_create(lead_ids=ids, strategy=["email"])
    assert report.linked == len(ids)


def _by_hand(ids: list[int]) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(BY_HAND, [ids])


def _data(leads: int, contacts: int) -> list[list[int]]:
    """40% of the leads match a contact, the rest shares 1 address between 1.6."""
    _clear()
    with connection.cursor() as cursor:
        cursor.execute(_INSERT_CONTACTS, [MARK, contacts])
        cursor.execute(_INSERT_LEADS, [contacts, leads, MARK, leads])
        cursor.execute("ANALYZE crm_contact")
        cursor.execute("ANALYZE crm_lead")
        cursor.execute(
            "SELECT id FROM crm_lead WHERE external_id = %s ORDER BY random()", [MARK]
        )
        ids = [pk for (pk,) in cursor.fetchall()]
    return [ids[n : n + BATCH] for n in range(0, len(ids), BATCH)]


_EMPTY = {
    "salutation mobile_phone job_title website linkedin_url buying_role description "
    "address_line1 address_line2 postal_code state_or_province": "''",
    "profile_links tags custom": "'{}'",
    "do_not_email do_not_bulk_email do_not_phone": "false",
}
_NAMES = ", ".join(name for names in _EMPTY for name in names.split())
_BLANKS = ", ".join(sql for names, sql in _EMPTY.items() for _ in names.split())
_PERSON = "first_name, last_name, email, phone, company_name, city, country"
_INSERT_CONTACTS = (
    f"INSERT INTO crm_contact ({_PERSON}, {_NAMES}, external_id, state, "
    "marketing_only, follow_email, prefill_forms, consent_level, is_child, language, "
    "relationship, source_type) "
    "SELECT 'First' || n, 'Last' || n, 'bench' || n || '@known.example', n::text, "
    f"'Company ' || n %% 500, 'City', 'Land', {_BLANKS}, %s, 'active', false, true, "
    "true, 0, false, '', '', '' FROM generate_series(1, %s) n"
)
_INSERT_LEADS = (
    f"INSERT INTO crm_lead ({_PERSON}, {_NAMES}, external_id, topic, industry, "
    "lead_source, rating, state, status_reason, referrer, utm_source, utm_medium, "
    "utm_campaign, utm_term, utm_content, source_type, need, purchase_timeframe, "
    "purchase_process, decision_maker, process, stage, entered_by_sales, sales_ready, "
    "sales_accepted) SELECT 'First' || n, 'Last' || n, CASE WHEN n %% 5 < 2 THEN "
    "'bench' || 1 + n %% %s || '@known.example' ELSE 'bench' || (n %% (%s * 6 / 10)) "
    "|| '@new.example' END, n::text, 'Company ' || n %% 500, 'City', 'Land', "
    f"{_BLANKS}, %s, 'Topic', '', 'Web', '', 'open', 'new', '', '', '', '', '', '', "
    "'', '', '', '', false, 'marketing', 'inquiry', false, false, false "
    "FROM generate_series(1, %s) n"
)


def _clear() -> None:
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM crm_lead WHERE external_id = %s", [MARK])
        cursor.execute(
            "DELETE FROM crm_contact WHERE email_norm LIKE 'bench%%@known.example' "
            "OR email_norm LIKE 'bench%%@new.example'"
        )


if __name__ == "__main__":
    main()
