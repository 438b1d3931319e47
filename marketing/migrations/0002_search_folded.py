"""Search folds accents too: a generated column cannot be altered, so it is made anew."""

import core.base.models
import django.contrib.postgres.indexes
import django.db.models.functions.text
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('marketing', '0001_capture'),
    ]

    operations = [
        migrations.RemoveIndex(model_name='form', name='form_search'),
        migrations.RemoveField(model_name='form', name='search_text'),
        migrations.AddField(
            model_name='form',
            name='search_text',
            field=models.GeneratedField(db_persist=True, expression=django.db.models.functions.text.Lower(core.base.models.ImmutableUnaccent(models.F('name')), output_field=models.TextField()), output_field=models.TextField()),
        ),
        migrations.AddIndex(
            model_name='form',
            index=django.contrib.postgres.indexes.GinIndex(
                django.contrib.postgres.indexes.OpClass('search_text', name='gin_trgm_ops'),
                name='form_search',
            ),
        ),
        migrations.RemoveIndex(model_name='page', name='page_search'),
        migrations.RemoveField(model_name='page', name='search_text'),
        migrations.AddField(
            model_name='page',
            name='search_text',
            field=models.GeneratedField(db_persist=True, expression=django.db.models.functions.text.Lower(core.base.models.ImmutableUnaccent(core.base.models._ConcatOp(core.base.models._ConcatOp(models.F('title'), models.Value(' ')), models.F('slug'))), output_field=models.TextField()), output_field=models.TextField()),
        ),
        migrations.AddIndex(
            model_name='page',
            index=django.contrib.postgres.indexes.GinIndex(
                django.contrib.postgres.indexes.OpClass('search_text', name='gin_trgm_ops'),
                name='page_search',
            ),
        ),
    ]
