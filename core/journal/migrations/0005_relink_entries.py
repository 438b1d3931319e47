"""Entries back to the person they were moved from: what undoing a merge needs."""

from django.db import migrations

FORWARD = """
-- Moves these entries to a contact, and says so once for each side.
CREATE FUNCTION journal_relink_entries(
    p_ids bigint[], p_from bigint, p_to bigint, p_reason text) RETURNS bigint
LANGUAGE plpgsql SET handoff.journal_gate = 'relink' AS $$
DECLARE
    total bigint;
BEGIN
    WITH moved AS (
        UPDATE journal_entry SET contact_id = p_to
        WHERE id = ANY(p_ids) AND contact_id = p_from RETURNING 1
    )
    SELECT count(*) INTO total FROM moved;
    INSERT INTO journal_entry (name, subject_type, subject_id, contact_id, data)
    SELECT 'identity.joined', 'contact', side, side, jsonb_build_object(
        'reason', p_reason, 'from_contact', p_from, 'entries', total)
    FROM unnest(ARRAY[p_from, p_to]) AS side;
    RETURN total;
END $$;
"""

BACKWARD = "DROP FUNCTION journal_relink_entries(bigint[], bigint, bigint, text);"


class Migration(migrations.Migration):
    dependencies = [("journal", "0004_link_back")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
