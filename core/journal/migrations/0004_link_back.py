"""Entries get back the links they had before a relink that is undone."""

from django.db import migrations

FORWARD = """
-- Gives entries exactly these links; null takes one away. Journals one
-- identity.joined a record that the entries are about. Gives the number changed.
CREATE FUNCTION journal_link_back(p_rows jsonb, p_reason text) RETURNS bigint
LANGUAGE plpgsql SET handoff.journal_gate = 'relink' AS $$
DECLARE
    total bigint;
BEGIN
    WITH wanted AS (
        SELECT * FROM jsonb_to_recordset(p_rows) AS r(
            id bigint, contact_id bigint, lead_id bigint, account_id bigint)
    ), moved AS (
        UPDATE journal_entry e SET contact_id = w.contact_id, lead_id = w.lead_id,
            account_id = w.account_id
        FROM wanted w WHERE w.id = e.id AND (e.contact_id, e.lead_id, e.account_id)
            IS DISTINCT FROM (w.contact_id, w.lead_id, w.account_id)
        RETURNING e.subject_type, e.subject_id, e.contact_id, e.lead_id, e.account_id
    ), joined AS (
        INSERT INTO journal_entry (name, subject_type, subject_id, contact_id,
            lead_id, account_id, data)
        SELECT 'identity.joined', subject_type, subject_id, max(contact_id),
            max(lead_id), max(account_id),
            jsonb_build_object('reason', p_reason, 'entries', count(*))
        FROM moved GROUP BY subject_type, subject_id
    )
    SELECT count(*) INTO total FROM moved;
    RETURN total;
END $$;
"""
BACKWARD = "DROP FUNCTION journal_link_back(jsonb, text);"


class Migration(migrations.Migration):
    dependencies = [("journal", "0003_append_only")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
