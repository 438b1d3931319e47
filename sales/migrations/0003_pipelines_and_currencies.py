import core.journal.triggers
import django.core.validators
import django.db.models.deletion
import django.db.models.functions.datetime
import pgtrigger.compiler
import pgtrigger.migrations
from decimal import Decimal
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('journal', '0003_append_only'),
        ('sales', '0002_search_folded'),
    ]

    operations = [
        migrations.CreateModel(
            name='Currency',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('updated_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('version', models.PositiveIntegerField(db_default=1, editable=False)),
                ('code', models.CharField(help_text='Three capital letters, such as USD.', max_length=3, unique=True)),
                ('name', models.CharField(max_length=80)),
                ('active', models.BooleanField(default=True, help_text='Inactive ones stay on what bears them.')),
            ],
            options={
                'verbose_name_plural': 'currencies',
                'ordering': ['code'],
            },
        ),
        migrations.CreateModel(
            name='ExchangeRate',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('updated_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('version', models.PositiveIntegerField(db_default=1, editable=False)),
                ('day', models.DateField(help_text='From this day on, until the next rate.')),
                ('rate', models.DecimalField(decimal_places=10, help_text="Units of the organisation's currency for one unit of this.", max_digits=20, validators=[django.core.validators.MinValueValidator(Decimal('1E-10')), django.core.validators.MaxValueValidator(Decimal('999999'))])),
            ],
            options={
                'ordering': ['currency', '-day'],
            },
        ),
        migrations.CreateModel(
            name='Pipeline',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('updated_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('version', models.PositiveIntegerField(db_default=1, editable=False)),
                ('name', models.CharField(max_length=120, unique=True)),
                ('description', models.TextField(blank=True, default='')),
                ('is_default', models.BooleanField(default=False, help_text='New opportunities go through this one.')),
                ('active', models.BooleanField(default=True, help_text='No opportunity can be put into an inactive one.')),
            ],
            options={
                'ordering': ['-is_default', 'name'],
            },
        ),
        migrations.CreateModel(
            name='PipelineStage',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('updated_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('version', models.PositiveIntegerField(db_default=1, editable=False)),
                ('key', models.SlugField(editable=False, max_length=40)),
                ('name', models.CharField(max_length=80)),
                ('probability', models.PositiveSmallIntegerField(default=0, help_text='In percent.', validators=[django.core.validators.MaxValueValidator(100)])),
                ('stale_days', models.PositiveSmallIntegerField(default=30, help_text='What stands here longer is marked on the board.', validators=[django.core.validators.MinValueValidator(1)], verbose_name='stale after days')),
                ('position', models.PositiveIntegerField(default=0)),
            ],
            options={
                'ordering': ['pipeline', 'position', 'id'],
            },
        ),
        migrations.AddConstraint(
            model_name='currency',
            constraint=models.CheckConstraint(condition=models.Q(('code__regex', '^[A-Z]{3}$')), name='currency_code_letters', violation_error_message='A currency is three capital letters.'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='currency',
            trigger=pgtrigger.compiler.Trigger(name='journal_created', sql=core.journal.triggers.JournalTriggerSql(func='INSERT INTO journal_entry (name, subject_type, subject_id, data) SELECT \'currency.created\', \'currency\', subject_id, (\'{"values":{\' || substr(told, 2) || \'}}\')::jsonb FROM (SELECT n."id" AS subject_id, concat(CASE WHEN n.created_at <> statement_timestamp() THEN \',"created_at":\' || to_json(n.created_at)::text END, CASE WHEN n."code" <> \'\' THEN \',"code":\' || to_json(n."code")::text END, CASE WHEN n."name" <> \'\' THEN \',"name":\' || to_json(n."name")::text END, CASE WHEN n."active" IS NOT NULL THEN \',"active":\' || to_json(n."active")::text END) AS told FROM new_rows AS n OFFSET 0) AS rows ; RETURN NULL;', hash='5783ebb60bd0beade99b22b76ebe5449abe5cc54', level='STATEMENT', operation='INSERT', pgid='pgtrigger_journal_created_d8b20', referencing='REFERENCING NEW TABLE AS new_rows ', table='sales_currency', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='currency',
            trigger=pgtrigger.compiler.Trigger(name='journal_updated', sql=core.journal.triggers.JoiningTriggerSql(func='INSERT INTO journal_entry (name, subject_type, subject_id, data) SELECT \'currency.updated\', \'currency\', subject_id, (\'{"changes":{\' || substr(told, 2) || \'}}\')::jsonb FROM (SELECT n."id" AS subject_id, concat(CASE WHEN o."created_at" IS DISTINCT FROM n."created_at" THEN \',"created_at":[\' || coalesce(to_json(o."created_at")::text, \'null\') || \',\' || coalesce(to_json(n."created_at")::text, \'null\') || \']\' END, CASE WHEN o."code" IS DISTINCT FROM n."code" THEN \',"code":[\' || coalesce(to_json(o."code")::text, \'null\') || \',\' || coalesce(to_json(n."code")::text, \'null\') || \']\' END, CASE WHEN o."name" IS DISTINCT FROM n."name" THEN \',"name":[\' || coalesce(to_json(o."name")::text, \'null\') || \',\' || coalesce(to_json(n."name")::text, \'null\') || \']\' END, CASE WHEN o."active" IS DISTINCT FROM n."active" THEN \',"active":[\' || coalesce(to_json(o."active")::text, \'null\') || \',\' || coalesce(to_json(n."active")::text, \'null\') || \']\' END) AS told FROM old_rows AS o JOIN new_rows AS n ON n."id" = o."id" OFFSET 0) AS rows WHERE told <> \'\'; RETURN NULL;', hash='5e229c41f9da902b24c5b2f815b5593dfaf0e69c', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_journal_updated_8e6f2', referencing='REFERENCING OLD TABLE AS old_rows  NEW TABLE AS new_rows ', table='sales_currency', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='currency',
            trigger=pgtrigger.compiler.Trigger(name='journal_deleted', sql=core.journal.triggers.JournalTriggerSql(func='INSERT INTO journal_entry (name, subject_type, subject_id, data) SELECT \'currency.deleted\', \'currency\', subject_id, (\'{"values":{\' || substr(told, 2) || \'}}\')::jsonb FROM (SELECT o."id" AS subject_id, concat(CASE WHEN o."created_at" IS NOT NULL THEN \',"created_at":\' || to_json(o."created_at")::text END, CASE WHEN o."code" <> \'\' THEN \',"code":\' || to_json(o."code")::text END, CASE WHEN o."name" <> \'\' THEN \',"name":\' || to_json(o."name")::text END, CASE WHEN o."active" IS NOT NULL THEN \',"active":\' || to_json(o."active")::text END) AS told FROM old_rows AS o OFFSET 0) AS rows ; RETURN NULL;', hash='72b683ccf15d46cfc3275c4101365968ee5e2948', level='STATEMENT', operation='DELETE', pgid='pgtrigger_journal_deleted_b36da', referencing='REFERENCING OLD TABLE AS old_rows ', table='sales_currency', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='currency',
            trigger=pgtrigger.compiler.Trigger(name='version_moves', sql=core.journal.triggers.JournalTriggerSql(condition='WHEN (OLD."created_at" IS DISTINCT FROM NEW."created_at" OR OLD."code" IS DISTINCT FROM NEW."code" OR OLD."name" IS DISTINCT FROM NEW."name" OR OLD."active" IS DISTINCT FROM NEW."active")', func='NEW.version := OLD.version + 1; NEW.updated_at := statement_timestamp(); RETURN NEW;', hash='af1000b4306f0b0134aa22bcbcd3e6e1ca8bf717', operation='UPDATE', pgid='pgtrigger_version_moves_7e987', table='sales_currency', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='currency',
            trigger=pgtrigger.compiler.Trigger(name='version_stays', sql=core.journal.triggers.JournalTriggerSql(condition='WHEN ((NEW.version <> OLD.version OR NEW.updated_at <> OLD.updated_at) AND NOT (OLD."created_at" IS DISTINCT FROM NEW."created_at" OR OLD."code" IS DISTINCT FROM NEW."code" OR OLD."name" IS DISTINCT FROM NEW."name" OR OLD."active" IS DISTINCT FROM NEW."active"))', func='NEW.version := OLD.version; NEW.updated_at := OLD.updated_at; RETURN NEW;', hash='5953a18f31d6327fead75a27565e80090d336e4b', operation='UPDATE', pgid='pgtrigger_version_stays_7bc03', table='sales_currency', when='BEFORE')),
        ),
        migrations.AddField(
            model_name='exchangerate',
            name='currency',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='rates', to='sales.currency'),
        ),
        migrations.AddConstraint(
            model_name='pipeline',
            constraint=models.UniqueConstraint(condition=models.Q(('is_default', True)), fields=('is_default',), name='pipeline_one_default', violation_error_message='Another pipeline is the default one.'),
        ),
        migrations.AddConstraint(
            model_name='pipeline',
            constraint=models.CheckConstraint(condition=models.Q(('active', True), ('is_default', False), _connector='OR'), name='pipeline_default_active', violation_error_message='The default pipeline stays active.'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='pipeline',
            trigger=pgtrigger.compiler.Trigger(name='journal_created', sql=core.journal.triggers.JournalTriggerSql(func='INSERT INTO journal_entry (name, subject_type, subject_id, data) SELECT \'pipeline.created\', \'pipeline\', subject_id, (\'{"values":{\' || substr(told, 2) || \'}}\')::jsonb FROM (SELECT n."id" AS subject_id, concat(CASE WHEN n.created_at <> statement_timestamp() THEN \',"created_at":\' || to_json(n.created_at)::text END, CASE WHEN n."name" <> \'\' THEN \',"name":\' || to_json(n."name")::text END, CASE WHEN n."description" <> \'\' THEN \',"description":\' || to_json(n."description")::text END, CASE WHEN n."is_default" IS NOT NULL THEN \',"is_default":\' || to_json(n."is_default")::text END, CASE WHEN n."active" IS NOT NULL THEN \',"active":\' || to_json(n."active")::text END) AS told FROM new_rows AS n OFFSET 0) AS rows ; RETURN NULL;', hash='1b01f79db6b54eac090621069e8f2e273a37c17e', level='STATEMENT', operation='INSERT', pgid='pgtrigger_journal_created_9bef7', referencing='REFERENCING NEW TABLE AS new_rows ', table='sales_pipeline', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='pipeline',
            trigger=pgtrigger.compiler.Trigger(name='journal_updated', sql=core.journal.triggers.JoiningTriggerSql(func='INSERT INTO journal_entry (name, subject_type, subject_id, data) SELECT \'pipeline.updated\', \'pipeline\', subject_id, (\'{"changes":{\' || substr(told, 2) || \'}}\')::jsonb FROM (SELECT n."id" AS subject_id, concat(CASE WHEN o."created_at" IS DISTINCT FROM n."created_at" THEN \',"created_at":[\' || coalesce(to_json(o."created_at")::text, \'null\') || \',\' || coalesce(to_json(n."created_at")::text, \'null\') || \']\' END, CASE WHEN o."name" IS DISTINCT FROM n."name" THEN \',"name":[\' || coalesce(to_json(o."name")::text, \'null\') || \',\' || coalesce(to_json(n."name")::text, \'null\') || \']\' END, CASE WHEN o."description" IS DISTINCT FROM n."description" THEN \',"description":[\' || coalesce(to_json(o."description")::text, \'null\') || \',\' || coalesce(to_json(n."description")::text, \'null\') || \']\' END, CASE WHEN o."is_default" IS DISTINCT FROM n."is_default" THEN \',"is_default":[\' || coalesce(to_json(o."is_default")::text, \'null\') || \',\' || coalesce(to_json(n."is_default")::text, \'null\') || \']\' END, CASE WHEN o."active" IS DISTINCT FROM n."active" THEN \',"active":[\' || coalesce(to_json(o."active")::text, \'null\') || \',\' || coalesce(to_json(n."active")::text, \'null\') || \']\' END) AS told FROM old_rows AS o JOIN new_rows AS n ON n."id" = o."id" OFFSET 0) AS rows WHERE told <> \'\'; RETURN NULL;', hash='924aa6a6d9be6652cb47813273a69ebd77b259dc', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_journal_updated_75c2e', referencing='REFERENCING OLD TABLE AS old_rows  NEW TABLE AS new_rows ', table='sales_pipeline', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='pipeline',
            trigger=pgtrigger.compiler.Trigger(name='journal_deleted', sql=core.journal.triggers.JournalTriggerSql(func='INSERT INTO journal_entry (name, subject_type, subject_id, data) SELECT \'pipeline.deleted\', \'pipeline\', subject_id, (\'{"values":{\' || substr(told, 2) || \'}}\')::jsonb FROM (SELECT o."id" AS subject_id, concat(CASE WHEN o."created_at" IS NOT NULL THEN \',"created_at":\' || to_json(o."created_at")::text END, CASE WHEN o."name" <> \'\' THEN \',"name":\' || to_json(o."name")::text END, CASE WHEN o."description" <> \'\' THEN \',"description":\' || to_json(o."description")::text END, CASE WHEN o."is_default" IS NOT NULL THEN \',"is_default":\' || to_json(o."is_default")::text END, CASE WHEN o."active" IS NOT NULL THEN \',"active":\' || to_json(o."active")::text END) AS told FROM old_rows AS o OFFSET 0) AS rows ; RETURN NULL;', hash='4fc586fd928ce36a90e90b05447e1b14284ba4cc', level='STATEMENT', operation='DELETE', pgid='pgtrigger_journal_deleted_bc6df', referencing='REFERENCING OLD TABLE AS old_rows ', table='sales_pipeline', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='pipeline',
            trigger=pgtrigger.compiler.Trigger(name='version_moves', sql=core.journal.triggers.JournalTriggerSql(condition='WHEN (OLD."created_at" IS DISTINCT FROM NEW."created_at" OR OLD."name" IS DISTINCT FROM NEW."name" OR OLD."description" IS DISTINCT FROM NEW."description" OR OLD."is_default" IS DISTINCT FROM NEW."is_default" OR OLD."active" IS DISTINCT FROM NEW."active")', func='NEW.version := OLD.version + 1; NEW.updated_at := statement_timestamp(); RETURN NEW;', hash='7bdf4e96be51521d2f88ca683de62a9ba767f8b0', operation='UPDATE', pgid='pgtrigger_version_moves_2511a', table='sales_pipeline', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='pipeline',
            trigger=pgtrigger.compiler.Trigger(name='version_stays', sql=core.journal.triggers.JournalTriggerSql(condition='WHEN ((NEW.version <> OLD.version OR NEW.updated_at <> OLD.updated_at) AND NOT (OLD."created_at" IS DISTINCT FROM NEW."created_at" OR OLD."name" IS DISTINCT FROM NEW."name" OR OLD."description" IS DISTINCT FROM NEW."description" OR OLD."is_default" IS DISTINCT FROM NEW."is_default" OR OLD."active" IS DISTINCT FROM NEW."active"))', func='NEW.version := OLD.version; NEW.updated_at := OLD.updated_at; RETURN NEW;', hash='ce22f402ebea0ab661d9f466f252cf3d43c30bf3', operation='UPDATE', pgid='pgtrigger_version_stays_f995e', table='sales_pipeline', when='BEFORE')),
        ),
        migrations.AddField(
            model_name='pipelinestage',
            name='pipeline',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='stages', to='sales.pipeline'),
        ),
        migrations.AddConstraint(
            model_name='exchangerate',
            constraint=models.UniqueConstraint(fields=('currency', 'day'), name='exchange_rate_once_a_day', violation_error_message='This currency has a rate for this day.'),
        ),
        migrations.AddConstraint(
            model_name='exchangerate',
            constraint=models.CheckConstraint(condition=models.Q(('rate__gt', 0)), name='exchange_rate_positive', violation_error_message='A rate is above zero.'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='exchangerate',
            trigger=pgtrigger.compiler.Trigger(name='journal_created', sql=core.journal.triggers.JournalTriggerSql(func='INSERT INTO journal_entry (name, subject_type, subject_id, data) SELECT \'exchange_rate.created\', \'exchange_rate\', subject_id, (\'{"values":{\' || substr(told, 2) || \'}}\')::jsonb FROM (SELECT n."id" AS subject_id, concat(CASE WHEN n.created_at <> statement_timestamp() THEN \',"created_at":\' || to_json(n.created_at)::text END, CASE WHEN n."currency_id" IS NOT NULL THEN \',"currency":\' || to_json(n."currency_id")::text END, CASE WHEN n."day" IS NOT NULL THEN \',"day":\' || to_json(n."day")::text END, CASE WHEN n."rate" IS NOT NULL THEN \',"rate":\' || to_json(n."rate")::text END) AS told FROM new_rows AS n OFFSET 0) AS rows ; RETURN NULL;', hash='272fa2acfafa7396ff15a2cf840c48e46ff522c1', level='STATEMENT', operation='INSERT', pgid='pgtrigger_journal_created_e5569', referencing='REFERENCING NEW TABLE AS new_rows ', table='sales_exchangerate', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='exchangerate',
            trigger=pgtrigger.compiler.Trigger(name='journal_updated', sql=core.journal.triggers.JoiningTriggerSql(func='INSERT INTO journal_entry (name, subject_type, subject_id, data) SELECT \'exchange_rate.updated\', \'exchange_rate\', subject_id, (\'{"changes":{\' || substr(told, 2) || \'}}\')::jsonb FROM (SELECT n."id" AS subject_id, concat(CASE WHEN o."created_at" IS DISTINCT FROM n."created_at" THEN \',"created_at":[\' || coalesce(to_json(o."created_at")::text, \'null\') || \',\' || coalesce(to_json(n."created_at")::text, \'null\') || \']\' END, CASE WHEN o."currency_id" IS DISTINCT FROM n."currency_id" THEN \',"currency":[\' || coalesce(to_json(o."currency_id")::text, \'null\') || \',\' || coalesce(to_json(n."currency_id")::text, \'null\') || \']\' END, CASE WHEN o."day" IS DISTINCT FROM n."day" THEN \',"day":[\' || coalesce(to_json(o."day")::text, \'null\') || \',\' || coalesce(to_json(n."day")::text, \'null\') || \']\' END, CASE WHEN o."rate" IS DISTINCT FROM n."rate" THEN \',"rate":[\' || coalesce(to_json(o."rate")::text, \'null\') || \',\' || coalesce(to_json(n."rate")::text, \'null\') || \']\' END) AS told FROM old_rows AS o JOIN new_rows AS n ON n."id" = o."id" OFFSET 0) AS rows WHERE told <> \'\'; RETURN NULL;', hash='dd1f37a39a1ae7625d8bdfc8daa8b67e1239aacd', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_journal_updated_256c0', referencing='REFERENCING OLD TABLE AS old_rows  NEW TABLE AS new_rows ', table='sales_exchangerate', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='exchangerate',
            trigger=pgtrigger.compiler.Trigger(name='journal_deleted', sql=core.journal.triggers.JournalTriggerSql(func='INSERT INTO journal_entry (name, subject_type, subject_id, data) SELECT \'exchange_rate.deleted\', \'exchange_rate\', subject_id, (\'{"values":{\' || substr(told, 2) || \'}}\')::jsonb FROM (SELECT o."id" AS subject_id, concat(CASE WHEN o."created_at" IS NOT NULL THEN \',"created_at":\' || to_json(o."created_at")::text END, CASE WHEN o."currency_id" IS NOT NULL THEN \',"currency":\' || to_json(o."currency_id")::text END, CASE WHEN o."day" IS NOT NULL THEN \',"day":\' || to_json(o."day")::text END, CASE WHEN o."rate" IS NOT NULL THEN \',"rate":\' || to_json(o."rate")::text END) AS told FROM old_rows AS o OFFSET 0) AS rows ; RETURN NULL;', hash='39ec16ce993b2416ecd3310b4f4dc5e034372e6f', level='STATEMENT', operation='DELETE', pgid='pgtrigger_journal_deleted_469de', referencing='REFERENCING OLD TABLE AS old_rows ', table='sales_exchangerate', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='exchangerate',
            trigger=pgtrigger.compiler.Trigger(name='version_moves', sql=core.journal.triggers.JournalTriggerSql(condition='WHEN (OLD."created_at" IS DISTINCT FROM NEW."created_at" OR OLD."currency_id" IS DISTINCT FROM NEW."currency_id" OR OLD."day" IS DISTINCT FROM NEW."day" OR OLD."rate" IS DISTINCT FROM NEW."rate")', func='NEW.version := OLD.version + 1; NEW.updated_at := statement_timestamp(); RETURN NEW;', hash='cd21024552599271055aae85c5220ea89fe46605', operation='UPDATE', pgid='pgtrigger_version_moves_2fe69', table='sales_exchangerate', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='exchangerate',
            trigger=pgtrigger.compiler.Trigger(name='version_stays', sql=core.journal.triggers.JournalTriggerSql(condition='WHEN ((NEW.version <> OLD.version OR NEW.updated_at <> OLD.updated_at) AND NOT (OLD."created_at" IS DISTINCT FROM NEW."created_at" OR OLD."currency_id" IS DISTINCT FROM NEW."currency_id" OR OLD."day" IS DISTINCT FROM NEW."day" OR OLD."rate" IS DISTINCT FROM NEW."rate"))', func='NEW.version := OLD.version; NEW.updated_at := OLD.updated_at; RETURN NEW;', hash='b5b5079ab7913a60225a7cb91055330ba1266f56', operation='UPDATE', pgid='pgtrigger_version_stays_68e12', table='sales_exchangerate', when='BEFORE')),
        ),
        migrations.AddConstraint(
            model_name='pipelinestage',
            constraint=models.UniqueConstraint(fields=('pipeline', 'key'), name='pipeline_stage_once'),
        ),
        migrations.AddConstraint(
            model_name='pipelinestage',
            constraint=models.CheckConstraint(condition=models.Q(('probability__lte', 100)), name='pipeline_stage_percent', violation_error_message='The probability is from 0 to 100.'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='pipelinestage',
            trigger=pgtrigger.compiler.Trigger(name='journal_created', sql=core.journal.triggers.JournalTriggerSql(func='INSERT INTO journal_entry (name, subject_type, subject_id, data) SELECT \'pipeline_stage.created\', \'pipeline_stage\', subject_id, (\'{"values":{\' || substr(told, 2) || \'}}\')::jsonb FROM (SELECT n."id" AS subject_id, concat(CASE WHEN n.created_at <> statement_timestamp() THEN \',"created_at":\' || to_json(n.created_at)::text END, CASE WHEN n."pipeline_id" IS NOT NULL THEN \',"pipeline":\' || to_json(n."pipeline_id")::text END, CASE WHEN n."key" <> \'\' THEN \',"key":\' || to_json(n."key")::text END, CASE WHEN n."name" <> \'\' THEN \',"name":\' || to_json(n."name")::text END, CASE WHEN n."probability" IS NOT NULL THEN \',"probability":\' || to_json(n."probability")::text END, CASE WHEN n."stale_days" IS NOT NULL THEN \',"stale_days":\' || to_json(n."stale_days")::text END, CASE WHEN n."position" IS NOT NULL THEN \',"position":\' || to_json(n."position")::text END) AS told FROM new_rows AS n OFFSET 0) AS rows ; RETURN NULL;', hash='03240fbbaf4a44e3f304d538f2e13764125c89c7', level='STATEMENT', operation='INSERT', pgid='pgtrigger_journal_created_6f09d', referencing='REFERENCING NEW TABLE AS new_rows ', table='sales_pipelinestage', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='pipelinestage',
            trigger=pgtrigger.compiler.Trigger(name='journal_updated', sql=core.journal.triggers.JoiningTriggerSql(func='INSERT INTO journal_entry (name, subject_type, subject_id, data) SELECT \'pipeline_stage.updated\', \'pipeline_stage\', subject_id, (\'{"changes":{\' || substr(told, 2) || \'}}\')::jsonb FROM (SELECT n."id" AS subject_id, concat(CASE WHEN o."created_at" IS DISTINCT FROM n."created_at" THEN \',"created_at":[\' || coalesce(to_json(o."created_at")::text, \'null\') || \',\' || coalesce(to_json(n."created_at")::text, \'null\') || \']\' END, CASE WHEN o."pipeline_id" IS DISTINCT FROM n."pipeline_id" THEN \',"pipeline":[\' || coalesce(to_json(o."pipeline_id")::text, \'null\') || \',\' || coalesce(to_json(n."pipeline_id")::text, \'null\') || \']\' END, CASE WHEN o."key" IS DISTINCT FROM n."key" THEN \',"key":[\' || coalesce(to_json(o."key")::text, \'null\') || \',\' || coalesce(to_json(n."key")::text, \'null\') || \']\' END, CASE WHEN o."name" IS DISTINCT FROM n."name" THEN \',"name":[\' || coalesce(to_json(o."name")::text, \'null\') || \',\' || coalesce(to_json(n."name")::text, \'null\') || \']\' END, CASE WHEN o."probability" IS DISTINCT FROM n."probability" THEN \',"probability":[\' || coalesce(to_json(o."probability")::text, \'null\') || \',\' || coalesce(to_json(n."probability")::text, \'null\') || \']\' END, CASE WHEN o."stale_days" IS DISTINCT FROM n."stale_days" THEN \',"stale_days":[\' || coalesce(to_json(o."stale_days")::text, \'null\') || \',\' || coalesce(to_json(n."stale_days")::text, \'null\') || \']\' END, CASE WHEN o."position" IS DISTINCT FROM n."position" THEN \',"position":[\' || coalesce(to_json(o."position")::text, \'null\') || \',\' || coalesce(to_json(n."position")::text, \'null\') || \']\' END) AS told FROM old_rows AS o JOIN new_rows AS n ON n."id" = o."id" OFFSET 0) AS rows WHERE told <> \'\'; RETURN NULL;', hash='b3370369d903c642f9ce2d10b64f434203fb5869', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_journal_updated_81a66', referencing='REFERENCING OLD TABLE AS old_rows  NEW TABLE AS new_rows ', table='sales_pipelinestage', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='pipelinestage',
            trigger=pgtrigger.compiler.Trigger(name='journal_deleted', sql=core.journal.triggers.JournalTriggerSql(func='INSERT INTO journal_entry (name, subject_type, subject_id, data) SELECT \'pipeline_stage.deleted\', \'pipeline_stage\', subject_id, (\'{"values":{\' || substr(told, 2) || \'}}\')::jsonb FROM (SELECT o."id" AS subject_id, concat(CASE WHEN o."created_at" IS NOT NULL THEN \',"created_at":\' || to_json(o."created_at")::text END, CASE WHEN o."pipeline_id" IS NOT NULL THEN \',"pipeline":\' || to_json(o."pipeline_id")::text END, CASE WHEN o."key" <> \'\' THEN \',"key":\' || to_json(o."key")::text END, CASE WHEN o."name" <> \'\' THEN \',"name":\' || to_json(o."name")::text END, CASE WHEN o."probability" IS NOT NULL THEN \',"probability":\' || to_json(o."probability")::text END, CASE WHEN o."stale_days" IS NOT NULL THEN \',"stale_days":\' || to_json(o."stale_days")::text END, CASE WHEN o."position" IS NOT NULL THEN \',"position":\' || to_json(o."position")::text END) AS told FROM old_rows AS o OFFSET 0) AS rows ; RETURN NULL;', hash='295f9d4c045bc0644f343d9579b300c381a8d9fd', level='STATEMENT', operation='DELETE', pgid='pgtrigger_journal_deleted_9f8d5', referencing='REFERENCING OLD TABLE AS old_rows ', table='sales_pipelinestage', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='pipelinestage',
            trigger=pgtrigger.compiler.Trigger(name='version_moves', sql=core.journal.triggers.JournalTriggerSql(condition='WHEN (OLD."created_at" IS DISTINCT FROM NEW."created_at" OR OLD."pipeline_id" IS DISTINCT FROM NEW."pipeline_id" OR OLD."key" IS DISTINCT FROM NEW."key" OR OLD."name" IS DISTINCT FROM NEW."name" OR OLD."probability" IS DISTINCT FROM NEW."probability" OR OLD."stale_days" IS DISTINCT FROM NEW."stale_days" OR OLD."position" IS DISTINCT FROM NEW."position")', func='NEW.version := OLD.version + 1; NEW.updated_at := statement_timestamp(); RETURN NEW;', hash='b9924b11e81252a2dcf71c35ca9bb26cc6f45660', operation='UPDATE', pgid='pgtrigger_version_moves_7f7ee', table='sales_pipelinestage', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='pipelinestage',
            trigger=pgtrigger.compiler.Trigger(name='version_stays', sql=core.journal.triggers.JournalTriggerSql(condition='WHEN ((NEW.version <> OLD.version OR NEW.updated_at <> OLD.updated_at) AND NOT (OLD."created_at" IS DISTINCT FROM NEW."created_at" OR OLD."pipeline_id" IS DISTINCT FROM NEW."pipeline_id" OR OLD."key" IS DISTINCT FROM NEW."key" OR OLD."name" IS DISTINCT FROM NEW."name" OR OLD."probability" IS DISTINCT FROM NEW."probability" OR OLD."stale_days" IS DISTINCT FROM NEW."stale_days" OR OLD."position" IS DISTINCT FROM NEW."position"))', func='NEW.version := OLD.version; NEW.updated_at := OLD.updated_at; RETURN NEW;', hash='097d2efbb75c2f070b3426cc34d8d3e7b569cbc0', operation='UPDATE', pgid='pgtrigger_version_stays_78a96', table='sales_pipelinestage', when='BEFORE')),
        ),
    ]
