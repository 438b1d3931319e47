"""Segments that are live already keep what they ask for as their first version."""

from __future__ import annotations

from django.db import migrations

FIRST = """
INSERT INTO segments_segmentversion
    (segment_id, number, how, definition, time_zone, scope, sentence, members,
     entered, "left", created_at)
SELECT id, 1, 'live', definition, time_zone, scope, sentence, member_count,
       0, 0, went_live_at
FROM segments_segment
WHERE went_live_at IS NOT NULL AND kind <> 'static'
"""


class Migration(migrations.Migration):
    dependencies = [("segments", "0004_kinds_drafts_versions")]

    operations = [migrations.RunSQL(FIRST, migrations.RunSQL.noop)]
