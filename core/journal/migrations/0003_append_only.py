"""The journal is append-only, but for two functions that journal themselves."""

from django.db import migrations

FORWARD = """
CREATE FUNCTION journal_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'TRUNCATE' THEN
        IF current_setting('handoff.allow_truncate', true) = 'on' THEN
            RETURN NULL;
        END IF;
    ELSIF TG_OP = 'UPDATE'
        AND current_setting('handoff.journal_gate', true) IN ('relink', 'erase') THEN
        RETURN NULL;
    END IF;
    RAISE EXCEPTION 'The journal is append-only: % is refused.', TG_OP
        USING ERRCODE = 'insufficient_privilege';
END $$;

CREATE TRIGGER journal_refuse BEFORE UPDATE OR DELETE OR TRUNCATE ON journal_entry
    FOR EACH STATEMENT EXECUTE FUNCTION journal_refuse();

CREATE FUNCTION journal_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF current_setting('handoff.journal_gate', true) = 'erase' THEN
        NEW.name := OLD.name;
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'Relinking changes contact_id, lead_id and account_id only.'
        USING ERRCODE = 'insufficient_privilege';
END $$;

CREATE TRIGGER journal_guard BEFORE UPDATE ON journal_entry FOR EACH ROW
    WHEN ((OLD.id, OLD.name, OLD.subject_type, OLD.subject_id, OLD.visitor_id,
           OLD.actor_id, OLD.via, OLD.source_type, OLD.source_id, OLD.url,
           OLD.machine, OLD.data, OLD.cause_id, OLD.depth, OLD.occurred_at,
           OLD.recorded_at, OLD.xid)
          IS DISTINCT FROM
          (NEW.id, NEW.name, NEW.subject_type, NEW.subject_id, NEW.visitor_id,
           NEW.actor_id, NEW.via, NEW.source_type, NEW.source_id, NEW.url,
           NEW.machine, NEW.data, NEW.cause_id, NEW.depth, NEW.occurred_at,
           NEW.recorded_at, NEW.xid))
    EXECUTE FUNCTION journal_guard();

-- Moves entries to another person: by what they are about, or by their contact.
-- Only blank links are filled unless `overwrite`. Gives the number moved.
CREATE FUNCTION journal_relink(p_moves jsonb, p_sparing boolean) RETURNS bigint
LANGUAGE plpgsql SET handoff.journal_gate = 'relink' AS $$
DECLARE
    total bigint;
BEGIN
    WITH move AS MATERIALIZED (
        SELECT row_number() OVER () AS n, m.* FROM jsonb_to_recordset(p_moves) AS m(
            subject_type text, subject_id bigint, from_contact bigint,
            contact_id bigint, lead_id bigint, account_id bigint,
            overwrite boolean, reason text)
    ), target AS (
        SELECT e.id, m.n FROM move m JOIN journal_entry e
            ON e.subject_type = m.subject_type AND e.subject_id = m.subject_id
        UNION
        SELECT e.id, m.n FROM move m JOIN journal_entry e
            ON e.contact_id = m.from_contact
    ), wanted AS (
        SELECT DISTINCT ON (e.id) e.id, m.n,
            CASE WHEN e.contact_id IS NULL OR e.contact_id = m.from_contact
                OR m.overwrite THEN coalesce(m.contact_id, e.contact_id)
                ELSE e.contact_id END AS contact_id,
            CASE WHEN e.lead_id IS NULL OR m.overwrite
                THEN coalesce(m.lead_id, e.lead_id) ELSE e.lead_id END AS lead_id,
            CASE WHEN e.account_id IS NULL OR m.overwrite
                THEN coalesce(m.account_id, e.account_id)
                ELSE e.account_id END AS account_id
        FROM target t JOIN move m ON m.n = t.n JOIN journal_entry e ON e.id = t.id
        ORDER BY e.id, m.n
    ), moved AS (
        UPDATE journal_entry e SET contact_id = w.contact_id, lead_id = w.lead_id,
            account_id = w.account_id
        FROM wanted w WHERE w.id = e.id AND (e.contact_id, e.lead_id, e.account_id)
            IS DISTINCT FROM (w.contact_id, w.lead_id, w.account_id)
        RETURNING w.n, e.name, e.subject_type
    ), counted AS (
        SELECT n, count(*) AS moved, count(*) FILTER (WHERE name NOT IN (
            subject_type || '.created', subject_type || '.updated')) AS deeds
        FROM moved GROUP BY n
    ), joined AS (
        INSERT INTO journal_entry (name, subject_type, subject_id, contact_id,
            lead_id, account_id, data)
        SELECT 'identity.joined',
            CASE WHEN m.contact_id IS NULL THEN m.subject_type ELSE 'contact' END,
            coalesce(m.contact_id, m.subject_id), m.contact_id,
            coalesce(m.lead_id, CASE WHEN m.subject_type = 'lead'
                THEN m.subject_id END),
            m.account_id,
            jsonb_strip_nulls(jsonb_build_object('reason', m.reason,
                'from_contact', m.from_contact, 'subject_type', m.subject_type,
                'subject_id', m.subject_id, 'entries', coalesce(c.moved, 0)))
        FROM move m LEFT JOIN counted c ON c.n = m.n
        WHERE NOT p_sparing OR c.deeds > 0
    )
    SELECT coalesce(sum(moved), 0) INTO total FROM counted;
    RETURN total;
END $$;

-- Forgets what entries say of a person, keeping that something happened, and when.
CREATE FUNCTION journal_erase(p_contacts bigint[], p_types text[], p_ids bigint[])
RETURNS bigint LANGUAGE plpgsql SET handoff.journal_gate = 'erase' AS $$
DECLARE
    total bigint;
BEGIN
    WITH target AS (
        SELECT e.id FROM journal_entry e WHERE e.contact_id = ANY(p_contacts)
        UNION
        SELECT e.id FROM unnest(p_types, p_ids) AS s(type, id) JOIN journal_entry e
            ON e.subject_type = s.type AND e.subject_id = s.id
    ), erased AS (
        UPDATE journal_entry e SET data = '{}', url = '', visitor_id = NULL
        FROM target t WHERE t.id = e.id RETURNING 1
    )
    SELECT count(*) INTO total FROM erased;
    INSERT INTO journal_entry (name, subject_type, subject_id, data)
        VALUES ('identity.erased', 'contact', p_contacts[1],
            jsonb_build_object('contacts', to_jsonb(p_contacts), 'entries', total));
    RETURN total;
END $$;
"""
BACKWARD = """
DROP FUNCTION journal_erase(bigint[], text[], bigint[]);
DROP FUNCTION journal_relink(jsonb, boolean);
DROP TRIGGER journal_guard ON journal_entry;
DROP FUNCTION journal_guard();
DROP TRIGGER journal_refuse ON journal_entry;
DROP FUNCTION journal_refuse();
"""


class Migration(migrations.Migration):
    dependencies = [("journal", "0002_entries")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
