"""Search folds accents too: a generated column cannot be altered, so it is made anew."""

import core.base.models
import django.contrib.postgres.indexes
import django.db.models.functions.text
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('sales', '0001_opportunity'),
    ]

    operations = [
        migrations.RemoveIndex(model_name='opportunity', name='opportunity_search'),
        migrations.RemoveField(model_name='opportunity', name='search_text'),
        migrations.AddField(
            model_name='opportunity',
            name='search_text',
            field=models.GeneratedField(db_persist=True, expression=django.db.models.functions.text.Lower(core.base.models.ImmutableUnaccent(core.base.models._ConcatOp(core.base.models._ConcatOp(models.F('name'), models.Value(' ')), models.F('competitor'))), output_field=models.TextField()), output_field=models.TextField()),
        ),
        migrations.AddIndex(
            model_name='opportunity',
            index=django.contrib.postgres.indexes.GinIndex(
                django.contrib.postgres.indexes.OpClass('search_text', name='gin_trgm_ops'),
                name='opportunity_search',
            ),
        ),
    ]
