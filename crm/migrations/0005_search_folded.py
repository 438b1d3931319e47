"""Search folds accents too: a generated column cannot be altered, so it is made anew."""

import core.base.models
import django.contrib.postgres.indexes
import django.db.models.functions.text
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('crm', '0004_interaction_keys'),
    ]

    operations = [
        migrations.RemoveIndex(model_name='account', name='account_search'),
        migrations.RemoveField(model_name='account', name='search_text'),
        migrations.AddField(
            model_name='account',
            name='search_text',
            field=models.GeneratedField(db_persist=True, expression=django.db.models.functions.text.Lower(core.base.models.ImmutableUnaccent(core.base.models._ConcatOp(core.base.models._ConcatOp(core.base.models._ConcatOp(core.base.models._ConcatOp(core.base.models._ConcatOp(core.base.models._ConcatOp(core.base.models._ConcatOp(core.base.models._ConcatOp(models.F('name'), models.Value(' ')), models.F('email')), models.Value(' ')), models.F('phone')), models.Value(' ')), models.F('website')), models.Value(' ')), models.F('city'))), output_field=models.TextField()), output_field=models.TextField()),
        ),
        migrations.AddIndex(
            model_name='account',
            index=django.contrib.postgres.indexes.GinIndex(
                django.contrib.postgres.indexes.OpClass('search_text', name='gin_trgm_ops'),
                name='account_search',
            ),
        ),
        migrations.RemoveIndex(model_name='contact', name='contact_search'),
        migrations.RemoveField(model_name='contact', name='search_text'),
        migrations.AddField(
            model_name='contact',
            name='search_text',
            field=models.GeneratedField(db_persist=True, expression=django.db.models.functions.text.Lower(core.base.models.ImmutableUnaccent(core.base.models._ConcatOp(core.base.models._ConcatOp(core.base.models._ConcatOp(core.base.models._ConcatOp(core.base.models._ConcatOp(core.base.models._ConcatOp(core.base.models._ConcatOp(core.base.models._ConcatOp(core.base.models._ConcatOp(core.base.models._ConcatOp(models.F('first_name'), models.Value(' ')), models.F('last_name')), models.Value(' ')), models.F('email')), models.Value(' ')), models.F('company_name')), models.Value(' ')), models.F('phone')), models.Value(' ')), models.F('mobile_phone'))), output_field=models.TextField()), output_field=models.TextField()),
        ),
        migrations.AddIndex(
            model_name='contact',
            index=django.contrib.postgres.indexes.GinIndex(
                django.contrib.postgres.indexes.OpClass('search_text', name='gin_trgm_ops'),
                name='contact_search',
            ),
        ),
        migrations.RemoveIndex(model_name='lead', name='lead_search'),
        migrations.RemoveField(model_name='lead', name='search_text'),
        migrations.AddField(
            model_name='lead',
            name='search_text',
            field=models.GeneratedField(db_persist=True, expression=django.db.models.functions.text.Lower(core.base.models.ImmutableUnaccent(core.base.models._ConcatOp(core.base.models._ConcatOp(core.base.models._ConcatOp(core.base.models._ConcatOp(core.base.models._ConcatOp(core.base.models._ConcatOp(core.base.models._ConcatOp(core.base.models._ConcatOp(core.base.models._ConcatOp(core.base.models._ConcatOp(core.base.models._ConcatOp(core.base.models._ConcatOp(models.F('topic'), models.Value(' ')), models.F('first_name')), models.Value(' ')), models.F('last_name')), models.Value(' ')), models.F('email')), models.Value(' ')), models.F('company_name')), models.Value(' ')), models.F('phone')), models.Value(' ')), models.F('mobile_phone'))), output_field=models.TextField()), output_field=models.TextField()),
        ),
        migrations.AddIndex(
            model_name='lead',
            index=django.contrib.postgres.indexes.GinIndex(
                django.contrib.postgres.indexes.OpClass('search_text', name='gin_trgm_ops'),
                name='lead_search',
            ),
        ),
    ]
