"""What the defaults of the journal's columns call."""

from django.db import migrations

FORWARD = """
CREATE FUNCTION journal_xid_offset() RETURNS bigint
LANGUAGE sql STABLE PARALLEL SAFE AS $$ SELECT 0::bigint $$;

CREATE FUNCTION journal_xid() RETURNS bigint
LANGUAGE sql VOLATILE AS
$$ SELECT pg_current_xact_id()::text::bigint + journal_xid_offset() $$;

CREATE FUNCTION journal_horizon() RETURNS bigint
LANGUAGE sql STABLE AS
$$ SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint
          + journal_xid_offset() $$;

CREATE FUNCTION journal_actor() RETURNS bigint
LANGUAGE sql STABLE AS
$$ SELECT nullif(current_setting('handoff.actor', true), '')::bigint $$;

CREATE FUNCTION journal_via() RETURNS text
LANGUAGE sql STABLE AS
$$ SELECT coalesce(nullif(current_setting('handoff.via', true), ''),
                   'database:' || session_user) $$;

CREATE FUNCTION journal_depth() RETURNS smallint
LANGUAGE sql STABLE AS
$$ SELECT coalesce(nullif(current_setting('handoff.depth', true), ''), '0')::smallint $$;

CREATE FUNCTION journal_cause() RETURNS bigint
LANGUAGE sql STABLE AS
$$ SELECT nullif(current_setting('handoff.cause', true), '')::bigint $$;
"""
BACKWARD = "".join(
    f"DROP FUNCTION journal_{name}();"
    for name in ("cause", "depth", "via", "actor", "horizon", "xid", "xid_offset")
)


class Migration(migrations.Migration):
    initial = True
    dependencies = []
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
