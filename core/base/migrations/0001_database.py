"""Extensions, and an unaccent that may be stored in generated columns."""

from django.contrib.postgres.operations import TrigramExtension, UnaccentExtension
from django.db import migrations

UNACCENT = """
CREATE OR REPLACE FUNCTION immutable_unaccent(text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT
AS $$ SELECT public.unaccent('public.unaccent', $1) $$
"""


class Migration(migrations.Migration):
    initial = True
    dependencies = []
    operations = [
        TrigramExtension(),
        UnaccentExtension(),
        migrations.RunSQL(UNACCENT, "DROP FUNCTION immutable_unaccent(text)"),
    ]
